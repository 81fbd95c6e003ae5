"""Why an event was not taken, in words for whoever sends events and for operators: what is wrong, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

WRONG: Mapping[str, str] = {
    "beyond": '"{found}" is not from {low} to {high}; write a number that is',
    "blank": "is empty; fill it in, or leave it out",
    "field_unknown": "is no field of an event{nearest}; there are {allowed}; put anything else into data",
    "instant_invalid": '"{found}" is no date and time; write one like 2026-11-20T14:30:00+01:00',
    "missing": "is needed; add it",
    "not_json": "is not one JSON object in UTF-8 ({why}); mend what sends it",
    "offset_missing": '"{found}" says no offset from UTC; write one like 2026-11-20T14:30:00+01:00, or end it with Z',
    "out_of_range": "is out of its range; the limit is {limit}",
    "too_far_ahead": '"{found}" is more than a day after now; correct the clock of what sends it',
    "too_large": "is larger than {limit} KB; send less, or several",
    "too_long": "is longer than {limit}; shorten it",
    "too_long_ago": '"{found}" is before {limit}; correct it',
    "too_precise": '"{found}" has more than {limit} decimals; round it',
    "type_invalid": '"{found}" is no type; write 1 to 60 letters, digits, dots and underscores',
    "type_of_key": 'the routing key "{found}" can be no type; add one, such as sale',
    "user_invalid": "names nobody; write a member's id, an e-mail address, or an account like slack:T024BE7LD:U2147483697",
    "user_missing": "is needed: no query is registered for {key}; name the members, or register the query in PLAUDIT_FUNCTIONS",
    "user_unknown": "nobody is known by what stands at {places} (the first is 0); import them, or let them write to the bot",
    "value_invalid": "is not understood; see how to send events",
    "wrong_type": "must be: {wanted}",
}
"""Of each fault in a message, after its path."""

REFUSED: Mapping[str, str] = {
    "events_off": "events are switched off; switch them on with `plaudit events on` and PLAUDIT_EVENTS=on",
    "event_reused": "another message with this id was taken before; give each message an id of its own",
    "event_too_many": "the query of {key} names more than {limit} members; make it narrower",
    "event_unwanted": "nothing asks for {key}{nearest}; name it in the events of a badge, or correct the key",
    "event_failed": "it failed ({error}), and the log says more; mend the cause",
}


def sentences(code: str, details: Mapping[str, Any]) -> Sequence[str]:
    """One for each fault of a message, else one for what refused it."""
    if code == "event_invalid":
        return [f"{each['path']}: {WRONG[each['code']].format(**_told(each))}" for each in details["faults"]]
    if code in REFUSED:
        return [REFUSED[code].format(**_told(details))]
    return [f"it was refused ({code}); see how to send events"]


def _told(details: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in details.items()}
    told["nearest"] = f"; did you mean {told['nearest']}?" if told.get("nearest") else ""
    return told
