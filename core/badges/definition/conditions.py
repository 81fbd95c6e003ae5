"""`conditions` of a receiver, and the environment's in `availability_rule`: value, list of values, or operators."""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from core.badges.definition.findings import Findings, below, nearest, shown
from core.badges.definition.parts import Part, refuse

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "contains"]
OPERATORS: tuple[str, ...] = get_args(Operator)
LIST_OPERATORS = ("in", "not_in")

Scalar = str | int | float | bool


class Condition(Part):
    """`attribute operator value`; with `in` and `not_in` the value is a list."""

    attribute: str
    operator: Operator
    value: Annotated[
        Scalar | tuple[Scalar, ...], BeforeValidator(lambda each: tuple(each) if isinstance(each, list) else each)
    ]


def _named(given: dict[str, Any]) -> dict[str, Any]:
    for name in given:
        if not name.isidentifier():
            raise refuse("parameter_invalid", found=shown(name))
    return given


class Threshold(Part):
    """How a metric is compared."""

    function_path: str | None = None
    metric: str | None = None
    threshold: int | float = 1
    operator: Literal["gte", "gt", "lte", "lt", "eq", "ne"] = "gte"
    function_params: Annotated[dict[str, Any], AfterValidator(_named)] = Field(default_factory=dict)

    @property
    def called(self) -> str:
        return self.function_path or self.metric or ""


def read(given: Any, path: str, findings: Findings, *, known: tuple[str, ...] = ()) -> tuple[Condition, ...]:
    """Every attribute's conditions. `known` are the only attributes there are, if not empty."""
    if not isinstance(given, dict):
        findings.fault(path, "wrong_type", wanted="object", found=shown(given))
        return ()
    made: list[Condition] = []
    for attribute, value in given.items():
        place = below(path, attribute)
        if known and attribute not in known:
            findings.fault(place, "attribute_unknown", nearest=nearest(attribute, known), allowed=list(known))
        elif value is not None:
            made += _one(attribute, value, place, findings)
    return tuple(made)


def _one(attribute: str, value: Any, path: str, findings: Findings) -> list[Condition]:
    if isinstance(value, dict):
        if not value:
            findings.fault(path, "empty_condition")
        pairs = [(operator, each, below(path, operator)) for operator, each in value.items()]
    else:
        pairs = [("in" if isinstance(value, list) else "eq", value, path)]
    return [made for pair in pairs if (made := _compared(attribute, *pair, findings))]


def _compared(attribute: str, operator: str, value: Any, path: str, findings: Findings) -> Condition | None:
    if operator not in OPERATORS:
        findings.fault(
            path, "operator_unknown", found=operator, nearest=nearest(operator, OPERATORS), allowed=list(OPERATORS)
        )
        return None
    if operator in LIST_OPERATORS and not isinstance(value, list):
        value = [value]
    values = value if operator in LIST_OPERATORS else [value]
    if not values:
        findings.fault(path, "empty_condition")
        return None
    for place, each in enumerate(values):
        if not isinstance(each, str | int | float | bool):
            inner = below(path, place) if operator in LIST_OPERATORS else path
            findings.fault(inner, "wrong_type", wanted="text, number, true or false", found=shown(each))
            return None
    return Condition(attribute=attribute, operator=operator, value=tuple(value) if isinstance(value, list) else value)  # type: ignore[arg-type]
