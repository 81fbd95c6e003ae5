"""What jobs do. Jobs that are built in register by a decorator when their module is imported; what a badge's job does is filled
in by who puts the process together. Nothing is ever imported from data."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.definition.findings import Findings
from core.badges.definition.job import Job, read

RULES, DRAW, CAMPAIGN = "rules", "draw", "campaign"
"""What a badge's job does: award the badge to whom its rules find, open a draw among them, or open a campaign for it."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job. `key` is unique among the job's runs, `at` the time it was due at. The time of the effect is `now`."""

    workspace_id: int
    job: str
    key: str
    at: datetime
    now: datetime
    badge_id: int | None = None


Figures = Mapping[str, Any]
"""What a run did, as JSON: counts and ids, no names."""

Effect = Callable[[AsyncSession, Run], Awaitable[Figures]]


class OfBadge(Protocol):
    """What the job of a badge does, once per `run`: in the transaction of the session, idempotent or not."""

    def __call__(
        self,
        session: AsyncSession,
        *,
        workspace_id: int,
        badge_id: int,
        members: None,
        now: datetime,
        run: str,
    ) -> Awaitable[Figures | int]: ...


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A job that every workspace has."""

    name: str
    job: Job
    effect: Effect


built_in: dict[str, BuiltIn] = {}
effects: dict[str, OfBadge] = {}


class JobInvalid(Exception):
    """A built-in job that cannot be: its name is taken or no name, or its times are not understood."""


def job(name: str, **times: Any) -> Callable[[Effect], Effect]:
    """Register a job of every workspace: `@job("birthdays", cron={"hour": 9})`. The times are those of a badge's `job`.

    Raises JobInvalid.
    """
    findings = Findings()
    definition = read(times, "$", findings)
    if definition is None or findings.faults:
        raise JobInvalid(f"{name}: {[(fault.path, fault.code) for fault in findings.faults]}")
    if not _NAME.fullmatch(name):
        raise JobInvalid(f"{name!r}: a name is of small letters, digits and _, 40 at most")
    if name in built_in:
        raise JobInvalid(f"{name} is registered already")

    def register(effect: Effect) -> Effect:
        built_in[name] = BuiltIn(name, definition, effect)
        return effect

    return register
