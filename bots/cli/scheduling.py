"""What `plaudit jobs` does: list the jobs with their last runs, run one by hand, switch them on and off."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bots import effects, logs
from bots.cli.edge import FOUND, GOOD, CalledWrongly, workspace_named
from bots.cli.screen import complain, out, say, show
from bots.ticker import JOB_SECONDS
from core.database import Sessions
from core.schedule import queries, service
from core.schedule.models import FAILED, RETRY
from core.schedule.queries import Listed
from core.schedule.service import KEY_MAX


async def list_jobs(sessions: Sessions, *, workspace: str | None, is_json: bool) -> int:
    """A table, or a line of JSON for each job."""
    effects.fill()
    workspace_id = await workspace_named(sessions, workspace) if workspace else None
    async with sessions.begin(role="ops") as (session, now):
        await service.reconcile(session, now=now)
        listed = await queries.list_jobs(session, workspace_id=workspace_id)
    if is_json:
        for each in listed:
            out().out(json.dumps(_values(each), ensure_ascii=False), highlight=False)
    elif listed:
        show(("Workspace", "Id", "What", "When", "Next", "Last", "Outcome", "Error"), [_row(each) for each in listed])
    else:
        say("There is no job: no badge that is switched on has one.")
    return FOUND if any(each.outcome in {FAILED, RETRY} for each in listed) else GOOD


def _row(listed: Listed) -> tuple[str, ...]:
    return (
        str(listed.workspace_id),
        listed.label or listed.name,
        listed.title,
        f"{_times(listed.definition)} {listed.zone}",
        (_local(listed.next_at, listed.zone) or "never") if listed.is_on else "switched off",
        _local(listed.last_at, listed.zone),
        f"{listed.outcome} {_figures(listed.summary)}".strip() if listed.outcome else "",
        listed.error or "",
    )


def _times(definition: Mapping[str, Any]) -> str:
    """`cron hour=16 minute=0`, `interval hours=2`, `date 2026-12-25T10:00:00`."""
    if "run_date" in definition:
        return f"date {definition['run_date']}"
    fields = definition.get(definition["trigger"], {})
    return f"{definition['trigger']} " + " ".join(f"{name}={value}" for name, value in fields.items() if value)


def _local(at: datetime | None, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if at else ""


def _figures(summary: Mapping[str, Any] | None) -> str:
    return " ".join(f"{name}={value}" for name, value in (summary or {}).items())


def _values(listed: Listed) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in listed._asdict().items()
    }


async def run(sessions: Sessions, *, name: str, key: str | None, workspace: str | None) -> int:
    """Run a job by hand. Exit code 1 if it failed, or if a rule of the product forbade it."""
    effects.fill()
    if key is not None and not 1 <= len(key) <= KEY_MAX:
        raise CalledWrongly(f"--key takes 1 to {KEY_MAX} characters; shorten it")
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(role="ops") as (session, now):
        await service.reconcile(session, now=now)
        found = await queries.named(session, name, workspace_id=workspace_id)
    if len(found) != 1:
        said = f"is the id of several jobs ({', '.join(found)})" if found else "is no job of this workspace"
        raise CalledWrongly(f"{name} {said}; see `plaudit jobs`")
    given: dict[str, Any] = {
        "workspace_id": workspace_id,
        "name": found[0],
        "key": key or f"{now:%Y-%m-%dT%H:%M}",
        "now": now,
    }
    try:
        async with sessions.begin(workspace_id, statement_seconds=JOB_SECONDS) as (session, _):
            ran = await service.run_by_hand(session, **given)
    except Exception as fault:  # noqa: BLE001 - the edge: every bug is caught once, here
        complain(logs.format_exception((type(fault), fault, fault.__traceback__)))
        error = type(fault).__name__
        async with sessions.begin(workspace_id) as (session, _):
            await service.fail_by_hand(session, error=error, **given)
        say(f"{found[0]} failed: {error}. Nothing was changed; mend the cause and try again.")
        return FOUND
    if ran is None:
        raise CalledWrongly(f"{found[0]} is being run at this moment; see `plaudit jobs`")
    if ran.is_repeat:
        say(f"{found[0]} was run with the key {given['key']} before; nothing was done. Another --key runs it again.")
        return GOOD
    say(f"{found[0]}: {ran.outcome} {_figures(ran.figures)} {ran.error}".rstrip())
    return FOUND if ran.error else GOOD


async def switch(sessions: Sessions, *, is_on: bool, workspace: str | None) -> int:
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(role="ops") as (session, now):
        await service.switch(session, workspace_id=workspace_id, is_on=is_on, now=now)
    say(f"The jobs of workspace {workspace_id} {'run' if is_on else 'do not run until `plaudit jobs on`'}.")
    return GOOD
