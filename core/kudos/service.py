"""The verbs of kudos: give, second, unsecond, undo."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Period
from core.database import Outrun
from core.errors import Refusal
from core.kudos import announce, queries, statements
from core.kudos.models import KudosReceiver, Tag
from core.kudos.repeats import REPEAT_GAP
from core.kudos.tags import SEED
from core.kudos.wording import Wording
from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points


class NoReceivers(Refusal):
    code = "no_receivers"


class TooManyReceivers(Refusal):
    code = "too_many_receivers"


class SelfKudos(Refusal):
    code = "self_kudos"


class GiverLeft(Refusal):
    code = "giver_left"


class ReceiverLeft(Refusal):
    code = "receiver_left"


class AllowanceShort(Refusal):
    code = "allowance_short"


class PairLimit(Refusal):
    code = "pair_limit"


class Repeated(Refusal):
    """The same words by the same member a moment ago: a second try, not a second kudos."""

    code = "repeated"


class KudosGone(Refusal):
    code = "kudos_gone"


class OwnKudosSecond(Refusal):
    code = "own_kudos_second"


class NothingToUndo(Refusal):
    code = "nothing_to_undo"


class UndoTooLate(Refusal):
    code = "undo_too_late"


class AlreadyUndone(Refusal):
    code = "already_undone"


class NotYourKudos(Refusal):
    code = "not_your_kudos"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a kudos was written: a conversation of ours and the platform's id of the message, if there is one."""

    conversation_id: int | None = None
    message_id: str = ""


async def give(
    session: AsyncSession,
    *,
    workspace: Workspace,
    giver: Person,
    receivers: Sequence[Person],
    wording: Wording,
    points_each: int | None = None,
    is_private: bool = False,
    source: Source = Source(),
    guards_repeats: bool = False,
    now: datetime,
) -> int:
    """Thank the receivers, move `points_each` to each (None: the usual number), owe everybody the card; return the kudos's id.
    Raises the Refusals above and PointsInvalid; then nothing of the transaction may be kept."""
    each = workspace.kudos_points if points_each is None else points.amount(points_each)
    receivers = _check_people(workspace, giver, receivers)
    receiver_ids = sorted(person.member_id for person in receivers)
    values = {
        "workspace_id": workspace.id,
        "giver": giver.member_id,
        "receivers": receiver_ids,
        "points": each,
        "pair_max": workspace.pair_points_max,
        "message": wording.message,
        "is_private": is_private,
        "conversation_id": source.conversation_id,
        "message_id": source.message_id,
        "content_hash": _content_hash(wording, each, receiver_ids) if guards_repeats else None,
        "gap": REPEAT_GAP,
        "now": now,
    }
    given = await _give(session, workspace, values, points.allowance_period(workspace, now))
    await _tag(session, workspace, given.kudos_id, wording)
    if given.is_owing:
        reference = f"kudos:{given.kudos_id}"
        await points.settle_receivables(session, receiver_ids, workspace_id=workspace.id, reference=reference, now=now)
    if given.untold:
        await announce.notices(session, given.kudos_id, given.untold, workspace_id=workspace.id)
    return int(given.kudos_id)


async def _tag(session: AsyncSession, workspace: Workspace, kudos_id: int, wording: Wording) -> None:
    if wording.tags:
        values = {"workspace_id": workspace.id, "kudos_id": kudos_id, "names": list(wording.tags)}
        await session.execute(statements.TAG, values)


def _check_people(workspace: Workspace, giver: Person, receivers: Sequence[Person]) -> list[Person]:
    if giver.has_left:
        raise GiverLeft
    unique = list({person.member_id: person for person in receivers}.values())
    if not unique:
        raise NoReceivers
    if any(person.member_id == giver.member_id for person in unique):
        raise SelfKudos
    for person in unique:
        if person.has_left:
            raise ReceiverLeft(name=person.name)
    if len(unique) > workspace.receivers_max:
        raise TooManyReceivers(count=len(unique), limit=workspace.receivers_max)
    return unique


def _content_hash(wording: Wording, each: int, receiver_ids: Sequence[int]) -> bytes:
    return hashlib.sha256(repr((wording.message, wording.tags, each, receiver_ids)).encode()).digest()


async def _give(session: AsyncSession, workspace: Workspace, values: dict[str, Any], period: Period) -> Any:
    """The statement, a second time if accounts had to be opened first (a member's first kudos, a new week)."""
    values = {**values, "period": period.key, "total": values["points"] * len(values["receivers"])}
    given = await statements.GIVE.one(session, values)
    if not given.is_opened:
        await points.open_allowance(session, workspace=workspace, member_id=values["giver"], now=values["now"])
        await points.open_earned(session, workspace_id=workspace.id, member_ids=values["receivers"])
        given = await statements.GIVE.one(session, values)
    if given.kudos_id is not None:
        return given
    if not given.is_whole:
        raise Outrun("a member was merged meanwhile")
    if not given.is_fresh:
        raise Repeated(seconds=int(REPEAT_GAP.total_seconds()))
    window = {"resets_at": period.ends_at.isoformat(), "zone": workspace.time_zone}
    if given.allowance < values["total"]:
        raise AllowanceShort(needed=values["total"], left=given.allowance, **window)
    pair = (await session.execute(statements.PAIRS, values)).one()
    raise PairLimit(member_id=pair.member_id, limit=workspace.pair_points_max, left=max(0, pair.points_left), **window)


async def second(
    session: AsyncSession,
    *,
    workspace: Workspace,
    kudos_id: int,
    member: Person,
    by_reaction: bool = False,
    now: datetime,
) -> None:
    """Agree with a kudos, once; a second time changes nothing. Costs and gives no points. What was done `by_reaction` alone
    can be taken back by `unsecond`."""
    if member.has_left:
        raise GiverLeft
    kudos = await queries.get(session, kudos_id, workspace_id=workspace.id)
    if kudos is None or kudos.undone_at is not None or kudos.is_private:
        raise KudosGone
    if kudos.giver_id == member.member_id or member.member_id in await queries.receiver_ids(session, kudos):
        raise OwnKudosSecond
    values = {"workspace_id": workspace.id, "kudos_id": kudos_id, "member_id": member.member_id, "now": now}
    seconded = (await session.execute(statements.SECOND, {**values, "by_reaction": by_reaction})).first()
    if seconded is not None and seconded.is_new:
        await announce.changed(session, kudos_id, workspace_id=workspace.id)


async def unsecond(session: AsyncSession, *, workspace: Workspace, kudos_id: int, member: Person) -> None:
    """Take back a second that a reaction made; one that was made by the button stays."""
    values = {"workspace_id": workspace.id, "kudos_id": kudos_id, "member_id": member.member_id}
    if (await session.execute(statements.UNSECOND, values)).first() is not None:
        await announce.changed(session, kudos_id, workspace_id=workspace.id)


async def undo_latest(session: AsyncSession, *, workspace: Workspace, giver: Person, now: datetime) -> int:
    """Take back the giver's latest kudos that still can be. Returns its id."""
    latest = await queries.latest_given(session, giver.member_id, workspace_id=workspace.id)
    if latest is None or latest.given_at <= now - timedelta(minutes=workspace.undo_minutes):
        raise NothingToUndo(minutes=workspace.undo_minutes)
    await undo(session, workspace=workspace, kudos_id=latest.id, giver=giver, now=now)
    return latest.id


async def undo(session: AsyncSession, *, workspace: Workspace, kudos_id: int, giver: Person, now: datetime) -> None:
    """Take a kudos back within the workspace's window: its points return, its cards say so, its words go."""
    values = {"workspace_id": workspace.id, "kudos_id": kudos_id, "giver": giver.member_id}
    window = timedelta(minutes=workspace.undo_minutes)
    held = (await session.execute(statements.HOLD_UNDONE, {**values, "window": window})).first()
    if held is None:
        raise await _why_not(session, workspace, kudos_id, giver)
    rows = await session.scalars(
        select(KudosReceiver.transfer_id).where(
            KudosReceiver.workspace_id == bindparam("workspace_id"),
            KudosReceiver.kudos_id == bindparam("kudos_id"),
            KudosReceiver.transfer_id.is_not(None),
        ),
        values,
    )
    transfers = [transfer_id for transfer_id in rows if transfer_id is not None]
    await points.reverse(
        session, transfers, workspace_id=workspace.id, reason="kudos_undone", actor_id=giver.member_id, now=now
    )
    await session.execute(statements.UNDO, values)
    period = points.allowance_period(workspace, held.given_at).key
    await session.execute(statements.RETURN_PAIRS, {**values, "points": held.points_each, "period": period})
    await announce.changed(session, kudos_id, workspace_id=workspace.id)


async def reword(
    session: AsyncSession, *, workspace: Workspace, kudos_id: int, giver: Person, wording: Wording
) -> None:
    """The giver changed the message it was written in: new words and tags, the same people and points, within the window."""
    values = {
        "workspace_id": workspace.id,
        "kudos_id": kudos_id,
        "giver": giver.member_id,
        "message": wording.message,
        "window": timedelta(minutes=workspace.undo_minutes),
    }
    if (await session.execute(statements.REWORD, values)).first() is None:
        raise await _why_not(session, workspace, kudos_id, giver)
    await session.execute(statements.UNTAG, values)
    await _tag(session, workspace, kudos_id, wording)
    await announce.changed(session, kudos_id, workspace_id=workspace.id)


async def seed_tags(session: AsyncSession, *, workspace_id: int) -> None:
    """Give a new workspace its predefined tags."""
    rows = [
        {"workspace_id": workspace_id, "name": name, "emoji": emoji, "category": category, "description": description}
        for name, emoji, category, description in SEED
    ]
    await session.execute(insert(Tag).values(rows).on_conflict_do_nothing())


async def _why_not(session: AsyncSession, workspace: Workspace, kudos_id: int, giver: Person) -> Refusal:
    kudos = await queries.get(session, kudos_id, workspace_id=workspace.id)
    if kudos is None:
        return KudosGone()
    if kudos.giver_id != giver.member_id:
        return NotYourKudos()
    if kudos.undone_at is not None:
        return AlreadyUndone()
    return UndoTooLate(minutes=workspace.undo_minutes)
