"""The frame of every part of a definition, and pydantic's errors in our words."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from core.badges.definition.findings import Findings, below, nearest, shown

Model = TypeVar("Model", bound="Part")


class Part(BaseModel):
    """Holds JSON values only, so that what is stored reads back as it was."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _listed(value: Any) -> Any:
    """A list, or one value instead of a list of one."""
    if isinstance(value, list | tuple):
        return tuple(value)
    return value if value is None or isinstance(value, dict) else (value,)


Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_listed)]
Listed = BeforeValidator(_listed)


def refuse(code: str, **details: Any) -> PydanticCustomError:
    """What a validator raises: a fault of ours at the place of the value."""
    return PydanticCustomError(code, "{code}", {"code": code, **details})


def validate(model: type[Model], value: Any, path: str, findings: Findings, **fixed: Any) -> Model | None:
    """A part from its JSON; a null is as if it were not there. None: it has faults, which are in `findings`."""
    if not isinstance(value, Mapping):
        findings.fault(path, "wrong_type", wanted="object", found=shown(value))
        return None
    given = {key: each for key, each in value.items() if each is not None}
    try:
        return model.model_validate({**given, **fixed})
    except ValidationError as error:
        told: set[str] = set()
        for each in error.errors(include_url=False):
            place = _place(path, each)
            if place not in told:  # each branch of a union complains
                report(model, each, place, findings)
            told.add(place)
        return None


_BRANCHES = {"bool", "constrained-str", "dict", "float", "int", "str"}


def _place(path: str, error: ErrorDetails) -> str:
    """The JSON path of an error; pydantic also names the branches of unions, which are in no document."""
    loc = error["loc"]
    inside = [key for key in loc if isinstance(key, int) or not ("[" in key or key in _BRANCHES)]
    return below(path, *inside)


_BOUNDS = {"greater_than_equal": "ge", "greater_than": "gt", "less_than_equal": "le", "less_than": "lt"}
_LENGTHS = {"string_too_long": "max_length", "too_long": "max_length", "too_short": "min_length"}
_WANTED = {
    "int_type": "whole number", "int_from_float": "whole number", "float_type": "number", "string_type": "text", "bool_type": "true or false",
    "tuple_type": "list", "list_type": "list", "dict_type": "object", "model_type": "object", "model_attributes_type": "object",
    "mapping_type": "object",
}  # fmt: skip


def report(model: type[Part], error: ErrorDetails, place: str, findings: Findings) -> None:
    """Add one of pydantic's errors to the findings."""
    kind, context, value = error["type"], error.get("ctx", {}), shown(error["input"])
    if kind == "extra_forbidden":
        name = str(error["loc"][-1])
        known = sorted(_fields(model, error["loc"]))
        findings.fault(place, "field_unknown", nearest=nearest(name, known), allowed=known)
    elif kind == "missing":
        findings.fault(place, "missing")
    elif kind in _BOUNDS:
        findings.fault(place, "out_of_range", found=value, bound=_BOUNDS[kind], limit=context[_BOUNDS[kind]])
    elif kind in _LENGTHS:
        findings.fault(place, kind.removeprefix("string_"), limit=context[_LENGTHS[kind]])
    elif kind == "string_too_short":
        findings.fault(place, "blank")
    elif kind == "literal_error":
        allowed = [name.strip("'") for name in context["expected"].replace(" or ", ", ").split(", ")]
        findings.fault(place, "value_unknown", found=value, nearest=nearest(value, allowed), allowed=allowed)
    elif kind in _WANTED:
        findings.fault(place, "wrong_type", wanted=_WANTED[kind], found=value)
    elif "code" in context:
        findings.fault(place, kind, **{name: each for name, each in context.items() if name != "code"})
    else:
        findings.fault(place, "value_invalid", found=value)


def _fields(model: type[Part], loc: tuple[int | str, ...]) -> set[str]:
    """Names that were possible where an unknown field stands."""
    for key in loc[:-1]:
        field = model.model_fields.get(str(key))
        inner = field.annotation if field else None
        choices = [each for each in (inner, *getattr(inner, "__args__", ())) if isinstance(each, type)]
        model = next((each for each in choices if issubclass(each, Part)), model)
    return set(model.model_fields) - {"type"}
