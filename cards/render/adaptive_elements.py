"""Adaptive Card 1.5 elements on the bases of the `adaptivecards` package, which stops at 1.2.

The package has no actions, inputs or tables, loses unknown keywords silently and renders one level deep only. Here every
element refuses what it does not declare, leaves out None, and `rendered` goes all the way down to plain dicts.
Property names are the schema's own (https://adaptivecards.io/explorer); bounds are in the renderer.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from adaptivecards import adaptivecard, baseobject, containers, elements
from adaptivecards.baseobject import BareObject
from adaptivecards.baseobject import PropertyType as Property

VERSION = "1.5"


class _Strict(BareObject):  # type: ignore[misc]
    """Keeps given properties under their JSON names. Raises TypeError for an unknown name or a value of another type.

    The package's own constructor takes three calls per property and swallows mistakes; this one reads a table.
    """

    _declared: ClassVar[dict[str, tuple[str, Any]]]
    _empty: ClassVar[dict[str, Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._declared = {
            name: (declared.key_name, declared.type)
            for base in reversed(cls.__mro__)
            for name, declared in vars(base).items()
            if isinstance(declared, Property)
        }
        cls._empty = {"type": cls.element_type} if hasattr(cls, "element_type") else {}

    def __init__(self, **given: Any) -> None:
        self._data = data = self._empty.copy()
        for name, value in given.items():
            if name not in self._declared:
                raise TypeError(f"{type(self).__name__} has no property {name}")
            if value is None:
                continue
            key, kind = self._declared[name]
            if not isinstance(value, kind):
                raise TypeError(f"{type(self).__name__}.{name} is a {type(value).__name__}")
            data[key] = value


class TextBlock(_Strict, elements.TextBlock):  # type: ignore[misc]
    style = Property(type=str)


class RichTextBlock(_Strict, elements.RichTextBlock):  # type: ignore[misc]
    pass


class OpenUrl(_Strict):
    element_type = "Action.OpenUrl"
    title = Property(type=str)
    url = Property(type=str)


class Execute(_Strict):
    element_type = "Action.Execute"
    title = Property(type=str)
    verb = Property(type=str)
    data = Property(type=dict)
    style = Property(type=str)


class Submit(_Strict):
    element_type = "Action.Submit"
    title = Property(type=str)
    data = Property(type=dict)
    style = Property(type=str)


class Refresh(_Strict):
    """How a client asks for the version of a card that is made for its user."""

    action = Property(type=Execute)
    user_ids = Property(type=list, key_name="userIds")


class TextRun(_Strict, elements.TextRun):  # type: ignore[misc]
    select_action = Property(type=OpenUrl, key_name="selectAction")


class Image(_Strict, elements.Image):  # type: ignore[misc]
    pass


class Container(_Strict, containers.Container):  # type: ignore[misc]
    pass


class FactSet(_Strict, containers.FactSet):  # type: ignore[misc]
    pass


class Fact(_Strict, containers.Fact):  # type: ignore[misc]
    pass


class ActionSet(_Strict, containers.ActionSet):  # type: ignore[misc]
    pass


class Table(_Strict, baseobject.Element):  # type: ignore[misc]
    element_type = "Table"
    columns = Property(type=list)
    rows = Property(type=list)
    first_row_as_header = Property(type=bool, key_name="firstRowAsHeader")
    show_grid_lines = Property(type=bool, key_name="showGridLines")


class TableColumn(_Strict):
    width = Property(type=int)
    horizontal_cell_content_alignment = Property(type=str, key_name="horizontalCellContentAlignment")


class TableRow(_Strict, baseobject.Element):  # type: ignore[misc]
    element_type = "TableRow"
    cells = Property(type=list)
    style = Property(type=str)


class TableCell(_Strict, baseobject.Element):  # type: ignore[misc]
    element_type = "TableCell"
    items = Property(type=list)


class _Input(_Strict, baseobject.Element):  # type: ignore[misc]
    label = Property(type=str)
    is_required = Property(type=bool, key_name="isRequired")
    error_message = Property(type=str, key_name="errorMessage")
    placeholder = Property(type=str)
    value = Property(type=str)


class InputText(_Input):
    element_type = "Input.Text"
    is_multiline = Property(type=bool, key_name="isMultiline")
    max_length = Property(type=int, key_name="maxLength")


class Choice(_Strict):
    title = Property(type=str)
    value = Property(type=str)


class InputChoiceSet(_Input):
    """With `data` (Teams' own `choices.data`) the choices come from the directory."""

    element_type = "Input.ChoiceSet"
    choices = Property(type=list)
    is_multi_select = Property(type=bool, key_name="isMultiSelect")
    data = Property(type=dict, key_name="choices.data")


class AdaptiveCard(_Strict, adaptivecard.AdaptiveCard):  # type: ignore[misc]
    """A whole card. `msteams` is Teams' own: width and mentions."""

    element_type = "AdaptiveCard"
    version = Property(type=str)
    msteams = Property(type=dict)
    refresh = Property(type=Refresh)


@dataclass(frozen=True, slots=True)
class Mention:
    """`text` stands in a TextBlock and must be unique in its card; `account` is Teams' id of the person."""

    text: str
    account: str
    name: str

    def entity(self) -> dict[str, Any]:
        return {"type": "mention", "text": self.text, "mentioned": {"id": self.account, "name": self.name}}


def rendered(value: Any) -> Any:
    """Plain dicts, lists and scalars, all the way down."""
    if isinstance(value, str):
        return value
    if isinstance(value, BareObject):
        value = value.render()
    if isinstance(value, dict):
        return {key: rendered(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rendered(item) for item in value]
    return value
