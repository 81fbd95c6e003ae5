"""What a bench says: our figure beside a limit that was measured in the same run, and whether the goal holds."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

Sense = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is `ours` to `limit`; a `min` must reach the goal, a `max` must not exceed it. `work` says what was done."""

    name: str
    figure: str
    ours: float
    limit: float
    sense: Sense
    goal: float
    work: str

    @property
    def ratio(self) -> float:
        return self.ours / self.limit

    @property
    def holds(self) -> bool:
        return self.ratio >= self.goal if self.sense == "min" else self.ratio <= self.goal

    def as_json(self) -> str:
        rounded = {key: round(getattr(self, key), 4) for key in ("ours", "limit", "ratio")}
        return json.dumps({**asdict(self), **rounded, "holds": self.holds})

    def as_line(self) -> str:
        verdict = "holds" if self.holds else "FALLS SHORT"
        bound = "at least" if self.sense == "min" else "at most"
        return (
            f"{self.name}: {self.figure}: {self.ours:,.4g} against {self.limit:,.4g}, "
            f"ratio {self.ratio:.3f} ({bound} {self.goal:g}): {verdict}\n    {self.work}"
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` operations; `cpu` is this process's microseconds for each."""

    per_second: float
    cpu: float


async def rate(operation: Callable[[int], Awaitable[object]], *, count: int, at_once: int) -> Rate:
    """Run `count` operations, `at_once` of them side by side."""
    numbers = iter(range(count))

    async def hand() -> None:
        for number in numbers:
            await operation(number)

    began, worked = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(hand())
    seconds, busy = time.perf_counter() - began, time.process_time() - worked
    return Rate(count / seconds, busy / count * 1e6)


def middle(rates: list[Rate]) -> Rate:
    """The medians."""
    return Rate(median(each.per_second for each in rates), median(each.cpu for each in rates))
