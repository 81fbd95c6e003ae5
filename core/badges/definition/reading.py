"""A badge's JSON, in whatever spelling it comes → a Definition, or faults with their paths."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.badges import registry
from core.badges.definition import availability, conditions, document, job, people, rules, steps, template
from core.badges.definition.conditions import Threshold
from core.badges.definition.findings import Fault, Findings, below, nearest, shown
from core.badges.definition.kinds import ALSO, BY_STEPS, KINDS, Kind
from core.badges.definition.model import Definition
from core.badges.definition.parts import validate
from core.badges.definition.rules import CLOCK_RULES, COMPUTED, OF_GIVER

Reader = Callable[[Any, str, Findings], Any]

_PARTS: Mapping[str, Reader] = {
    "rules": rules.read,
    "conditions": conditions.read,
    "availability_rule": availability.read,
    "assigner": people.read,
    "awardee": people.read,
    "events": steps.events,
    "job": job.read,
    "nomination_config": steps.nomination,
    "completion_callbacks": steps.callbacks,
    "awarded_callbacks": steps.callbacks,
    "step_callbacks": steps.step_callbacks,
    "attributes": steps.attributes,
}
STEP_FIELDS = ("workflow", "challenges")
FIELDS = tuple(sorted({*Definition.model_fields, *STEP_FIELDS} - {"kind", "steps"}))
"""Every field that a definition may have, as files spell them."""


CHOOSING = ("RandomUsers", "BestSeller")
"""Rules that choose some of many: they enrol nobody."""


@dataclass(frozen=True, slots=True)
class Read:
    """`definitions` are those without fault; nothing may be loaded while there are `faults`."""

    definitions: tuple[Definition, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    paths: Mapping[int, str]


def read(content: bytes) -> Read:
    """All badges of a document, and everything that is wrong with it at once."""
    findings = Findings()
    return _read(document.parse(content, findings), findings)


def read_value(value: Any) -> Read:
    """The same of JSON that is parsed already, as from REST or a form."""
    findings = Findings()
    return _read(document.badges(value, findings), findings)


def _read(given: Sequence[tuple[str, dict[str, Any]]], findings: Findings) -> Read:
    definitions: list[Definition] = []
    paths: dict[int, str] = {}
    for path, badge in given:
        reward_id = badge.get("reward_id")
        if isinstance(reward_id, int) and reward_id in paths:
            findings.fault(below(path, "reward_id"), "reward_id_repeated", found=reward_id, first=paths[reward_id])
        elif isinstance(reward_id, int):
            paths[reward_id] = path
        made = _one(badge, path, findings)
        if made is not None:
            definitions.append(made)
    return Read(tuple(definitions), tuple(findings.faults), tuple(findings.warnings), paths)


def _one(badge: Mapping[str, Any], path: str, findings: Findings) -> Definition | None:
    before = len(findings.faults)
    given = {key: value for key, value in badge.items() if value is not None}
    plain: dict[str, Any] = {}
    for key, value in given.items():
        place = below(path, key)
        if key in _PARTS:
            plain[key] = _PARTS[key](value, place, findings)
        elif key in FIELDS:
            plain[key] = value
        else:
            findings.fault(place, "field_unknown", nearest=nearest(key, FIELDS), allowed=list(FIELDS))
    _settle_type(given, plain, path, findings)
    _settle_steps(plain, path, findings)
    _check_step_callbacks(plain, path, findings)
    _settle_emoji(plain, path, findings)
    if isinstance(plain.get("message"), str):
        template.check(plain["message"], below(path, "message"), findings)
    made = validate(Definition, plain, path, findings)
    if made is None or len(findings.faults) > before:
        return None
    _warn(made, path, findings)
    return made


def _settle_type(given: Mapping[str, Any], plain: dict[str, Any], path: str, findings: Findings) -> None:
    """The type's name and what it makes the badge do. A name of the workspace's own does what the other fields show."""
    named = plain.get("reward_type")
    place = below(path, "reward_type")
    kind, name = _guess(given)
    if named is None:
        findings.warn(place, "type_assumed", read=name)
        plain["reward_type"] = name
    elif isinstance(named, str):
        known = ALSO.get(named.strip(), named.strip())
        if known in KINDS:
            kind, plain["reward_type"] = KINDS[known], known
        elif close := nearest(known, [*KINDS, *ALSO], cutoff=0.85):
            findings.fault(place, "type_unknown", found=shown(named), nearest=close, allowed=list(KINDS))
        else:
            findings.warn(place, "type_own", found=shown(named), read=name)
    plain["kind"] = kind


def _guess(given: Mapping[str, Any]) -> tuple[Kind, str]:
    rule_names = str(given.get("rules", ""))
    told = (
        ("nomination_config", "Nomination Badge"),
        ("challenges", "Challenge"),
        ("workflow", "Workflow Badge"),
        ("job", "Computed Badge"),
        ("rules", "Computed Badge" if any(name in rule_names for name in COMPUTED) else "Achievement Badge"),
        ("events", "Automated Badge"),
    )
    name = next((name for field, name in told if given.get(field)), "User Badge")
    return KINDS[name], name


def _settle_steps(plain: dict[str, Any], path: str, findings: Findings) -> None:
    told = [field for field in STEP_FIELDS if field in plain]
    given = [(field, plain.pop(field)) for field in told]
    filled = [(field, value) for field, value in given if value != []]
    if len(filled) > 1:
        findings.fault(below(path, "challenges"), "steps_twice")
    elif filled:
        field, value = filled[0]
        plain["steps"] = steps.read(value, below(path, field), findings)
    elif plain["kind"] in {"workflow", "challenge"}:
        findings.fault(below(path, "workflow" if plain["kind"] == "workflow" else "challenges"), "steps_missing")


def _check_step_callbacks(plain: Mapping[str, Any], path: str, findings: Findings) -> None:
    """Callbacks of a step that there is not would never be called."""
    names = [step.step for step in plain.get("steps", ())]
    called = plain.get("step_callbacks")
    for name in called if isinstance(called, dict) and names else ():
        if name not in {*names, "*"}:
            place = below(path, "step_callbacks", name)
            findings.fault(place, "step_unknown", found=shown(name), nearest=nearest(name, names), allowed=names)


def _settle_emoji(plain: dict[str, Any], path: str, findings: Findings) -> None:
    attributes = plain.get("attributes")
    if not isinstance(attributes, dict) or "emoji" not in attributes:
        return
    emoji = attributes["emoji"]
    plain["attributes"] = {key: value for key, value in attributes.items() if key != "emoji"}
    if not isinstance(emoji, str):
        findings.fault(below(path, "attributes", "emoji"), "wrong_type", wanted="text", found=shown(emoji))
    elif plain.get("emoji", emoji) != emoji:
        findings.fault(below(path, "emoji"), "given_twice")
    else:
        plain["emoji"] = emoji


def _warn(made: Definition, path: str, findings: Findings) -> None:
    """What is allowed and probably not meant."""
    if made.reward_category is None:
        findings.warn(below(path, "reward_category"), "category_missing")
    if made.timeframe and not made.multiple:
        findings.warn(below(path, "timeframe"), "timeframe_without_multiple")
    if made.cooldown_minutes and not made.multiple:
        findings.warn(below(path, "cooldown_minutes"), "cooldown_without_multiple")
    if made.kind == "computed" and made.job is None:
        findings.warn(below(path, "job"), "job_missing")
    if made.kind == "achievement" and not made.rules:
        findings.warn(below(path, "rules"), "rules_missing")
    _warn_of_rules(made, path, findings)
    _warn_of_steps(made, path, findings)
    if made.kind == "nomination" and made.nomination_config is None:
        findings.warn(below(path, "nomination_config"), "nomination_config_missing")


def _warn_of_rules(made: Definition, path: str, findings: Findings) -> None:
    """Rules that cannot hold, or are not looked at, in the way in which the badge is given."""
    for place, rule in enumerate(made.rules):
        if made.kind == "user" and rule.type not in {*OF_GIVER, *CLOCK_RULES}:
            findings.warn(below(path, "rules", place), "rule_not_by_hand", found=rule.type)
        if made.kind != "user" and rule.type in OF_GIVER:
            findings.warn(below(path, "rules", place), "rule_needs_giver", found=rule.type)


def _warn_of_steps(made: Definition, path: str, findings: Findings) -> None:
    """What of a journey would never come about by itself, and what only journeys have."""
    if made.kind not in BY_STEPS:
        for field in ("auto_enroll", "enroll_winners_of"):
            if getattr(made, field):
                findings.warn(below(path, field), "not_a_journey")
        return
    for place, rule in enumerate(made.rules):
        if rule.type in CHOOSING:
            findings.warn(below(path, "rules", place), "rule_chooses", found=rule.type)
    if made.multiple and not (made.timeframe or made.cooldown_minutes):
        for step in made.steps:
            if step.condition is not None and step.event is None and not _says_types(step.condition):
                findings.warn(below(path, "steps"), "condition_once", found=shown(step.step))


def _says_types(condition: Threshold) -> bool:
    """Whether a metric says which activities it looks at."""
    named = registry.find("metric", condition.called)
    told = set(named.types) if named is not None else set()
    return bool(told - {"earned"}) or condition.called.startswith("activities.") or "type" in condition.function_params
