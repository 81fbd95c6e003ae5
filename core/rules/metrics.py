"""The metrics that rules may name: each a query of (member_id, value). Who has no row has 0, or false."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Numeric, Select, cast, func, literal, select

from core.activities.models import LOGIN, Activity, ActivityTally
from core.activities.service import type_name
from core.badges import registry
from core.badges.registry import Named, metric
from core.clock import period
from core.leaderboards.models import ALL_TIME, BADGES, POINTS, LeaderboardTotal
from core.rules.asking import Asked

SALE, PRODUCT_KNOWLEDGE, SALES_TRAINING = "sale", "product_knowledge", "sales_training"
EARNED = "earned"
"""What awards and points touch, besides activities."""

_WEST = timedelta(hours=12)


def query(named: Named, asked: Asked, params: Mapping[str, Any]) -> Select[Any]:
    """What a metric measures. A function that wants no question is given none."""
    assert named.function is not None
    given = (asked,) if named.takes_question else ()
    rows: Select[Any] = named.function(*given, **params)
    return asked.narrowed(rows)


def _tally(asked: Asked, kind: str, value: Any) -> Select[Any]:
    return select(ActivityTally.member_id, value).where(
        ActivityTally.workspace_id == asked.workspace_id, ActivityTally.type == kind
    )


def _since(asked: Asked, kind: str, days: int | None, value: Any, tallied: Any) -> Select[Any]:
    """Of all time what is kept of it, of some days their history."""
    if days is None:
        return _tally(asked, kind, tallied)
    return (
        select(Activity.member_id, value)
        .where(
            Activity.workspace_id == asked.workspace_id,
            Activity.type == kind,
            Activity.occurred_at > asked.now - timedelta(days=days),
            Activity.occurred_at <= asked.now,
        )
        .group_by(Activity.member_id)
    )


def _latest_yesterday(asked: Asked) -> date:
    """A run stands as long as it may still be the day after its last one, wherever the member is."""
    return (asked.now - _WEST).date() - timedelta(days=1)


@metric("activities.streak")
def streak(asked: Asked, type: str = LOGIN) -> Select[Any]:  # noqa: A002 - as definitions write it
    """Days in a row, up to today or yesterday."""
    return _tally(asked, type, ActivityTally.current).where(ActivityTally.last_on >= _latest_yesterday(asked))


@metric("activities.longest_streak")
def longest_streak(asked: Asked, type: str = LOGIN) -> Select[Any]:  # noqa: A002
    return _tally(asked, type, ActivityTally.longest)


@metric("activities.days")
def active_days(asked: Asked, type: str = LOGIN) -> Select[Any]:  # noqa: A002
    """Different days."""
    return _tally(asked, type, ActivityTally.days)


@metric("activities.count")
def times(asked: Asked, type: str, days: int | None = None) -> Select[Any]:  # noqa: A002
    """How often, of all time or in the last `days`."""
    return _since(asked, type, days, func.count(), ActivityTally.times)


@metric("activities.sum")
def amount(asked: Asked, type: str, days: int | None = None) -> Select[Any]:  # noqa: A002
    """Quantities added up."""
    return _since(asked, type, days, func.sum(Activity.quantity), ActivityTally.quantity)


@metric("activities.highest")
def highest(asked: Asked, type: str, days: int | None = None) -> Select[Any]:  # noqa: A002
    """The greatest quantity, such as a score."""
    return _since(asked, type, days, func.max(Activity.quantity), ActivityTally.highest)


@metric("rewards.functions.engagement.get_login_streak", types=[LOGIN])
def get_login_streak(asked: Asked) -> Select[Any]:
    return streak(asked, LOGIN)


@metric("rewards.functions.engagement.get_total_logins", types=[LOGIN])
def get_total_logins(asked: Asked) -> Select[Any]:
    """Days with a login: a login is the first contact of a day."""
    return active_days(asked, LOGIN)


def _total(asked: Asked, measure: str) -> Select[Any]:
    return select(LeaderboardTotal.member_id, LeaderboardTotal.score).where(
        LeaderboardTotal.workspace_id == asked.workspace_id,
        LeaderboardTotal.measure == measure,
        LeaderboardTotal.period == ALL_TIME,
    )


@metric("rewards.functions.engagement.get_badges_earned_count", types=[EARNED])
def get_badges_earned_count(asked: Asked) -> Select[Any]:
    return _total(asked, BADGES)


@metric("rewards.functions.engagement.get_points_earned", types=[EARNED])
def get_points_earned(asked: Asked) -> Select[Any]:
    """All that was ever earned, less what was revoked."""
    return _total(asked, POINTS)


@metric("rewards.functions.training.check_product_knowledge", types=[PRODUCT_KNOWLEDGE])
def check_product_knowledge(asked: Asked) -> Select[Any]:
    """The best score."""
    return highest(asked, PRODUCT_KNOWLEDGE)


@metric("rewards.functions.training.check_sales_training", types=[SALES_TRAINING])
def check_sales_training(asked: Asked) -> Select[Any]:
    """The best score."""
    return highest(asked, SALES_TRAINING)


@metric("rewards.functions.sales.check_first_sale", types=[SALE])
def check_first_sale(asked: Asked) -> Select[Any]:
    return times(asked, SALE)


@metric("rewards.functions.sales.get_sales_count", types=[SALE])
def get_sales_count(asked: Asked, days: int | None = None) -> Select[Any]:
    return times(asked, SALE, days)


@metric("rewards.functions.custom.check_sales_target", types=[SALE])
def check_sales_target(asked: Asked, target: int = 100) -> Select[Any]:
    """Whether the sales of the badge's period, else of this month, reach the target."""
    current = asked.period or period("month", asked.now, asked.zone)
    return (
        select(Activity.member_id, func.count() >= literal(target))
        .where(
            Activity.workspace_id == asked.workspace_id,
            Activity.type == SALE,
            Activity.occurred_at >= current.starts_at,
            Activity.occurred_at < current.ends_at,
        )
        .group_by(Activity.member_id)
    )


def type_of(column: str | None) -> str:
    """The type of activity whose quantities a rule compares: `sale` unless it names one."""
    return type_name(column or "") or SALE


def sold(asked: Asked, kind: str, *, starts_at: Any, ends_at: Any) -> Select[Any]:
    """Quantities of a type between two moments, added up."""
    return asked.narrowed(
        select(Activity.member_id, cast(func.sum(Activity.quantity), Numeric))
        .where(
            Activity.workspace_id == asked.workspace_id,
            Activity.type == kind,
            Activity.occurred_at >= starts_at,
            Activity.occurred_at < ends_at,
        )
        .group_by(Activity.member_id)
    )


def called_types(name: str, params: Mapping[str, Any]) -> frozenset[str] | None:
    """The types of activities that a metric depends on; None if nobody knows."""
    if isinstance(params.get("type"), str):
        return frozenset({params["type"]})
    named = registry.find("metric", name)
    if named is None or not named.types:
        return frozenset({LOGIN}) if name.startswith("activities.") else None
    return frozenset(named.types)
