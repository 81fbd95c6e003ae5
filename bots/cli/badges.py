"""`plaudit import badges`: a dry run with a line for every fault and warning, or with --apply the same and then all of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bots import functions as own_functions
from bots.cli.edge import FOUND, GOOD, CalledWrongly, workspace_named
from bots.cli.screen import busy, say, show
from core.badges import importing
from core.badges.definition.document import DOCUMENT_BYTES_MAX
from core.badges.definition.findings import Fault
from core.badges.definition.reading import Read, read
from core.badges.importing import Plan
from core.database import Sessions
from core.people.models import Workspace
from core.schedule import checks

STATEMENT_SECONDS = 120
LISTED_MAX = 50

WRONG: Mapping[str, str] = {
    "attribute_unknown": "is no attribute of a moment{nearest}; there are {allowed}",
    "blank": "is empty; fill it in, or leave it out",
    "color_invalid": "{found} is no color; write one like #4CAF50",
    "control_character": "holds a character that cannot be kept (NUL, or half of a surrogate pair); take it out",
    "cron_empty": "has no field; set at least one, such as hour",
    "cron_never": "fits no day of any year; set month, day, week and day_of_week so that they can meet",
    "cron_invalid": "{found} is nothing that this field takes; write a number from {low} to {high}, a range, a list, */n{words}",
    "date_invalid": "{found} is no date; write MM-DD or YYYY-MM-DD",
    "dates_mixed": "mixes {start} and {end}; write both as MM-DD or both as YYYY-MM-DD",
    "dates_reversed": "ends on {end}, before it starts on {start}; exchange them",
    "document_too_large": "is larger than {limit} MB; split the file",
    "dow_empty": "names no day; leave it out for all days",
    "empty": "holds no badges; the file is a list of objects, or one object",
    "empty_condition": "holds nothing to compare with; write a value, a list or operators, or take it out",
    "empty_entry": "names nobody; an empty list means everyone, an empty entry nothing: take it out",
    "event_shape": '{found} is no event; write "key" or {{"key": {{…}}}}',
    "field_unknown": "is no field{nearest}; there are {allowed}",
    "function_unknown": "{found} is no registered {kind}{nearest}; names come from the registry, nothing is imported by name",
    "given_twice": "is given twice, in two spellings; keep one",
    "icon_invalid": "{found} is no address or path of an icon; write https://… or a path, 500 characters at most",
    "interval_empty": "has no length; set weeks, days, hours, minutes or seconds",
    "key_repeated": "is there twice in one object; keep one",
    "metric_twice": "names a function_path and a metric; keep one",
    "missing": "is needed; add it",
    "moment_invalid": "{found} is no date and time; write YYYY-MM-DD HH:MM:SS",
    "not_a_badge": "is no object; each badge is one",
    "not_badges": "is no list of badges; write [ … ], or one object",
    "not_finite": "is not a finite number; write one",
    "not_json": "is not JSON: {why} (line {line}, column {column}); mend it there",
    "not_of_trigger": "does not belong to the trigger {trigger}; take it out, or change the trigger",
    "not_utf8": "is not UTF-8 text (byte {at}); save the file as UTF-8",
    "number_too_long": "has more digits than a number may; shorten it",
    "operator_unknown": "{found} is no operator{nearest}; there are {allowed}",
    "out_of_range": "is {found}; it must be {bound} {limit}",
    "param_unknown": "is no parameter of {found}{nearest}; it takes {allowed}",
    "parameter_invalid": "{found} is no name of a parameter; use letters, digits and _",
    "person_invalid": '{found} names nobody; write an id, an e-mail address, or an object like {{"job_code": ["MANAGER"]}}',
    "reward_id_repeated": "{found} is the reward_id of {first} already; give each badge its own",
    "rule_shape": '{found} is no rule; write ["Name", {{…}}], ["Name"], "Name" or {{"type": "Name", …}}',
    "rule_unknown": "{found} is no rule{nearest}; there are {allowed}",
    "step_repeated": "{found} is a step already; give each its own name",
    "step_unknown": "{found} is no step{nearest}; there are {allowed}, and * for each",
    "steps_missing": "is needed for a badge of steps; add it",
    "steps_twice": "is given beside workflow; keep one",
    "template_filter": "uses the filter {found}{nearest}; there are {allowed}",
    "template_forbidden": "holds {what} on line {line}; a message may hold only text, {{{{ name.attribute }}}} and filters: take it out",
    "template_name": "uses the name {found}{nearest}; there are {allowed}",
    "template_syntax": "cannot be read as a template on line {line}: {why}; mend it there",
    "term_missing": "{found} is no {kind} of the workspace{nearest}; add it, or leave --strict out",
    "time_invalid": "{found} is no time; write HH:MM or HH:MM:SS",
    "timeframe_unknown": "{found} is no timeframe; there are {allowed}, such as rolling:30d",
    "too_deep": "is nested deeper than {limit} levels; make it flatter",
    "too_large": "is larger than {limit} KB; shorten it",
    "too_long": "is longer than {limit}; shorten it",
    "too_many_nodes": "has more than {limit} values; shorten it",
    "too_short": "needs at least {limit}; add what is missing",
    "type_unknown": "{found} is no type of badge{nearest}; there are {allowed}",
    "value_invalid": "{found} is not understood; see the reference of badges",
    "value_unknown": "{found} is none of its values{nearest}; there are {allowed}",
    "window_empty": "starts when it ends; set another time, or leave both out for the whole day",
    "wrong_type": "is {found}; it must be: {wanted}",
    "zone_unknown": "{found} is no IANA time zone{nearest}; write one like Europe/Madrid",
}

WARNED: Mapping[str, str] = {
    "category_missing": "is not set; the badge stands in no category",
    "condition_once": "the condition of {found} does not say which activities it looks at: from the second time on a coordinator has to tick the step; set a timeframe, or another metric",
    "cooldown_without_multiple": "has no effect: the badge is had once for ever; set multiple to true if that is not meant",
    "date_turned": "{found} is read as {read} (MM-DD)",
    "dow_from_monday": "[1, 2, 3, 4, 5] is Tuesday to Saturday: 0 is Monday; write [0, 1, 2, 3, 4] for Monday to Friday",
    "job_over": "names no time that is still to come: the job never runs; set later years, or leave year out",
    "job_past": "{found} is past: the job runs once, as soon as it is written; set a later date, or skip_past_dates to true",
    "job_past_skipped": "{found} is past and skip_past_dates is true: the job never runs; set a later date",
    "job_missing": "is not set; nothing says when the rules are to be looked at",
    "nomination_config_missing": "is not set; campaigns will have the usual durations",
    "not_a_journey": "has no effect: only a workflow or a challenge has members on the way",
    "rule_chooses": "{found} chooses some of many, and enrolls nobody: it is not looked at; take it out",
    "rule_needs_giver": "{found} asks who gives the badge, and nobody's hand gives this one: it is never earned",
    "rule_not_by_hand": "{found} is not looked at when a member gives the badge by hand",
    "rules_missing": "is not set; nothing says when the badge is earned",
    "timeframe_without_multiple": "has no effect: the badge is had once for ever; set multiple to true if that is not meant",
    "type_assumed": "is not set; read as {read}",
    "type_own": "{found} is a type of your own; the badge does what a {read} does",
}

_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def load(path: Path) -> Read:
    """Read a file of badges. Raises CalledWrongly if it is no such file at all."""
    if not path.is_file():
        raise CalledWrongly(f"{path} is no file; name a JSON file of badges")
    if path.stat().st_size > DOCUMENT_BYTES_MAX:
        raise CalledWrongly(f"{path} is larger than {DOCUMENT_BYTES_MAX // 1024**2} MB; split it")
    return read(path.read_bytes())


async def import_badges(
    sessions: Sessions,
    path: Path,
    *,
    functions: Path | None = None,
    is_applied: bool,
    is_strict: bool,
    workspace: str | None,
) -> int:
    """`functions` is the company's own file: badges may use the names that it registers."""
    own_functions.load(functions)
    with busy(f"Reading {path.name}"):
        found = load(path)
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(workspace_id, statement_seconds=STATEMENT_SECONDS) as (session, now):
        home = await session.get_one(Workspace, workspace_id)
        late = tuple(checks.warnings(found, time_zone=home.time_zone, now=now))
        found = replace(found, faults=(*found.faults, *checks.faults(found)), warnings=(*found.warnings, *late))
        if is_applied:
            await importing.hold(session, workspace_id=workspace_id)
        planned = await importing.plan(session, found, workspace_id=workspace_id, is_strict=is_strict)
        if is_applied and not planned.faults:
            await importing.apply(session, planned)
    return _report(path, planned, is_applied=is_applied)


def _report(path: Path, planned: Plan, *, is_applied: bool) -> int:
    for warning in planned.warnings:
        say(f"warning: {sentence(path.name, warning, WARNED)}")
    for fault in planned.faults:
        say(sentence(path.name, fault, WRONG))
    if not planned.faults:
        _list(planned)
    show(
        ("New", "Changed", "Unchanged", "Warnings", "Faults"),
        [
            (
                str(len(planned.new)),
                str(len(planned.changed)),
                str(planned.unchanged),
                str(len(planned.warnings)),
                str(len(planned.faults)),
            )
        ],
    )
    if planned.faults:
        say("Nothing was written: mend the faults and try again.")
        return FOUND
    say(
        "Written."
        if is_applied
        else f"Nothing was written: this was a dry run. To write: plaudit import badges {path} --apply"
    )
    return GOOD


def _list(planned: Plan) -> None:
    lines = [f"new {kind}: {name}" for kind, name in planned.terms]
    lines += [f"new badge: {each.reward_id} {each.reward} ({each.reward_type})" for each in planned.new]
    lines += [
        f"changed badge: {change.definition.reward_id} {change.definition.reward}: {', '.join(change.fields)}"
        for change in planned.changed
    ]
    for line in lines[:LISTED_MAX]:
        say(line)
    if len(lines) > LISTED_MAX:
        say(f"… and {len(lines) - LISTED_MAX} more")


def sentence(file: str, fault: Fault, sentences: Mapping[str, str]) -> str:
    """`rewards.json: $[3].rules[0][1].operator: "gteq" is none of its values; did you mean gte?; there are …`."""
    return f"{file}: {fault.path}: {sentences[fault.code].format(**_told(fault.details))}"


def _told(details: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in details.items()}
    if "nearest" in told:
        told["nearest"] = f"; did you mean {told['nearest']}?" if told["nearest"] else ""
    if "found" in told:
        told["found"] = f'"{told["found"]}"'
    if "words" in told:
        told["words"] = f", or {told['words']}" if told["words"] else ""
    if "bound" in told:
        told["bound"] = _BOUNDS[told["bound"]]
    return told
