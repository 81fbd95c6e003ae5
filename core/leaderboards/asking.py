"""What can be asked of a leaderboard: a measure, a period, a group, and which page of it."""

import json
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from core.leaderboards.models import MEASURES, PERIODS, POINTS

SCORE_MAX: Final = 2**62
CHANNEL: Final = "channel"
CREWS: Final = ("team", "department", "location", "program", "job", CHANNEL)
"""Kinds of groups: what a member's personal row says, and the people of one conversation."""


class Point(NamedTuple):
    """A place between two rows: before the first whose score is lower, or the same with this member's number or a higher one."""

    score: int
    member_id: int


START: Final = Point(SCORE_MAX, 0)
END: Final = Point(0, SCORE_MAX)


class Crew(NamedTuple):
    """A group of one of `CREWS`. `name` is as members' rows have it; of a channel the id of the conversation."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """`turn` says which page: `from` or `until` a point, the `own` one of the reader, otherwise the first. What `is_open` was
    shared with everybody and is nobody's own page."""

    measure: str = POINTS
    period: str = "month"
    crew: Crew | None = None
    turn: str = ""
    point: Point = START
    is_open: bool = False

    @property
    def first(self) -> "Asked":
        """The first page of the same ranking."""
        return replace(self, turn="", point=START)

    def as_argument(self) -> str:
        """What a button keeps of it: `points:month`, and whatever else there is as JSON behind."""
        more: dict[str, Any] = {}
        if self.crew:
            more["crew"] = list(self.crew)
        if self.turn:
            more["turn"] = [self.turn, *self.point]
        if self.is_open:
            more["open"] = True
        return f"{self.measure}:{self.period}" + (f":{json.dumps(more)}" if more else "")


def read(argument: str) -> Asked | None:
    """The other way round. None for what can no longer be asked: a button outlives a measure."""
    measure, period, written = (*argument.split(":", 2), "", "")[:3]
    if measure not in MEASURES or period not in PERIODS:
        return None
    more = json.loads(written or "{}")
    turn, score, member_id = more.get("turn", ("", *START))
    crew = Crew(*more["crew"]) if "crew" in more else None
    return Asked(measure, period, crew, turn, Point(score, member_id), more.get("open", False))
