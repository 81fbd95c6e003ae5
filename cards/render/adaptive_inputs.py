"""What a member fills in, as Adaptive Card inputs."""

from typing import Any, assert_never

from cards.model import Choice, Input, PeopleInput, TextInput
from cards.render import adaptive_elements as adaptive
from cards.render.markdown import literal, unread
from cards.render.text import visible

PEOPLE = {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}


def shown_input(element: Input) -> Any:
    match element:
        case TextInput():
            return _text(element)
        case Choice():
            return _choice(element)
        case PeopleInput():
            return _people(element)
        case _:
            assert_never(element)


def _text(element: TextInput) -> Any:
    return adaptive.InputText(
        id=element.name,
        label=visible(element.label),
        placeholder=visible(element.placeholder) or None,
        value=visible(element.value) or None,
        is_multiline=element.multiline,
        max_length=element.length_max,
        is_required=element.required,
        error_message=visible(element.label) if element.required else None,
    )


def _choice(element: Choice) -> Any:
    """Several stand open, as labels beside boxes; one is chosen from a closed list, which shows its options as they are."""
    shown = unread if element.several else literal
    return adaptive.InputChoiceSet(
        id=element.name,
        label=visible(element.label),
        choices=[adaptive.Choice(title=shown(visible(label)), value=value) for value, label in element.options],
        value=element.value or None,
        is_multi_select=element.several or None,
        is_required=element.required,
        error_message=visible(element.label) if element.required else None,
    )


def _people(element: PeopleInput) -> Any:
    """The values are Entra object ids, separated by commas."""
    return adaptive.InputChoiceSet(
        id=element.name,
        label=visible(element.label),
        choices=[],
        data=PEOPLE,
        value=",".join(element.accounts) or None,
        is_multi_select=element.several,
        is_required=element.required,
        error_message=visible(element.label) if element.required else None,
    )
