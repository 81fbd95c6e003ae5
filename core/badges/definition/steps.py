"""The parts of a definition that later features act on: steps, events, campaigns, callbacks."""

from collections.abc import Mapping
from typing import Any

from core.badges.definition import people
from core.badges.definition.conditions import Threshold
from core.badges.definition.findings import Findings, below, shown
from core.badges.definition.model import Event, NominationConfig, Step
from core.badges.definition.parts import validate
from core.badges.definition.rules import check_metric, check_name


def read(given: Any, path: str, findings: Findings) -> tuple[Step, ...]:
    """Steps of a workflow or a challenge, each `{"step": name, …}` or a name alone; a name stands once."""
    if not isinstance(given, list):
        findings.fault(path, "wrong_type", wanted="list", found=shown(given))
        return ()
    made: list[Step] = []
    for place, each in enumerate(given):
        step = _step(each, below(path, place), findings)
        if step is None:
            continue
        if any(step.step == other.step for other in made):
            findings.fault(below(path, place, "step"), "step_repeated", found=shown(step.step))
        made.append(step)
    return tuple(made)


def _step(given: Any, path: str, findings: Findings) -> Step | None:
    if isinstance(given, str):
        given = {"step": given}
    if not isinstance(given, Mapping):
        return validate(Step, given, path, findings)
    rest = dict(given)
    condition = rest.pop("condition", None)
    fixed: dict[str, Any] = {}
    if condition is not None:
        fixed["condition"] = validate(Threshold, condition, below(path, "condition"), findings)
        if fixed["condition"] is not None:
            check_metric(fixed["condition"], below(path, "condition"), findings)
    if rest.get("callbacks") is not None:
        fixed["callbacks"] = callbacks(rest.pop("callbacks"), below(path, "callbacks"), findings)
    return validate(Step, rest, path, findings, **fixed)


def callbacks(given: Any, path: str, findings: Findings) -> tuple[str, ...]:
    """Names of registered callbacks: a list, or one name."""
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list):
        findings.fault(path, "wrong_type", wanted="list", found=shown(given))
        return ()
    made = []
    for place, name in enumerate(listed):
        inner = path if isinstance(given, str) else below(path, place)
        if not isinstance(name, str):
            findings.fault(inner, "wrong_type", wanted="text", found=shown(name))
            continue
        check_name("callback", name, inner, findings)
        made.append(name)
    return tuple(made)


def step_callbacks(given: Any, path: str, findings: Findings) -> dict[str, tuple[str, ...]]:
    """By the name of a step; a list alone is for every step, kept under `*`."""
    if not isinstance(given, dict):
        names = callbacks(given, path, findings)
        return {"*": names} if names else {}
    return {step: callbacks(names, below(path, step), findings) for step, names in given.items()}


def events(given: Any, path: str, findings: Findings) -> tuple[Event, ...]:
    """`"key"`, or `{"key": {…}}` with options; a list of them, or one object of several."""
    listed = [given] if isinstance(given, str | dict) else given
    if not isinstance(listed, list):
        findings.fault(path, "wrong_type", wanted="list", found=shown(given))
        return ()
    made: list[Event | None] = []
    for place, each in enumerate(listed):
        inner = path if listed is not given else below(path, place)
        if isinstance(each, dict) and each:
            made += [_event(key, options, below(inner, key), findings) for key, options in each.items()]
        else:
            made.append(_event(each, {}, inner, findings))
    return tuple(event for event in made if event is not None)


def _event(key: Any, options: Any, path: str, findings: Findings) -> Event | None:
    if not isinstance(key, str):
        findings.fault(path, "event_shape", found=shown(key))
        return None
    if options is not None and not isinstance(options, dict):
        findings.fault(path, "wrong_type", wanted="object", found=shown(options))
        return None
    if not key.strip():
        findings.fault(path, "blank")
        return None
    return Event(key=key.strip(), options=options or {})


def nomination(given: Any, path: str, findings: Findings) -> NominationConfig | None:
    if given == {}:
        return None
    if isinstance(given, dict) and given.get("pre_candidates") is not None:
        inside = below(path, "pre_candidates")
        given = {**given, "pre_candidates": people.read(given["pre_candidates"], inside, findings)}
    return validate(NominationConfig, given, path, findings)


def attributes(given: Any, path: str, findings: Findings) -> dict[str, Any]:
    if not isinstance(given, dict):
        findings.fault(path, "wrong_type", wanted="object", found=shown(given))
        return {}
    return given
