"""Campaigns for tests, opened by the product's own verbs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.models import Badge
from core.database import Sessions
from core.nominations import advancing, nominating, queries, service, voting
from core.nominations.models import Campaign, Candidacy
from core.people.models import Workspace
from core.people.queries import Person
from tests.core.badges.stock import make_badge
from tests.factories import make_company


class Stage(NamedTuple):
    """An open campaign: `eva` organises it, `people` are the others."""

    workspace: Workspace
    badge: Badge
    campaign: Campaign
    eva: Person
    people: list[Person]

    @property
    def id(self) -> int:
        return self.campaign.id


def organiser(person: Person) -> Person:
    return person._replace(roles=("member", "coordinator"))


async def make_campaign_badge(session: AsyncSession, workspace: Workspace, **config: Any) -> Badge:
    own: dict[str, Any] = {
        key: config.pop(key) for key in ("multiple", "points", "awardee", "availability_rule") if key in config
    }
    fields: dict[str, Any] = {"reward": "Best colleague", "points": 100, "multiple": True, **own}
    return await make_badge(session, workspace, reward_type="Nomination Badge", nomination_config=config, **fields)


async def make_stage(
    session: AsyncSession, workspace: Workspace, people: Sequence[Person], now: datetime, **config: Any
) -> Stage:
    """A campaign that takes nominations; the first of the people organises it."""
    badge = await make_campaign_badge(session, workspace, **config)
    eva = organiser(people[0])
    campaign = await service.open_campaign(session, workspace=workspace, badge=badge, actor=eva, now=now)
    return Stage(workspace, badge, campaign, eva, list(people[1:]))


async def make_committed_stage(database: Sessions, members: int, **config: Any) -> Stage:
    workspace, people = await make_company(database, members)
    async with database.begin(workspace.id) as (session, now):
        return await make_stage(session, workspace, people, now, **config)


async def nominate(
    session: AsyncSession, stage: Stage, nominator: Person, nominee: Person, reason: str = "she never gives up"
) -> int:
    """Nominate; returns the candidacy."""
    made = await nominating.nominate(
        session,
        workspace=stage.workspace,
        campaign_id=stage.id,
        nominator=nominator,
        nominee=nominee,
        reason=reason,
    )
    return made.candidacy_id


async def vote(session: AsyncSession, stage: Stage, voter: Person, *choices: int) -> bool:
    """Cast a ballot; whether it is the voter's first."""
    made = await voting.vote(
        session, workspace=stage.workspace, campaign_id=stage.id, voter=voter, choices=list(choices)
    )
    return made.is_new


async def move_on(session: AsyncSession, stage: Stage, now: datetime) -> Campaign:
    return await advancing.move_on(session, workspace=stage.workspace, campaign_id=stage.id, actor=stage.eva, now=now)


async def put_off(session: AsyncSession, stage: Stage, **ends: str) -> None:
    """Move instants of a campaign by intervals: `voting_end_at="-1 hour"` ends the voting an hour before now."""
    for column, interval in ends.items():
        change = f"UPDATE campaign SET {column} = clock_timestamp() + CAST(:interval AS text)::interval WHERE id = :id"
        if column == "voting_end_at":
            change = change.replace(
                "SET ",
                "SET starts_at = least(starts_at, clock_timestamp() - INTERVAL '9 days'),"
                " nominations_end_at = least(nominations_end_at, clock_timestamp() - INTERVAL '8 days'), ",
            )
        if column == "nominations_end_at":
            change = change.replace("SET ", "SET starts_at = least(starts_at, clock_timestamp() - INTERVAL '9 days'), ")
        await session.execute(text(change), {"interval": interval, "id": stage.id})


async def now_is(session: AsyncSession, stage: Stage) -> Campaign:
    found = await queries.get(session, stage.id, workspace_id=stage.workspace.id)
    assert found is not None
    return found


async def candidacies(session: AsyncSession, stage: Stage) -> list[Candidacy]:
    rows = await session.scalars(
        select(Candidacy)
        .where(Candidacy.workspace_id == stage.workspace.id, Candidacy.campaign_id == stage.id)
        .order_by(Candidacy.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def rows(session: AsyncSession, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await session.execute(text(statement), values)]
