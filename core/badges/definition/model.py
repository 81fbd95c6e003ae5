"""A badge's definition in its one spelling: frozen, and equal to what is stored as JSON."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from core.badges.definition import days
from core.badges.definition.availability import Availability
from core.badges.definition.conditions import Condition, Threshold
from core.badges.definition.job import Job
from core.badges.definition.kinds import Kind
from core.badges.definition.parts import Listed, Part, Word, Words, refuse
from core.badges.definition.people import Entry
from core.badges.definition.rules import Rule
from core.badges.timeframe import KINDS as TIMEFRAMES
from core.badges.timeframe import is_rolling
from core.text import clean

POINTS_DEFAULT = 10
POINTS_MAX = 1_000_000_000
RARITIES = ("common", "rare", "epic", "legendary")
CATEGORIES = ("time", "skills", "projects", "training", "leadership", "special")

Text = Annotated[str, StringConstraints(max_length=2000)]
Moment = Annotated[str, BeforeValidator(days.moment)]
Whole = Annotated[int, Field(ge=1, le=10_000)]
RewardId = Annotated[int, Field(ge=1, le=2**53)]


def _timeframe(value: Any) -> Any:
    if isinstance(value, str) and value not in TIMEFRAMES and not is_rolling(value):
        raise refuse("timeframe_unknown", found=value[:60], allowed=[*TIMEFRAMES, "rolling:N<unit>"])
    return value


def _color(value: Any) -> Any:
    if isinstance(value, str) and not (len(value) in {4, 7} and value[0] == "#" and _is_hexadecimal(value[1:])):
        raise refuse("color_invalid", found=value[:60])
    return value


def _is_hexadecimal(digits: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in digits)


def _icon(value: Any) -> Any:
    """An https address, or a path; never a scheme that runs something."""
    if isinstance(value, str):
        is_address = value.startswith(("https://", "http://"))
        if len(value) > 500 or any(character.isspace() for character in value) or (":" in value and not is_address):
            raise refuse("icon_invalid", found=value[:60])
    return value or None


def _line(value: Any) -> Any:
    """A name as members see and type it: one line, without what is invisible or turns the text around."""
    return clean(value).replace("\n", " ") if isinstance(value, str) else value


class Event(Part):
    """A routing key or the name of an activity, and what the badge wants of it."""

    key: Word
    options: dict[str, Any] = Field(default_factory=dict)


class Step(Part):
    """`step` is its name. Without a condition and an event a coordinator ticks it."""

    step: Word
    description: Text = ""
    condition: Threshold | None = None
    event: Word | None = None
    callbacks: Words = ()


class Eligible(Part):
    job_codes: Words = ()
    departments: Words = ()
    groups: Words = ()
    min_tenure_days: Annotated[int, Field(ge=0, le=36_500)] | None = None


class NominationConfig(Part):
    """How a campaign of the badge goes. `quorum` is a number of ballots, of which fewer give no winner. Whoever is barred stands in
    the campaign, or manages somebody who does, and may not vote in it. `reminder_hours` before the end of voting those who have
    not voted are reminded, once; 0: they are not."""

    nomination_duration_days: Annotated[int, Field(ge=1, le=366)] = 7
    voting_duration_days: Annotated[int, Field(ge=1, le=366)] = 7
    runoff_duration_days: Annotated[int, Field(ge=1, le=366)] = 2
    reminder_hours: Annotated[int, Field(ge=0, le=720)] = 24
    campaign_type: Literal["open", "pre_candidates"] = "open"
    pre_candidates: Annotated[tuple[Entry, ...], Listed] = ()
    allow_self_nomination: bool = False
    allow_vote_change: bool = False
    bar_nominees: bool = False
    bar_managers: bool = False
    max_nominations_per_user: Whole = 1
    max_votes_per_user: Whole = 1
    min_nominations_to_proceed: Whole = 1
    eligible_nominators: Eligible | None = None
    eligible_nominees: Eligible | None = None
    eligible_voters: Eligible | None = None
    quorum: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    tie_rule: Literal["earliest", "share", "runoff", "admin"] = "earliest"
    ballot: Literal["secret", "open"] = "secret"


class Definition(Part):
    """`reward_id` is the definition's name in its file; `kind` is what the type makes it do."""

    reward_id: RewardId
    reward: Annotated[str, StringConstraints(min_length=1, max_length=120), BeforeValidator(_line)]
    description: Text = ""
    points: Annotated[int, Field(ge=0, le=POINTS_MAX)] = POINTS_DEFAULT
    reward_type: Word
    kind: Kind
    reward_category: Word | None = None
    reward_group: Word | None = None
    category: Literal["time", "skills", "projects", "training", "leadership", "special"] | None = None
    rarity: Literal["common", "rare", "epic", "legendary"] = "common"
    color: Annotated[str, BeforeValidator(_color)] | None = None
    is_secret: bool = False
    icon: Annotated[str, BeforeValidator(_icon)] | None = None
    emoji: Annotated[str, StringConstraints(max_length=32), BeforeValidator(_line)] = ""
    message: str = ""
    multiple: bool = False
    timeframe: Annotated[str, BeforeValidator(_timeframe)] | None = None
    cooldown_minutes: Annotated[int, Field(ge=0, le=5_256_000)] = 0
    timezone: Annotated[str, BeforeValidator(days.zone)] | None = None
    programs: Words = ()
    rules: Annotated[tuple[Rule, ...], Listed] = ()
    conditions: Annotated[tuple[Condition, ...], Listed] = ()
    availability_rule: Availability | None = None
    assigner: Annotated[tuple[Entry, ...], Listed] = ()
    awardee: Annotated[tuple[Entry, ...], Listed] = ()
    events: Annotated[tuple[Event, ...], Listed] = ()
    job: Job | None = None
    steps: Annotated[tuple[Step, ...], Listed] = ()
    nomination_config: NominationConfig | None = None
    auto_enroll: bool = False
    enroll_winners_of: Annotated[tuple[RewardId, ...], Listed] = ()
    auto_evaluation: bool = False
    completion_callbacks: Words = ()
    step_callbacks: dict[str, Words] = Field(default_factory=dict)
    awarded_callbacks: Words = ()
    effective_date: Moment | None = None
    is_enabled: bool = True
    attributes: dict[str, Any] = Field(default_factory=dict)
