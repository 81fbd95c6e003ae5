"""Which of a badge's rules hold for one member, and which do not, with the figures of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import service as badges
from core.badges import why
from core.badges.checks import check_people, check_receivers, check_time, zone_of
from core.badges.models import Badge
from core.errors import Refusal
from core.people.models import Member, Workspace
from core.people.queries import Person
from core.rules.asking import Measure
from core.rules.candidates import joined
from core.rules.measures import measured
from core.rules.service import asking


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule as it stands for a member: whether it holds, and its name and figures as an award would keep them."""

    holds: bool
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands between a member and a badge that rules award: besides its rules, what else is in the way."""

    verdicts: Sequence[Verdict]
    obstacles: Sequence[Refusal]

    @property
    def is_open(self) -> bool:
        return not self.obstacles and all(verdict.holds for verdict in self.verdicts)


async def ask(session: AsyncSession, badge: Badge, *, workspace: Workspace, member: Person, now: datetime) -> Answer:
    """Look at a badge's rules for one member. Whom a draw chooses is not told: who takes part is."""
    definition = badges.definition_of(badge)
    asked = await asking(session, badge, definition, workspace=workspace, members=[member.member_id], now=now)
    measures = [measured(rule, asked) for rule in definition.rules]
    verdicts = await _verdicts(session, measures, workspace.id, member.member_id)

    async def when() -> None:
        check_time(badge, definition, zone_of(definition, workspace), now)

    async def who() -> None:
        check_people(workspace, badge, None, [member])
        await check_receivers(
            session, workspace=workspace, badge=badge, definition=definition, member_ids=[member.member_id]
        )

    async def limits() -> None:
        limit = await badges.limit_in_the_way(
            session, workspace=workspace, badge=badge, member_id=member.member_id, now=now
        )
        if limit is not None:
            raise limit

    return Answer(verdicts, await why.refusals((when, who, limits)))


async def _verdicts(
    session: AsyncSession, measures: Sequence[Measure], workspace_id: int, member_id: int
) -> Sequence[Verdict]:
    if not measures:
        return []
    columns = [column for each in measures for column in (func.coalesce(and_(each.holds, true()), False), each.told)]
    row = (
        await session.execute(
            select(*columns)
            .select_from(joined(measures, is_inner=False))
            .where(Member.workspace_id == workspace_id, Member.id == member_id)
        )
    ).one()
    return [Verdict(bool(row[place]), row[place + 1]) for place in range(0, len(row), 2)]
