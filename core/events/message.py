"""The one format of an event: a JSON object that says what happened, to whom, how much of it and when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, PlainValidator, StringConstraints

from core.activities.service import AHEAD_MAX, BATCH_MAX, QUANTITY_MAX, type_name
from core.badges.definition.findings import Fault, Findings, shown
from core.badges.definition.parts import Listed, Part, refuse, validate
from core.errors import Refusal
from core.events.models import KEY_LENGTH_MAX

REFERENCE_LENGTH_MAX = 100
DECIMALS_MAX = 4
MEMBER_ID_MAX = 2**63 - 1
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

_ACCOUNT = re.compile(r"([A-Za-z]{1,16}):([^:\s]{1,200}):(\S{1,200})")
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_DIGITS = re.compile(r"[0-9]{1,19}")


class EventInvalid(Refusal):
    """The message is not in the format. `faults` are dictionaries of path, code and figures; none quotes whom it names."""

    code = "event_invalid"


class Who(NamedTuple):
    """A person as a message names one: by member id, by address, or by account."""

    member_id: int | None = None
    email: str = ""
    platform: str = ""
    tenant: str = ""
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened. `key` is the routing key, `type` the activity's type; `users` is empty where a query says who."""

    key: str
    type: str
    users: tuple[Who, ...]
    quantity: Decimal
    occurred_at: datetime
    reference: str
    data: Mapping[str, Any]


def _who(value: Any) -> Who:
    """A member's id, an e-mail address, or platform:tenant:id. A fault quotes nothing: it would be kept."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MEMBER_ID_MAX:
        return Who(member_id=value)
    text = value.strip() if isinstance(value, str) else ""
    if _DIGITS.fullmatch(text) and 0 < int(text) <= MEMBER_ID_MAX:
        return Who(member_id=int(text))
    if account := _ACCOUNT.fullmatch(text):
        return Who(platform=account[1].lower(), tenant=account[2], remote_id=account[3])
    if _ADDRESS.fullmatch(text):
        return Who(email=text.lower())
    raise refuse("user_invalid")


def _quantity(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("wrong_type", wanted="number", found=shown(value))
    if not 0 <= value <= QUANTITY_MAX:
        raise refuse("beyond", found=shown(value), low=0, high=QUANTITY_MAX)
    quantity = Decimal(str(value))
    if -int(quantity.normalize().as_tuple().exponent) > DECIMALS_MAX:
        raise refuse("too_precise", found=shown(value), limit=DECIMALS_MAX)
    return quantity


def _moment(value: Any) -> datetime:
    """ISO 8601 with an offset: nobody can know which zone a producer is in."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise refuse("instant_invalid", found=shown(value))
    if moment.tzinfo is None:
        raise refuse("offset_missing", found=shown(value))
    if moment < EARLIEST:
        raise refuse("too_long_ago", found=shown(value), limit=EARLIEST.date().isoformat())
    return moment


def _type(value: Any) -> str:
    name = type_name(value) if isinstance(value, str) else ""
    if not name:
        raise refuse("type_invalid", found=shown(value))
    return name


User = Annotated[Who, PlainValidator(_who)]
Users = Annotated[tuple[User, ...], Field(max_length=BATCH_MAX), Listed]


class Message(Part):
    """The fields of the JSON object. Without a type it is the routing key's, without a moment now."""

    type: Annotated[str, BeforeValidator(_type)] | None = None
    user_id: User | None = None
    user_ids: Users = ()
    quantity: Annotated[Decimal, PlainValidator(_quantity)] = Decimal(1)
    occurred_at: Annotated[datetime, PlainValidator(_moment)] | None = None
    reference: Annotated[str, StringConstraints(strip_whitespace=True, max_length=REFERENCE_LENGTH_MAX)] = ""
    data: dict[str, Any] = Field(default_factory=dict)


def read(content: Mapping[str, Any], *, key: str, now: datetime) -> Event:
    """The event in a message's JSON object. `key` is empty where a message comes by a way that has no routing keys: there its
    type says what it is. Raises EventInvalid with every fault."""
    findings = Findings()
    message = validate(Message, content, "$", findings)
    named = key or (str(content.get("type") or "").strip() if message else "")
    if not findings.faults and not named:
        findings.fault("$.type", "missing")
    if message is None or findings.faults:
        raise invalid(findings.faults)
    kind = message.type or type_name(named)
    if not kind or len(named.encode()) > KEY_LENGTH_MAX:
        findings.fault("$.type", "type_of_key" if key else "type_invalid", found=shown(named))
    occurred_at = message.occurred_at or now
    if occurred_at > now + AHEAD_MAX:
        findings.fault("$.occurred_at", "too_far_ahead", found=occurred_at.isoformat(), limit=now.isoformat())
    if findings.faults:
        raise invalid(findings.faults)
    users = tuple(dict.fromkeys([*([message.user_id] if message.user_id else []), *message.user_ids]))
    return Event(named, kind, users, message.quantity, occurred_at, message.reference, message.data)


def invalid(faults: list[Fault]) -> EventInvalid:
    """A reason is kept and shown: of what names somebody, or is the producer's own, it quotes nothing."""
    return EventInvalid(faults=[{"path": each.path, "code": each.code, **_quoted(each)} for each in faults])


def _quoted(fault: Fault) -> Mapping[str, Any]:
    if not fault.path.startswith(("$.user", "$.data")):
        return fault.details
    return {name: value for name, value in fault.details.items() if name != "found"}
