"""Messages about chats that are joined to the workspace."""

from datetime import date, timedelta

from sqlalchemy import select

from bots.views.scene import Scene
from cards import places as cards
from cards.model import Card
from core import tokens
from core.people.models import Conversation
from core.people.queries import connected as connected_places

CODE_VERB = "connect"
CODE_PLACE = "connect"
CODE_MINUTES = 15


async def connected(scene: Scene) -> Card:
    places = await connected_places(scene.session, workspace_id=scene.home.id)
    platforms = tuple(dict.fromkeys(place.platform for place in places))
    return cards.connected(scene.words, await _name(scene), platforms)


async def disconnected(scene: Scene) -> Card:
    return cards.disconnected(scene.words, await _name(scene))


async def mode_chosen(scene: Scene) -> Card | None:
    found = await scene.session.execute(
        select(Conversation.mode, Conversation.is_connected).where(
            Conversation.workspace_id == scene.home.id, Conversation.id == scene.reference["conversation"]
        )
    )
    row = found.first()
    return cards.mode_chosen(scene.words, row.mode, is_connected=row.is_connected) if row else None


async def day_thread(scene: Scene) -> Card:
    return cards.day_thread(scene.words, date.fromisoformat(scene.reference["day"]))


async def connect_code(scene: Scene) -> Card:
    """A code that connects a group which belongs to no workspace yet; valid once, for a quarter of an hour."""
    grant = tokens.Grant(
        workspace_id=scene.home.id,
        verb=CODE_VERB,
        object_id=int(scene.now.timestamp() * 1_000_000),
        argument="",
        member_id=None,
        conversation=CODE_PLACE,
        mode=tokens.SINGLE,
        expires_at=scene.now + timedelta(minutes=CODE_MINUTES),
    )
    [code] = await tokens.mint(scene.session, [grant], secret=scene.secret)
    return cards.connect_code(scene.words, code, CODE_MINUTES)


async def _name(scene: Scene) -> str:
    name = await scene.session.scalar(
        select(Conversation.name).where(
            Conversation.workspace_id == scene.home.id, Conversation.id == scene.reference["conversation"]
        )
    )
    return name or ""
