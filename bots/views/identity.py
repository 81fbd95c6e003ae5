"""Messages about accounts of one person."""

from bots.views.scene import Scene
from cards import identity as cards
from cards.model import Card
from core import tokens
from core.identity import queries
from core.identity import service as identity
from core.identity.models import CLAIMED, DECLINED, MERGED, Link
from core.kudos import merging as kudos


async def code(scene: Scene) -> Card:
    """A code for another account of the reader's; valid once, for a quarter of an hour."""
    reference = scene.reference
    account = identity.Account(reference["platform"], reference["tenant"], reference["remote_id"])
    grant = identity.code_grant(account, workspace_id=scene.home.id, member_id=reference["reader"], now=scene.now)
    [minted] = await tokens.mint(scene.session, [grant], secret=scene.secret)
    return cards.code(scene.words, minted, identity.MINUTES)


async def code_seen(scene: Scene) -> Card:
    return cards.code_seen(scene.words)


async def claimed(scene: Scene) -> Card:
    return cards.claimed(scene.words, scene.reference["platform"])


async def question(scene: Scene) -> Card | None:
    link = await queries.get(scene.session, scene.reference["link"], workspace_id=scene.home.id)
    if link is None or link.state != CLAIMED:
        return None
    view = cards.Question(link.id, link.name, link.platform, await _merge(scene, link), identity.MINUTES)
    return cards.question(scene.words, view)


async def _merge(scene: Scene, link: Link) -> cards.Merge | None:
    """What joining the two would move; None where one of them has nothing to bring along."""
    workspace_id = scene.home.id
    owner_id = await queries.owner(
        scene.session, workspace_id=workspace_id, platform=link.platform, tenant=link.tenant, remote_id=link.remote_id
    )
    if owner_id is None or owner_id == link.member_id:
        return None
    older = await queries.elder(scene.session, [owner_id, link.member_id], workspace_id=workspace_id)
    younger = owner_id if older == link.member_id else link.member_id
    brought = await queries.history(scene.session, younger, workspace_id=workspace_id)
    if not (brought and await queries.history(scene.session, older, workspace_id=workspace_id)):
        return None
    between = await kudos.count_shares(scene.session, workspace_id=workspace_id, younger=younger, older=older)
    return cards.Merge(brought.points, brought.kudos, between)


async def done(scene: Scene) -> Card | None:
    link = await queries.get(scene.session, scene.reference["link"], workspace_id=scene.home.id)
    if link is None or link.state in (CLAIMED, DECLINED):
        return None
    return cards.done(scene.words, link.platform, is_merged=link.state == MERGED, taken_back=link.reversed_shares)


async def declined(scene: Scene) -> Card:
    return cards.declined(scene.words)
