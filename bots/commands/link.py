"""`/link` shows a code for one's account in another chat; `/link CODE` there raises a question here, and its answer joins them."""

from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from bots.addresses import place_key, to_address
from bots.chat import Audience, Incoming, Manner, Place, PlaceKind, PlatformName, Reply, Target
from bots.recognition import Silence
from bots.turn import Turn
from bots.turns import Scope, asked_locale, link_code, may_be_strangers
from core import outbox
from core.identity import queries, service
from core.identity.service import Account
from core.outbox import Outgoing
from core.people.queries import Line
from core.text import clean_name


async def run(turn: Turn) -> Reply:
    code, member_id = link_code(turn.incoming), turn.member.member_id
    account = _account(turn.incoming, turn.member.name)
    if not code:
        return Reply("link_code", {"reader": member_id, **account.columns}, Audience.PRIVATE)
    if turn.message_id and turn.incoming.place.kind is not PlaceKind.PERSONAL:
        issued = await service.find_code(turn.session, code, workspace_id=turn.workspace.id)
        await service.spend_code(turn.session, issued, member_id=member_id)
        return Reply("link_code_seen", {}, Audience.QUIET)
    return await _claim(turn.session, turn.workspace.id, code, account, member_id)


async def is_from_stranger(scope: Scope, incoming: Incoming) -> bool:
    """Whether a code comes from an account that nobody has: it is no new member, but somebody's further account."""
    if not link_code(incoming) or not may_be_strangers(incoming.place):
        return False
    columns = _account(incoming, "").columns
    return await queries.owner(scope.session, workspace_id=scope.home.workspace_id, **columns) is None


async def claim_by_stranger(scope: Scope, incoming: Incoming) -> Reply:
    if incoming.sender.foreign:
        raise Silence
    account = _account(incoming, incoming.sender.name)
    reply = await _claim(scope.session, scope.home.workspace_id, link_code(incoming), account, None)
    return Reply(reply.kind, {**reply.reference, "locale": asked_locale(incoming)}, reply.audience)


async def confirm(turn: Turn) -> Reply:
    assert turn.press is not None
    workspace, link_id = turn.workspace, turn.press.object_id
    linked = await service.confirm(
        turn.session, workspace=workspace, link_id=link_id, member_id=turn.member.member_id, now=turn.now
    )
    done = {"link": link_id, "reader": linked.member_id}
    line = await queries.line(
        turn.session, member_id=linked.member_id, workspace_id=workspace.id, **linked.account.columns
    )
    if line is not None:
        await _tell(turn.session, workspace.id, line, "link_done", done)
    return Reply("link_done", done, Audience.PRIVATE, Manner.EDIT)


async def decline(turn: Turn) -> Reply:
    assert turn.press is not None
    await service.decline(
        turn.session,
        workspace_id=turn.workspace.id,
        link_id=turn.press.object_id,
        member_id=turn.member.member_id,
        now=turn.now,
    )
    return Reply("link_declined", {"reader": turn.member.member_id}, Audience.PRIVATE, Manner.EDIT)


def _account(incoming: Incoming, name: str) -> Account:
    place = incoming.place
    return Account(place.platform, place.tenant, incoming.sender.remote_id, clean_name(name))


async def _claim(session: AsyncSession, workspace_id: int, code: str, account: Account, member_id: int | None) -> Reply:
    """The code's owner is asked where they asked for it; who typed it learns where that is."""
    link_id, line = await service.claim(
        session, workspace_id=workspace_id, code=code, account=account, member_id=member_id
    )
    await _tell(session, workspace_id, line, "link_question", {"link": link_id, "reader": line.member_id})
    return Reply("link_claimed", {"platform": line.platform}, Audience.PRIVATE)


async def _tell(session: AsyncSession, workspace_id: int, line: Line, kind: str, reference: dict[str, int]) -> None:
    platform = cast("PlatformName", line.platform)
    place = Place(platform, line.tenant, line.remote_id, PlaceKind.PERSONAL, reference=dict(line.reference))
    scope = place_key(place) if line.remote_id else f"{place_key(place)}@{line.person}"
    address = to_address(Target(place, person=line.person))
    message = Outgoing(f"{kind}:{reference['link']}", scope, kind, address, reference, outbox.ANSWER)
    await outbox.enqueue(session, [message], workspace_id=workspace_id)
