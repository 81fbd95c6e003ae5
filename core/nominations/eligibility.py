"""Who may nominate, be nominated and vote, as SQL over members: asked at the moment of the act, for one member or for all."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.badges.definition.conditions import Condition
from core.badges.definition.model import Eligible, NominationConfig
from core.badges.definition.people import Entry
from core.badges.eligibility import is_among, meets_one
from core.nominations.models import STANDING, Campaign, Candidacy
from core.people.models import LEFT, Member, Profile

OF_MEMBER = and_(Profile.workspace_id == Member.workspace_id, Profile.member_id == Member.id)
IS_HERE = and_(Member.status != LEFT, Member.merged_into.is_(None))


def config_of(campaign: Campaign) -> NominationConfig:
    return NominationConfig.model_validate(dict(campaign.config))


@lru_cache(maxsize=256)
def read_config(told: str) -> tuple[NominationConfig, Mapping[str, Any]]:
    """The configuration from its JSON text, which every voter of a campaign asks for, and that JSON."""
    given = json.loads(told)
    return NominationConfig.model_validate(given), given


def fits(eligible: Eligible | None) -> ColumnElement[bool]:
    """Whether a member is one of those whom a part of nomination_config names; what it leaves out is open to everyone."""
    if eligible is None:
        return true()
    named = {field: getattr(eligible, field) or None for field in ("job_codes", "departments", "groups")}
    tests = [is_among([Entry(**named)])]
    if eligible.min_tenure_days:
        tests.append(meets_one(Condition(attribute="tenure_days", operator="gte", value=eligible.min_tenure_days)))
    return and_(*tests)


def told(eligible: Eligible | None) -> list[dict[str, list[str]]]:
    """Whom a part names, as data of a refusal: one entry, all of whose fields hold."""
    if eligible is None:
        return []
    named = {field: list(getattr(eligible, field)) for field in ("job_codes", "departments", "groups")}
    if eligible.min_tenure_days:
        named["min_tenure_days"] = [str(eligible.min_tenure_days)]
    return [{field: values for field, values in named.items() if values}]


def is_nominee(campaign: Campaign) -> ColumnElement[bool]:
    """Whether a member stands in a campaign."""
    return exists().where(*_stands(campaign), Candidacy.member_id == Member.id)


def manages_nominee(campaign: Campaign) -> ColumnElement[bool]:
    report = aliased(Member)
    return exists().where(
        *_stands(campaign),
        report.workspace_id == Candidacy.workspace_id,
        report.id == Candidacy.member_id,
        report.manager_id == Member.id,
    )


def _stands(campaign: Campaign) -> Sequence[ColumnElement[bool]]:
    return (
        Candidacy.workspace_id == campaign.workspace_id,
        Candidacy.campaign_id == campaign.id,
        Candidacy.state == STANDING,
    )


def may_vote(campaign: Campaign, config: NominationConfig) -> ColumnElement[bool]:
    """Of a member: whether they may vote in a campaign, all rules of it together."""
    barred = [rule(campaign) for is_on, rule in _bars(config) if is_on]
    return and_(IS_HERE, fits(config.eligible_voters), not_(or_(*barred)) if barred else true())


def _bars(config: NominationConfig) -> Sequence[tuple[bool, Any]]:
    return ((config.bar_nominees, is_nominee), (config.bar_managers, manages_nominee))


async def holds(
    session: AsyncSession, *rules: ColumnElement[bool], workspace_id: int, member_id: int
) -> Sequence[bool]:
    """Which of the rules a member meets, in their order."""
    row = (
        await session.execute(
            select(*rules)
            .select_from(Member)
            .outerjoin(Profile, OF_MEMBER)
            .where(Member.workspace_id == workspace_id, Member.id == member_id)
        )
    ).one()
    return [bool(each) for each in row]
