"""A kind and some ids → a card, rendered for the place it goes to, with tokens for its buttons."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bots.addresses import is_for_one, place_key
from bots.chat import Manner, PlaceKind, Platform, Target
from bots.views import VIEWS
from bots.views.scene import Scene
from cards.model import Action, Card
from cards.render import Context, Rendered
from cards.words import words_for
from core import tokens
from core.database import NO_WORKSPACE, Transaction
from core.people import queries
from core.people.models import Workspace
from core.people.surroundings import workspace


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message is about. `is_posted`: it stands somewhere and is to be changed."""

    workspace_id: int
    kind: str
    reference: Mapping[str, Any]
    is_posted: bool = False


@dataclass(frozen=True, slots=True)
class Presenter:
    """`secret` derives the tokens of buttons; `public_url` is where our web pages are, empty if nobody outside reaches them."""

    secret: bytes
    public_url: str = ""

    async def present(
        self, transaction: Transaction, subject: Subject, target: Target, platform: Platform
    ) -> tuple[Card, Rendered] | None:
        """Build and render a message. None: what it was about is no longer true."""
        session, now = transaction
        home = await workspace(session, subject.workspace_id) if subject.workspace_id != NO_WORKSPACE else None
        locale = await self._locale(session, subject, home)
        scene = Scene(
            session,
            now,
            home,
            words_for(locale),
            subject.reference,
            self.secret,
            is_posted=subject.is_posted,
            is_for_one=is_for_one(target),
            public_url=self.public_url,
        )
        card = await VIEWS[subject.kind](scene)
        if card is None:
            return None
        if card.refresh is not None and not platform.can_refresh:
            card = replace(card, refresh=None)
        accounts = await self._accounts(session, card, subject, target)
        minted = await self._mint(session, card, subject, target, now)
        context = Context(
            minted,
            accounts,
            locale,
            is_form=target.in_dialog or target.manner is Manner.FORM,
            is_page=target.manner is Manner.PAGE,
            in_group=_is_in_group(target, platform),
        )
        return card, platform.render(card, context)

    async def _locale(self, session: AsyncSession, subject: Subject, home: Workspace | None) -> str:
        """The asker's or reader's language; a card for everybody speaks the workspace's."""
        usual = home.locale if home else "en"
        if locale := subject.reference.get("locale"):
            return str(locale)
        reader = subject.reference.get("reader")
        if reader is None or home is None:
            return usual
        person = (await queries.people(session, [reader], workspace_id=home.id)).get(reader)
        return (person and person.locale) or usual

    async def _accounts(self, session: AsyncSession, card: Card, subject: Subject, target: Target) -> Mapping[int, str]:
        mentioned = card.mentioned()
        if not mentioned:
            return {}
        place = target.place
        return await queries.accounts(
            session, sorted(mentioned), workspace_id=subject.workspace_id, platform=place.platform, tenant=place.tenant
        )

    async def _mint(
        self, session: AsyncSession, card: Card, subject: Subject, target: Target, now: datetime
    ) -> Mapping[Action, str]:
        """What only one person sees, only that person may press, wherever the platform shows it; the rest is bound to the place."""
        actions = list(dict.fromkeys(card.actions()))
        if not actions:
            return {}
        reader = subject.reference.get("reader") if is_for_one(target) else None
        grants = [
            tokens.Grant(
                workspace_id=subject.workspace_id,
                verb=action.verb,
                object_id=action.object_id,
                argument=action.argument,
                member_id=action.member_id or reader,
                conversation="" if reader else place_key(target.place),
                mode=action.mode.value,
                expires_at=now + action.lifetime,
            )
            for action in actions
        ]
        return dict(zip(actions, await tokens.mint(session, grants, secret=self.secret), strict=True))


def _is_in_group(target: Target, platform: Platform) -> bool:
    """Whether the message stands in a group in the end; what is private goes to the person's own chat if it cannot be whispered."""
    return target.place.kind is not PlaceKind.PERSONAL and (platform.can_whisper or not target.private)
