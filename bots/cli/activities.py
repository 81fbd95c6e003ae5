"""`plaudit import activities|attendance|holidays`: a dry run with a line for every fault, or with --apply the same and then all
of it at once, and the badges that members have earned by it."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from bots import functions as own_functions
from bots.cli.edge import FOUND, GOOD, CalledWrongly, workspace_named
from bots.cli.screen import busy, progress, say, show
from core.activities.importing.plan import Plan, apply, plan
from core.activities.importing.sheet import Kind, Sheet, read
from core.activities.service import BATCH_MAX
from core.database import Sessions, retrying
from core.people import queries as people
from core.people.importing.cells import Fault
from core.rules import service as rules

STATEMENT_SECONDS = 120
BYTES_MAX = 100 * 1024 * 1024

WRONG: Mapping[str, str] = {
    "column_twice": "is there twice; keep one",
    "column_unknown": "is no column{nearest}; there are {allowed}",
    "date": "is no date; write YYYY-MM-DD",
    "email": "is no e-mail address; write one like ana@example.com",
    "empty": "the file has no rows; the first line names the columns, each further line is a row",
    "future": "is in the future; correct it",
    "member_id": "is no id of a member; write the number, or name them by email",
    "member_unknown": "is no member of this workspace; import the people first, or correct it",
    "missing": "is needed; fill it in",
    "moment": "is no time; write YYYY-MM-DD HH:MM, with an offset such as +02:00 if it is not the company's zone",
    "no_column": "stands under no heading; name its column in the first line, or quote cells that hold the separator",
    "no_column_of": "the first line does not name this column; add it",
    "nobody": "says nobody, or two; fill in either email or member_id",
    "nobody_column": "the first line names neither email nor member_id; add one of them",
    "not_csv": "cannot be read as CSV ({why}); check the quotes",
    "not_utf8": "is not UTF-8 text; save the file as “CSV UTF-8”",
    "quantity": "is no quantity; write a number from 0 to {limit} with at most four decimals",
    "too_long": "is longer than {limit} characters; shorten it",
    "too_many_rows": "is beyond {limit} rows; split the file",
    "twice": "is on line {first} already; keep one of them",
    "type": "is no type of activity; write a word such as sale, of letters, digits, _ and ., at most {limit}",
}


def load(path: Path, kind: Kind) -> Sheet:
    """Read a file. Raises CalledWrongly if it is no such file at all."""
    if not path.is_file():
        raise CalledWrongly(f"{path} is no file; name a CSV file of {kind}")
    if path.stat().st_size > BYTES_MAX:
        raise CalledWrongly(f"{path} is larger than {BYTES_MAX // 1024**2} MB; split it")
    return read(path.read_bytes(), kind)


async def import_file(
    sessions: Sessions, path: Path, kind: Kind, *, functions: Path | None, is_applied: bool, workspace: str | None
) -> int:
    """`functions` is the company's own file: badges that are earned by this may call what it registers."""
    own_functions.load(functions)
    with busy(f"Reading {path.name}"):
        sheet = load(path, kind)
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(workspace_id, statement_seconds=STATEMENT_SECONDS) as (session, now):
        with busy("Comparing with the workspace"):
            home = await people.workspace(session, workspace_id)
            planned = await plan(session, sheet, workspace=home, now=now)
        if is_applied and not planned.faults:
            with progress("Writing", planned.rows) as bar:
                await apply(session, planned, now=now, on_progress=bar.advance)
    awarded = await _award(sessions, planned) if is_applied and not planned.faults else 0
    return _report(path, kind, planned, awarded, is_applied=is_applied)


async def _award(sessions: Sessions, planned: Plan) -> int:
    """Evaluate what the rows may have earned, also those that were known: whoever was stopped in between goes on so."""
    members, awarded = planned.members, 0
    with progress("Awarding", len(members)) as bar:
        for start in range(0, len(members), BATCH_MAX):
            part = members[start : start + BATCH_MAX]
            awarded += await retrying(partial(_touch, sessions, planned, part))
            bar.advance(len(part))
    return awarded


async def _touch(sessions: Sessions, planned: Plan, members: Sequence[int]) -> int:
    async with sessions.begin(planned.workspace_id, statement_seconds=STATEMENT_SECONDS) as (session, now):
        evaluations = await rules.touch(
            session, workspace_id=planned.workspace_id, members=members, types=planned.types, now=now
        )
    return sum(evaluation.awarded for evaluation in evaluations)


def _report(path: Path, kind: Kind, planned: Plan, awarded: int, *, is_applied: bool) -> int:
    for fault in planned.faults:
        say(sentence(path.name, fault))
    show(
        ("Rows", "New", "Known", "Members", "Types", "Faults"),
        [
            (
                str(planned.rows),
                str(planned.rows - planned.known),
                str(planned.known),
                str(len(planned.members)),
                ", ".join(planned.types) or "–",
                str(len(planned.faults)),
            )
        ],
    )
    if planned.faults:
        say("Nothing was written: mend the faults and try again.")
        return FOUND
    if not is_applied:
        say(f"Nothing was written: this was a dry run. To write: plaudit import {kind} {path} --apply")
        return GOOD
    say(f"Written. Badges awarded by it: {awarded}." if kind != "holidays" else "Written.")
    return GOOD


def sentence(file: str, fault: Fault) -> str:
    """`sales.csv:12: occurred_at "soon": is no time; write …`."""
    details = {name: ", ".join(value) if isinstance(value, list) else value for name, value in fault.details.items()}
    if "nearest" in details:
        details["nearest"] = f"; did you mean {details['nearest']}?" if details["nearest"] else ""
    where = " ".join(filter(None, (fault.column, f'"{fault.value}"' if fault.value else "")))
    return f"{file}:{fault.line}: {where}{': ' if where else ''}{WRONG[fault.code].format(**details)}"
