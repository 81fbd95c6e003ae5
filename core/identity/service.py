"""The verbs of identity: claim to be somebody with their code, confirm or decline it, and merge two members into one.

An account belongs to a member when both sides have said so: the account by typing the member's code, the member by answering the
question that this raises, in a chat of the account that asked for the code.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from core import drafts, tokens
from core.activities import merging as activities
from core.badges import merging as badges
from core.database import Outrun
from core.errors import Refusal
from core.identity import queries
from core.identity.models import CLAIMED, DECLINED, LINKED, MERGED, Link
from core.journeys import merging as journeys
from core.kudos import merging as kudos
from core.leaderboards import merging as leaderboards
from core.nominations import merging as nominations
from core.people import merging as people
from core.people.models import LEFT, PlatformIdentity, Workspace
from core.people.queries import Line
from core.people.service import hold_enrolments
from core.points import merging as points

CODE_VERB = "link"
MINUTES = 15
"""How long a code may be typed, and from then on how long the question may be answered."""


class LinkCodeInvalid(Refusal):
    """Never made, used, too old, or another workspace's: nobody learns which."""

    code = "link_code_invalid"


class OwnLinkCode(Refusal):
    """The account that asked for the code typed it itself."""

    code = "own_link_code"


class AlreadyLinked(Refusal):
    code = "already_linked"


class LinkLeft(Refusal):
    """One of the two is no longer a member."""

    code = "link_left"


@dataclass(frozen=True, slots=True)
class Account:
    """A platform account. `name` is what the platform calls it, for the question alone."""

    platform: str
    tenant: str
    remote_id: str
    name: str = ""

    @property
    def key(self) -> str:
        return f"{self.platform}:{self.tenant}:{self.remote_id}"

    @property
    def columns(self) -> dict[str, str]:
        return {"platform": self.platform, "tenant": self.tenant, "remote_id": self.remote_id}


@dataclass(frozen=True, slots=True)
class Linked:
    """What a confirmation came to: the member whose account it is now, and the one who was merged into them, if any."""

    member_id: int
    account: Account
    merged_id: int | None = None


_READDRESS = text(
    "UPDATE outbox SET reference = jsonb_set(CASE WHEN reference -> 'member' = to_jsonb(CAST(:younger AS bigint))"
    " THEN jsonb_set(reference, '{member}', to_jsonb(CAST(:older AS bigint))) ELSE reference END,"
    " '{reader}', to_jsonb(CAST(:older AS bigint)))"
    " WHERE workspace_id = :workspace_id AND state IN ('pending', 'sending', 'parked')"
    " AND reference -> 'reader' = to_jsonb(CAST(:younger AS bigint))"
)

_OPEN_CLAIM = text(
    "SELECT platform, tenant, remote_id, name FROM link WHERE workspace_id = :workspace_id AND id = :link_id"
    " AND member_id = :member_id AND state = 'claimed'"
    " AND claimed_at > clock_timestamp() - make_interval(mins => :minutes) FOR UPDATE"
)


def code_grant(account: Account, *, workspace_id: int, member_id: int, now: datetime) -> tokens.Grant:
    """The code that an account is shown. It is bound to no chat; `conversation` remembers whom to ask when it was typed."""
    return tokens.Grant(
        workspace_id=workspace_id,
        verb=CODE_VERB,
        object_id=member_id,
        argument=str(int(now.timestamp() * 1_000_000)),
        member_id=None,
        conversation=account.key,
        mode=tokens.SINGLE,
        expires_at=now + timedelta(minutes=MINUTES),
    )


async def find_code(session: AsyncSession, code: str, *, workspace_id: int | None = None) -> tokens.Issued:
    """Read a code. Raises LinkCodeInvalid for what is none, or none of the workspace."""
    try:
        issued = await tokens.find(session, code)
    except tokens.Closed:
        raise LinkCodeInvalid from None
    if issued.verb != CODE_VERB or workspace_id not in (None, issued.workspace_id):
        raise LinkCodeInvalid
    return issued


async def spend_code(session: AsyncSession, issued: tokens.Issued, *, member_id: int) -> None:
    """Nobody can use the code any more. Raises LinkCodeInvalid if somebody did."""
    try:
        await tokens.press(session, issued, member_id=member_id, conversation=issued.conversation)
    except tokens.AlreadyDone:
        raise LinkCodeInvalid from None


async def claim(
    session: AsyncSession, *, workspace_id: int, code: str, account: Account, member_id: int | None
) -> tuple[int, Line]:
    """An account types a code; `member_id` is whose it is, if anybody's. Returns the claim and where to ask the code's owner.

    Raises LinkCodeInvalid, OwnLinkCode, AlreadyLinked or LinkLeft.
    """
    issued = await find_code(session, code, workspace_id=workspace_id)
    asker_id = await queries.living(session, issued.object_id, workspace_id=workspace_id)
    if issued.conversation == account.key:
        raise OwnLinkCode
    if member_id == asker_id:
        raise AlreadyLinked
    await _require_membership(session, [asker_id, member_id], workspace_id)
    await spend_code(session, issued, member_id=member_id or 0)
    platform, tenant, person = issued.conversation.split(":", 2)
    line = await queries.line(
        session, member_id=asker_id, workspace_id=workspace_id, platform=platform, tenant=tenant, remote_id=person
    )
    if line is None:
        raise LinkCodeInvalid
    values = {"workspace_id": workspace_id, "member_id": asker_id, **account.columns, "name": account.name}
    link_id = (await session.execute(insert(Link).values(**values).returning(Link.id))).scalar_one()
    return link_id, line


async def _require_membership(session: AsyncSession, member_ids: list[int | None], workspace_id: int) -> None:
    known = [member_id for member_id in member_ids if member_id is not None]
    if LEFT in await queries.statuses(session, known, workspace_id=workspace_id):
        raise LinkLeft


async def confirm(
    session: AsyncSession, *, workspace: Workspace, link_id: int, member_id: int, now: datetime
) -> Linked:
    """The member says that the account is theirs: link it, and merge the member it belonged to.

    Raises tokens.Closed (answered, too old, somebody else's), AlreadyLinked or LinkLeft.
    """
    account = await _claimed(session, link_id, workspace_id=workspace.id, member_id=member_id)
    await hold_enrolments(session, workspace_id=workspace.id)
    owner_id = await queries.owner(session, workspace_id=workspace.id, **account.columns)
    if owner_id == member_id:
        raise AlreadyLinked
    if owner_id is None:
        await _require_membership(session, [member_id], workspace.id)
        identity = {"workspace_id": workspace.id, "member_id": member_id, **account.columns}
        await session.execute(upsert(PlatformIdentity).values(**identity).on_conflict_do_nothing())
        await _decide(session, link_id, workspace.id, state=LINKED, decided_at=now)
        return Linked(member_id, account)
    older, younger, shares = await merge(
        session, workspace=workspace, member_ids=(member_id, owner_id), actor_id=member_id, now=now
    )
    await _decide(
        session, link_id, workspace.id, state=MERGED, other_id=younger, reversed_shares=shares, decided_at=now
    )
    return Linked(older, account, merged_id=younger)


async def decline(session: AsyncSession, *, workspace_id: int, link_id: int, member_id: int, now: datetime) -> None:
    """The member says that the account is somebody else's. Raises tokens.Closed."""
    await _claimed(session, link_id, workspace_id=workspace_id, member_id=member_id)
    await _decide(session, link_id, workspace_id, state=DECLINED, decided_at=now)


async def _claimed(session: AsyncSession, link_id: int, *, workspace_id: int, member_id: int) -> Account:
    values = {"workspace_id": workspace_id, "link_id": link_id, "member_id": member_id, "minutes": MINUTES}
    row = (await session.execute(_OPEN_CLAIM, values)).first()
    if row is None:
        raise tokens.Closed
    return Account(*row)


async def _decide(session: AsyncSession, link_id: int, workspace_id: int, **decision: Any) -> None:
    of_link = (Link.workspace_id == workspace_id, Link.id == link_id)
    await session.execute(update(Link).where(*of_link).values(remote_id="", name="", **decision))


async def merge(
    session: AsyncSession, *, workspace: Workspace, member_ids: tuple[int, int], actor_id: int, now: datetime
) -> tuple[int, int, int]:
    """Make two members one: the younger is merged into the older. Returns (older, younger, shares of kudos taken back).

    Campaigns, what awards lock first, then members, kudos and accounts are locked in this order, the accounts by their ids.
    Raises LinkLeft, and Outrun when one of them was merged since they were recognised.
    """
    campaigns = await nominations.hold(session, workspace_id=workspace.id)
    await journeys.hold(session, list(member_ids), workspace_id=workspace.id)
    await badges.hold(session, list(member_ids), workspace_id=workspace.id)
    await leaderboards.hold(session, list(member_ids), workspace_id=workspace.id)
    locked = await people.lock(session, list(member_ids), workspace_id=workspace.id)
    if len(locked) < 2 or any(merged_into is not None for _, _, merged_into in locked):
        raise Outrun("a member was merged meanwhile")
    if LEFT in (status for _, status, _ in locked):
        raise LinkLeft
    (older, _, _), (younger, _, _) = locked
    pair = {"younger": younger, "older": older}
    shared = await kudos.shared_accounts(session, workspace_id=workspace.id, **pair)
    await points.lock(session, [older, younger], shared, workspace_id=workspace.id)
    shares = await kudos.merge(session, workspace_id=workspace.id, **pair, actor_id=actor_id, now=now)
    await journeys.number(session, workspace_id=workspace.id, **pair)
    await badges.merge(session, workspace_id=workspace.id, **pair, actor_id=actor_id, now=now)
    await nominations.merge(session, campaigns, workspace_id=workspace.id, **pair)
    await journeys.merge(session, workspace_id=workspace.id, **pair)
    await points.merge(session, workspace=workspace, **pair, actor_id=actor_id, now=now)
    await activities.merge(session, workspace_id=workspace.id, **pair)
    await people.merge(session, workspace_id=workspace.id, **pair)
    await leaderboards.merge(session, workspace_id=workspace.id, **pair)
    await points.join_allowances(session, workspace=workspace, **pair, now=now)
    await session.execute(
        update(Link)
        .where(Link.workspace_id == workspace.id, Link.member_id == younger, Link.state == CLAIMED)
        .values(member_id=older)
    )
    await drafts.merge(session, workspace_id=workspace.id, younger=younger)
    await session.execute(_READDRESS, {"workspace_id": workspace.id, **pair})
    return older, younger, shares


async def forget(session: AsyncSession, *, before: datetime) -> None:
    """Delete claims that nobody answered. Run as ops."""
    old = select(Link.id).where(Link.state == CLAIMED, Link.claimed_at < before).limit(5000)
    await session.execute(delete(Link).where(Link.id.in_(old), Link.state == CLAIMED))
