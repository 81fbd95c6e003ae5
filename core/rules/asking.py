"""What a rule is asked, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Select, any_, func, literal
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.selectable import Subquery

from core.clock import Period, today


@dataclass(frozen=True, slots=True)
class Asked:
    """Who meets a badge's rules at a moment, among all members or `members` alone.

    `period` is the calendar period that limits the badge, if one does. `holidays` are by calendar, '' being the company's.
    `seed` decides what is left to chance.
    """

    workspace_id: int
    badge_id: int
    zone: ZoneInfo
    now: datetime
    period: Period | None = None
    members: tuple[int, ...] | None = None
    holidays: Mapping[str, frozenset[date]] = field(default_factory=dict)
    timeframe: str | None = None
    seed: str = ""
    measured: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)
    """Values of metrics of the per-member form, by `key_of` and member: they are no query."""

    @property
    def today(self) -> date:
        return today(self.now, self.zone)

    def narrowed(self, rows: Select[Any]) -> Select[Any]:
        """A query whose first column is a member, of those asked for only."""
        if self.members is None:
            return rows
        return rows.where(rows.selected_columns[0] == among(self.members))


@dataclass(frozen=True, slots=True)
class Measure:
    """One rule as SQL over `member` and `profile`, and `source` if there is one: rows of (member_id, …), one a member.

    `holds` is the rule; `value` what it looks at, and `facts` what it compares that with: the award keeps them.
    `is_inner`: nobody without a row in `source` can meet it.
    """

    rule: str
    facts: Mapping[str, Any]
    holds: ColumnElement[bool]
    value: ColumnElement[Any] | None = None
    source: Subquery | None = None
    is_inner: bool = False

    @property
    def told(self) -> ColumnElement[Any]:
        """The rule with its figures, as JSON."""
        constants: ColumnElement[Any] = literal({"rule": self.rule, **self.facts}, JSONB)
        if self.value is None:
            return constants
        return constants.op("||")(func.jsonb_build_object("value", self.value))


def among(members: Sequence[int]) -> Any:
    """`= among(ids)`: one parameter however many they are."""
    return any_(literal(list(members), ARRAY(BigInteger)))


def key_of(name: str, params: Mapping[str, Any]) -> str:
    """A metric with its parameters, as a key."""
    return f"{name}:{sorted(params.items())!r}"
