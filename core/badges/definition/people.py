"""`assigner` and `awardee`: who may give a badge, and who may get it."""

from typing import Any

from core.badges.definition.findings import Findings, below, nearest, shown
from core.badges.definition.parts import Part, Words, validate

_PLURAL = {
    "job_code": "job_codes", "group": "groups", "program": "programs", "department": "departments", "user_id": "user_ids",
    "email": "emails",
}  # fmt: skip
FIELDS = ("job_codes", "groups", "programs", "departments", "user_ids", "emails")


class Entry(Part):
    """All that is set must hold of a member; one of several values suffices."""

    job_codes: Words | None = None
    groups: Words | None = None
    programs: Words | None = None
    departments: Words | None = None
    user_ids: Words | None = None
    emails: Words | None = None


def read(given: Any, path: str, findings: Findings) -> tuple[Entry, ...]:
    """Entries of a list; between them OR. An empty list is everyone, so an empty entry is refused."""
    if not isinstance(given, list):
        findings.fault(path, "wrong_type", wanted="list", found=shown(given))
        return ()
    made = [_one(each, below(path, place), findings) for place, each in enumerate(given)]
    return tuple(entry for entry in made if entry is not None)


def _one(given: Any, path: str, findings: Findings) -> Entry | None:
    if isinstance(given, bool) or not isinstance(given, str | int | dict):
        findings.fault(path, "wrong_type", wanted="member id, e-mail address or object", found=shown(given))
        return None
    if isinstance(given, int):
        return Entry(user_ids=(str(given),))
    if isinstance(given, str):
        return _named(given.strip(), path, findings)
    return _fields(given, path, findings)


def _fields(given: dict[str, Any], path: str, findings: Findings) -> Entry | None:
    fields: dict[str, Any] = {}
    for key, value in given.items():
        name = _PLURAL.get(key, key)
        if name in fields:
            findings.fault(below(path, key), "given_twice")
        elif name not in FIELDS:
            known = [*FIELDS, *_PLURAL]
            findings.fault(below(path, key), "field_unknown", nearest=nearest(key, known), allowed=sorted(known))
        elif value == []:
            findings.fault(below(path, key), "empty_condition")
        elif value is not None:
            fields[name] = _values(name, value)
    if not fields:
        if not given:
            findings.fault(path, "empty_entry")
        return None
    return validate(Entry, fields, path, findings)


def _named(text: str, path: str, findings: Findings) -> Entry | None:
    if text.isdecimal():
        return Entry(user_ids=(text,))
    if "@" in text:
        return Entry(emails=(text.lower(),))
    findings.fault(path, "person_invalid", found=shown(text))
    return None


def _values(name: str, value: Any) -> Any:
    listed = value if isinstance(value, list) else [value]
    if name == "user_ids":
        return [str(each) if isinstance(each, int) and not isinstance(each, bool) else each for each in listed]
    if name == "emails":
        return [each.lower() if isinstance(each, str) else each for each in listed]
    return listed
