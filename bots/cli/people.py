"""`plaudit import people`: a dry run with a line for every fault, or with --apply the same and then all of it at once."""

from collections.abc import Mapping
from pathlib import Path

from bots.cli.edge import FOUND, GOOD, CalledWrongly, workspace_named
from bots.cli.screen import busy, progress, say, show
from core.database import Sessions
from core.people.importing.apply import apply, hold
from core.people.importing.cells import COLUMNS, Fault
from core.people.importing.plan import Entry, Plan, plan
from core.people.importing.sheet import Sheet, read

STATEMENT_SECONDS = 120
BYTES_MAX = 100 * 1024 * 1024
LISTED_MAX = 20

WRONG: Mapping[str, str] = {
    "account": "is no account id of this platform: Teams 29:… or an Entra object id, Slack U… or W…, Telegram a number",
    "account_taken": "belongs to another member; correct the id, or join the two with /link",
    "birthday": "is no birthday; write MM-DD or YYYY-MM-DD",
    "column_twice": "is there twice; keep one",
    "column_unknown": "is no column; take it out, or call it attributes.… to keep it{nearest}",
    "date": "is no date; write YYYY-MM-DD",
    "email": "is no e-mail address; write one like ana@example.com",
    "empty": "the file has no people; the first line names the columns, each further line is a person",
    "locale": "is no locale; write one like en or pt-BR",
    "manager_cycle": "would make {people} people each other's managers; break the circle",
    "manager_unknown": "is nobody's address, in this file or the workspace; add them, or correct it",
    "name_missing": "is needed for a new member; fill it in",
    "no_column": "stands under no heading; name its column in the first line, or quote cells that hold the separator",
    "no_key": "says nobody: fill in email, or an id of a platform",
    "no_key_column": "the first line names no email, teams_id, slack_id or telegram_id; add one of them",
    "not_clearable": "cannot be cleared; leave the cell empty to keep what is there",
    "not_csv": "cannot be read as CSV ({why}); check the quotes",
    "not_utf8": "is not UTF-8 text; save the file as “CSV UTF-8”",
    "role": "is no role; choose among {allowed}, separated by ;",
    "same_member": "is the same member as line {first}; make them one line",
    "status": "is no status; choose {allowed}",
    "tenant_none": "belongs to no tenant we know; write it as tenant/id, or let somebody there write to the bot first",
    "tenants_many": "could be in any of {count} tenants; write it as tenant/id",
    "time_zone": "is no IANA time zone; did you mean {nearest}?",
    "too_long": "is longer than {limit} characters; shorten it",
    "too_many": "has more than {limit} entries; take some out",
    "too_many_rows": "is beyond {limit} people; split the file",
    "twice": "is on line {first} already; keep one of them",
}


def load(path: Path) -> Sheet:
    """Read a file of people. Raises CalledWrongly if it is no such file at all."""
    if not path.is_file():
        raise CalledWrongly(f"{path} is no file; name a CSV file of people")
    if path.stat().st_size > BYTES_MAX:
        raise CalledWrongly(f"{path} is larger than {BYTES_MAX // 1024**2} MB; split it")
    return read(path.read_bytes())


async def import_people(sessions: Sessions, path: Path, *, is_applied: bool, workspace: str | None) -> int:
    with busy(f"Reading {path.name}"):
        sheet = load(path)
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(workspace_id, statement_seconds=STATEMENT_SECONDS) as (session, _):
        if is_applied:
            await hold(session, workspace_id=workspace_id)
        with busy("Comparing with the workspace"):
            planned = await plan(session, sheet, workspace_id=workspace_id)
        if is_applied and not planned.faults:
            with progress("Writing", len(planned.new) + len(planned.changed)) as bar:
                await apply(session, planned, on_progress=bar.advance)
    return _report(path, planned, is_applied=is_applied)


def _report(path: Path, planned: Plan, *, is_applied: bool) -> int:
    for fault in planned.faults:
        say(sentence(path.name, fault))
    is_written = is_applied and not planned.faults
    if not is_written:
        _list(planned)
    show(
        ("New", "Changed", "Unchanged", "Faults"),
        [tuple(map(str, (len(planned.new), len(planned.changed), planned.unchanged, len(planned.faults))))],
    )
    if planned.faults:
        say("Nothing was written: mend the faults and try again.")
        return FOUND
    say(
        "Written."
        if is_written
        else f"Nothing was written: this was a dry run. To write: plaudit import people {path} --apply"
    )
    return GOOD


def _list(planned: Plan) -> None:
    entries = sorted([*planned.new, *planned.changed], key=lambda entry: entry.row.line)
    for entry in entries[:LISTED_MAX]:
        say(f"line {entry.row.line}: {_who(entry)}: {_what(entry)}")
    if len(entries) > LISTED_MAX:
        say(f"… and {len(entries) - LISTED_MAX} more")


def _who(entry: Entry) -> str:
    return entry.row.email or entry.row.accounts[0].remote_id if entry.row.email or entry.row.accounts else "?"


def _what(entry: Entry) -> str:
    if entry.known is None:
        return "new"
    names = {"display_name": "name", "is_provisional": "no longer provisional"}
    return "changes " + ", ".join(names.get(name, name) for name in entry.changes)


def sentence(file: str, fault: Fault) -> str:
    """`people.csv:12: email "ana@": is no e-mail address; write one like ana@example.com`."""
    details = {name: ", ".join(value) if isinstance(value, list) else value for name, value in fault.details.items()}
    if fault.code == "column_unknown":
        details["nearest"] = (
            f"; did you mean {details['nearest']}?" if details["nearest"] else f"; there are {', '.join(COLUMNS)}"
        )
    where = " ".join(filter(None, (fault.column, f'"{fault.value}"' if fault.value else "")))
    return f"{file}:{fault.line}: {where}{': ' if where else ''}{WRONG[fault.code].format(**details)}"
