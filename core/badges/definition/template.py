"""Messages as Jinja2 templates, of which only a part is allowed: text, output, attributes of five names, and some filters.

Checked when a definition is read and again when it is rendered. Values are plain mappings, never objects of ours.
"""

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from core.badges.definition.findings import Findings, nearest, shown

NAMES = ("args", "badge", "env", "giver", "user")
FILTERS = ("capitalize", "default", "int", "length", "lower", "round", "title", "trim", "upper")
LENGTH_MAX = 2000
RENDERED_MAX = 4000

_ALLOWED = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Const, nodes.Filter)
_CALLED: Mapping[type[nodes.Node], str] = {
    nodes.Call: "a call", nodes.For: "a loop", nodes.If: "a condition", nodes.CondExpr: "a condition", nodes.Assign: "an assignment",
    nodes.AssignBlock: "an assignment", nodes.Getitem: "an index in brackets", nodes.Macro: "a macro", nodes.CallBlock: "a call",
    nodes.FilterBlock: "a filter block", nodes.Include: "an include", nodes.Import: "an import", nodes.FromImport: "an import",
    nodes.Extends: "an extends", nodes.Block: "a block", nodes.With: "a with block", nodes.Test: "a test", nodes.Keyword: "a named argument",
}  # fmt: skip


class _Gone(Mapping[str, Any]):
    """What a name that is not there stands for: it shows nothing, and so does whatever is asked of it."""

    def __getitem__(self, key: str) -> "_Gone":
        return self

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __str__(self) -> str:
        return ""


# It only parses: templates are never compiled, so nothing of a message runs. A card's text run is never markup.
_environment = Environment(autoescape=False)  # noqa: S701


def check(source: str, path: str, findings: Findings) -> None:
    """Find what a message may not hold."""
    if len(source) > LENGTH_MAX:
        findings.fault(path, "too_long", limit=LENGTH_MAX)
        return
    try:
        parsed = _environment.parse(source)
    except TemplateSyntaxError as error:
        findings.fault(path, "template_syntax", line=error.lineno, why=error.message or "")
        return
    except RecursionError:
        findings.fault(path, "template_forbidden", what="so deep a nesting", line=1)
        return
    for node in _walk(parsed):
        _check_node(node, path, findings)


def _walk(node: nodes.Node) -> list[nodes.Node]:
    found = [node]
    if isinstance(node, _ALLOWED):
        for child in node.iter_child_nodes():
            found += _walk(child)
    return found


def _check_node(node: nodes.Node, path: str, findings: Findings) -> None:
    if not isinstance(node, _ALLOWED):
        what = _CALLED.get(type(node), type(node).__name__)
        findings.fault(path, "template_forbidden", what=what, line=node.lineno)
    elif isinstance(node, nodes.Name) and node.name not in NAMES:
        findings.fault(
            path, "template_name", found=shown(node.name), nearest=nearest(node.name, NAMES), allowed=list(NAMES)
        )
    elif isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        findings.fault(path, "template_forbidden", what=f"the attribute {shown(node.attr)}", line=node.lineno)
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        findings.fault(
            path, "template_filter", found=shown(node.name), nearest=nearest(node.name, FILTERS), allowed=list(FILTERS)
        )


def render(source: str, values: Mapping[str, Mapping[str, Any]]) -> str:
    """The message with its values, cut at 4000 characters. A value that is not there shows nothing.

    `values` maps each of NAMES to plain values. Raises ValueError if the template is not one that `check` lets pass.
    """
    findings = Findings()
    check(source, "$", findings)
    if findings.faults:
        raise ValueError(f"not a template of ours: {findings.faults[0].code}")
    return "".join(_rendered(node, values) for node in _environment.parse(source).body)[:RENDERED_MAX]


def _rendered(node: nodes.Node, values: Mapping[str, Mapping[str, Any]]) -> str:
    """Walks the checked tree itself: nothing is compiled, and no attribute of an object is ever read."""
    assert isinstance(node, nodes.Output)
    return "".join(
        each.data if isinstance(each, nodes.TemplateData) else _text(_value(each, values)) for each in node.nodes
    )


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, _Gone) else str(value)


def _value(node: nodes.Node, values: Mapping[str, Any]) -> Any:
    match node:
        case nodes.Const():
            return node.value
        case nodes.Name():
            return values.get(node.name, _Gone())
        case nodes.Getattr():
            owner = _value(node.node, values)
            return owner.get(node.attr, _Gone()) if isinstance(owner, Mapping) else _Gone()
        case nodes.Filter():
            return _filtered(node, values)
    raise AssertionError(type(node))


def _filtered(node: nodes.Filter, values: Mapping[str, Any]) -> Any:
    assert node.node is not None
    value = _value(node.node, values)
    arguments = [_value(argument, values) for argument in node.args]
    is_gone = isinstance(value, _Gone) or value is None
    match node.name:
        case "default":
            return (arguments[0] if arguments else "") if is_gone else value
        case "length":
            return 0 if is_gone else len(value if isinstance(value, str | list | tuple) else str(value))
        case "int" | "round":
            return _number(node.name, value, arguments)
    return _TEXT_FILTERS[node.name](_text(value))


_TEXT_FILTERS: Mapping[str, Callable[[str], str]] = {
    "capitalize": str.capitalize, "lower": str.lower, "title": str.title, "trim": str.strip, "upper": str.upper,
}  # fmt: skip


def _number(name: str, value: Any, arguments: list[Any]) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0 if name == "int" else value
    if name == "int":
        return int(value)
    places = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    return round(value, max(0, min(places, 6)))
