"""Why a badge may not be given, or got: everything that is in the way, not only the first."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.checks import check_giver, check_people, check_receivers, check_time, zone_of
from core.badges.models import Badge
from core.badges.relations import check_relations
from core.badges.service import definition_of, limit_in_the_way
from core.errors import Refusal
from core.people.models import Workspace
from core.people.queries import Person

Check = Callable[[], Awaitable[None]]


class Question(NamedTuple):
    """Whether `giver` may give `badge` at a moment."""

    workspace: Workspace
    badge: Badge
    giver: Person
    now: datetime


class Holding(NamedTuple):
    """The latest standing award of a badge to a member. `giver_id` is None if nobody's hand gave it; `why` is what did."""

    act_id: int
    giver_id: int | None
    message: str
    awarded_at: datetime
    times: int
    why: Mapping[str, Any]


_HOLDING = text("""
SELECT act_id, giver_id, message, awarded_at, count(*) OVER () AS times, why FROM award
WHERE workspace_id = :workspace_id AND badge_id = :badge_id AND member_id = :member_id AND revoked_at IS NULL
ORDER BY awarded_at DESC, id DESC LIMIT 1
""")


async def holding(session: AsyncSession, badge_id: int, member_id: int, *, workspace_id: int) -> Holding | None:
    values = {"workspace_id": workspace_id, "badge_id": badge_id, "member_id": member_id}
    row = (await session.execute(_HOLDING, values)).first()
    return Holding(*row) if row else None


async def against_giving(session: AsyncSession, asked: Question) -> Sequence[Refusal]:
    """What keeps the giver from giving the badge to anybody. Empty: nothing."""
    workspace, badge, giver, now = asked
    definition = definition_of(badge)

    async def when() -> None:
        check_time(badge, definition, zone_of(definition, workspace), now)

    async def who() -> None:
        await check_giver(session, workspace=workspace, badge=badge, definition=definition, giver=giver)

    return await refusals((when, who))


async def against_getting(session: AsyncSession, asked: Question, *, receiver: Person) -> Sequence[Refusal]:
    """What keeps `receiver` from getting the badge from the giver, besides what keeps the giver from giving it."""
    workspace, badge, giver, now = asked
    definition = definition_of(badge)
    member_id = receiver.member_id

    async def people() -> None:
        check_people(workspace, badge, giver, [receiver])

    async def whom() -> None:
        await check_receivers(session, workspace=workspace, badge=badge, definition=definition, member_ids=[member_id])

    async def relations() -> None:
        await check_relations(
            session, badge=badge, definition=definition, giver_id=giver.member_id, member_ids=[member_id]
        )

    async def limits() -> None:
        limit = await limit_in_the_way(session, workspace=workspace, badge=badge, member_id=member_id, now=now)
        if limit is not None:
            raise limit

    return await refusals((people, whom, relations, limits))


async def refusals(checks: Sequence[Check]) -> Sequence[Refusal]:
    """What each of the checks says no with."""
    found: list[Refusal] = []
    for check in checks:
        try:
            await check()
        except Refusal as refusal:
            found.append(refusal)
    return found
