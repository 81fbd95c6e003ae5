"""Draws whose prize is a badge: who may have it takes part, winners are awarded it. `RandomUsers` in a badge's rules opens one."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import queries, service
from core.badges.checks import BadgeDisabled, BadgeNotByHand, check_giver, check_time, may_get, zone_of
from core.badges.definition.kinds import GIVEN_BY_HAND
from core.badges.definition.model import Definition
from core.badges.definition.rules import RandomUsers
from core.badges.models import Award, Badge
from core.badges.service import definition_of, terms_of
from core.draws import joining, paying, stages
from core.draws import service as draws
from core.draws.eligible import Filters
from core.draws.models import DRAWN, FROZEN, OPEN, WINNERS_MAX, Draw
from core.draws.service import Prize
from core.errors import Refusal
from core.people.models import Member, Workspace
from core.people.queries import Person

Chance = Callable[[int], bytes]


class NotADraw(Refusal):
    """The badge has no rule RandomUsers."""

    code = "badge_not_drawn"


async def open_for_badge(
    session: AsyncSession,
    *,
    workspace_id: int,
    badge_id: int,
    members: None = None,
    now: datetime,
    run: str,
    chance: Chance = secrets.token_bytes,
    narrowed: ColumnElement[bool] | None = None,
) -> Mapping[str, Any]:
    """Open the draw that a badge's rule RandomUsers asks for, seal its list and publish the hashes: once for each `run`.

    `narrowed` is what the badge's other rules ask of a member. Raises NotADraw, and what core.badges.checks.check_time raises.
    """
    assert members is None, "a draw is among all who may take part"
    workspace = await session.get_one(Workspace, workspace_id)
    badge = await queries.get(session, badge_id, workspace_id=workspace_id)
    if badge is None:
        raise BadgeDisabled(badge=str(badge_id))
    definition = definition_of(badge)
    rule = next((each for each in definition.rules if isinstance(each, RandomUsers)), None)
    if rule is None:
        raise NotADraw(badge=badge.name)
    check_time(badge, definition, zone_of(definition, workspace), now)
    draw = await draws.open_draw(
        session,
        workspace=workspace,
        name=badge.name,
        prize=Prize(badge.id),
        winners=min(rule.count, WINNERS_MAX),
        filters=_filters(rule),
        source=run,
        now=now,
    )
    if draw is None:
        return {"draws": 0}
    also = _asked(badge, definition, workspace, now)
    await stages.freeze(session, draw, also=also if narrowed is None else and_(also, narrowed), chance=chance, now=now)
    return {"draws": 1, "draw": draw.id, "entrants": draw.entrants or 0}


def _filters(rule: RandomUsers) -> Filters:
    given = rule.filters
    return Filters(
        departments=given.departments if given else (),
        job_codes=given.job_codes if given else (),
        groups=given.groups if given else (),
        programs=given.programs if given else (),
        min_tenure_days=(given.min_tenure_days or 0) if given else 0,
        exclude_days=rule.recent_winner_days if rule.exclude_recent_winners else 0,
        weights=rule.weights or {},
    )


def _asked(badge: Badge, definition: Definition, workspace: Workspace, now: datetime) -> ColumnElement[bool]:
    """What the badge asks of a member, and that they do not hold it already where that would keep it from them."""
    terms = terms_of(definition, workspace, now, source="?")
    held = [
        Award.workspace_id == workspace.id,
        Award.badge_id == badge.id,
        Award.member_id == Member.id,
        Award.revoked_at.is_(None),
    ]
    if terms.period is not None:
        held.append(Award.period == terms.period_key)
    elif not terms.is_once:
        return may_get(definition)
    return and_(may_get(definition), ~exists().where(*held).correlate(Member))


async def asked_of(
    session: AsyncSession, draw: Draw, *, workspace: Workspace, now: datetime
) -> ColumnElement[bool] | None:
    """What the prize of a draw asks of a member; None: nothing."""
    if draw.badge_id is None:
        return None
    badge = await queries.get(session, draw.badge_id, workspace_id=workspace.id)
    assert badge is not None, "a badge that is a prize is never deleted"
    return _asked(badge, definition_of(badge), workspace, now)


async def check_prize(
    session: AsyncSession, badge: Badge, *, workspace: Workspace, opener: Person, now: datetime
) -> None:
    """Whether a member may make a badge the prize of a draw: one that they may give by hand, and admins any.

    Raises what core.badges.checks raises of the giver and the time.
    """
    definition = definition_of(badge)
    check_time(badge, definition, zone_of(definition, workspace), now)
    if badge.kind in GIVEN_BY_HAND:
        await check_giver(session, workspace=workspace, badge=badge, definition=definition, giver=opener)
    elif not opener.is_admin:
        raise BadgeNotByHand(badge=badge.name, kind=badge.kind)


async def join(session: AsyncSession, *, workspace: Workspace, draw: Draw, member: Person, now: datetime) -> None:
    """Take part in a draw. Raises what core.draws.joining.join raises."""
    also = await asked_of(session, draw, workspace=workspace, now=now)
    await joining.join(session, draw=draw, member=member, also=also, now=now)


async def advance(
    session: AsyncSession, *, workspace_id: int, draw_id: int, chance: Chance = secrets.token_bytes, now: datetime
) -> str | None:
    """Take the next step of a draw if it is due, in this transaction. Returns the state it came to, None if there was nothing to do."""
    draw = await stages.hold(session, draw_id, workspace_id=workspace_id, waits=False)
    if draw is None or not _is_due(draw, now):
        return None
    workspace = await session.get_one(Workspace, workspace_id)
    if draw.state == OPEN:
        also = await asked_of(session, draw, workspace=workspace, now=now)
        await stages.freeze(session, draw, also=also, chance=chance, now=now)
    elif draw.state == FROZEN:
        await stages.draw_winners(session, draw, now=now)
    else:
        await paying.pay(session, draw, workspace=workspace, grant=_grant, now=now)
    return draw.state


def _is_due(draw: Draw, now: datetime) -> bool:
    if draw.state == OPEN:
        return draw.closes_at <= now
    if draw.state == FROZEN:
        assert draw.draws_at is not None
        return draw.draws_at <= now
    return draw.state == DRAWN


async def _grant(
    session: AsyncSession, *, workspace: Workspace, draw: Draw, member_ids: Sequence[int], now: datetime
) -> Mapping[int, int]:
    """The result tells everybody who won what: no card of the award beside it."""
    assert draw.badge_id is not None
    badge = await queries.get(session, draw.badge_id, workspace_id=workspace.id)
    assert badge is not None
    made = await service.grant(
        session,
        workspace=workspace,
        badge=badge,
        member_ids=member_ids,
        why={"by": "draw", "draw": draw.id},
        source=f"draw:{draw.id}",
        is_told=False,
        now=now,
    )
    return dict(zip(made.member_ids, made.award_ids, strict=True))
