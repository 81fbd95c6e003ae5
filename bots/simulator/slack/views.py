"""Modals and App Home: what Slack refuses, keeps, and sends back when a person submits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bots.simulator.slack.blocks import BLOCKS_PER_VIEW, faults, with_ids
from bots.simulator.slack.errors import SlackApiError
from bots.simulator.world import Json, Person, UnknownName, World

TITLE_MAX = 24
METADATA_MAX = 3000
OF_MESSAGES = frozenset({"table", "markdown"})
Value = str | Person | Sequence[str | Person]


@dataclass(eq=False, slots=True)
class View:
    """An open modal or a Home tab. `payload` is the View object as Slack sends it; `errors` are those of the last submit."""

    person: Person
    payload: Json
    is_open: bool = True
    errors: Json = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.payload["id"])


def check_view(view: object) -> Json:
    """Raises SlackApiError `invalid_arguments`, as Slack does for views."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        raise SlackApiError("invalid_arguments", ["must provide an object of type modal or home [json-pointer:/view]"])
    found = faults(view.get("blocks"), BLOCKS_PER_VIEW)
    found += [
        f"unsupported type: {kind}" for kind in OF_MESSAGES & {block.get("type") for block in view.get("blocks", [])}
    ]
    if view["type"] == "modal":
        found += [f"missing required field: {key}" for key in ("title",) if key not in view]
        for key in ("title", "submit", "close"):
            if len((view.get(key) or {}).get("text", "")) > TITLE_MAX:
                found.append(f"must be less than {TITLE_MAX + 1} characters [json-pointer:/view/{key}/text]")
        if any(block.get("type") == "input" for block in view.get("blocks") or []) and "submit" not in view:
            found.append("must have submit when there is an input block [json-pointer:/view/submit]")
    if len(view.get("private_metadata", "")) > METADATA_MAX:
        found.append("must be less than 3001 characters [json-pointer:/view/private_metadata]")
    if found:
        raise SlackApiError("invalid_arguments", found)
    return view


def view_object(view: Json, world: World, *, app_id: str, bot_id: str, view_id: str = "") -> Json:
    """The View object that Slack makes of what the bot gave."""
    ids = world.ids
    made_id = view_id or ids.slack("V")
    return {
        "id": made_id,
        "team_id": world.slack_team_id,
        "type": view["type"],
        "blocks": with_ids(view["blocks"], lambda: ids.hexadecimal(5)),
        "private_metadata": view.get("private_metadata", ""),
        "callback_id": view.get("callback_id", ""),
        "state": {"values": {}},
        "hash": f"{world.stamp() / 1000:.3f}.{ids.hexadecimal(8)}",
        "title": view.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": bool(view.get("clear_on_close")),
        "notify_on_close": bool(view.get("notify_on_close")),
        "close": view.get("close"),
        "submit": view.get("submit"),
        "previous_view_id": None,
        "root_view_id": made_id,
        "app_id": app_id,
        "external_id": view.get("external_id", ""),
        "app_installed_team_id": world.slack_team_id,
        "bot_id": bot_id,
    }


def filled_state(view: Json, values: Mapping[str, Value]) -> Json:
    """`state.values` for values given by action_id. Raises UnknownName where Slack would not let the person submit."""
    state: Json = {}
    open_values = dict(values)
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        value = open_values.pop(element["action_id"], _initial(element))
        if not value and not block.get("optional"):
            raise UnknownName(f"Slack does not submit without a value for {element['action_id']!r}")
        state[block["block_id"]] = {element["action_id"]: _state_value(element, value)}
    if open_values:
        raise UnknownName(f"the view has no input called {', '.join(sorted(open_values))}")
    return {"values": state}


def _initial(element: Json) -> Value | None:
    """What the bot filled in, and the person leaves as it is."""
    if "initial_users" in element:
        return list(element["initial_users"])
    if "initial_options" in element:
        return [option["value"] for option in element["initial_options"]]
    if "initial_option" in element:
        return str(element["initial_option"]["value"])
    return element.get("initial_user") or element.get("initial_value")


def _state_value(element: Json, value: Value | None) -> Json:
    kind = element["type"]
    listed = [] if value is None else [value] if isinstance(value, str | Person) else list(value)
    texts = [item.slack_id if isinstance(item, Person) else item for item in listed]
    if kind == "multi_users_select":
        return {"type": kind, "selected_users": texts}
    if kind == "users_select":
        return {"type": kind, "selected_user": texts[0] if texts else None}
    if kind in ("conversations_select", "channels_select"):
        return {"type": kind, f"selected_{kind.removesuffix('s_select')}": texts[0] if texts else None}
    if kind in ("static_select", "radio_buttons"):
        return {"type": kind, "selected_option": _options(element, texts)[0] if texts else None}
    if kind in ("multi_static_select", "checkboxes"):
        return {"type": kind, "selected_options": _options(element, texts)}
    if kind in ("datepicker", "timepicker"):
        return {"type": kind, f"selected_{kind.removesuffix('picker')}": texts[0] if texts else None}
    return {"type": kind, "value": texts[0] if texts else None}


def _options(element: Json, values: Sequence[str]) -> list[Json]:
    options = {option["value"]: option for option in element.get("options", [])}
    labels = {option["text"]["text"]: option for option in element.get("options", [])}
    return [options.get(value) or labels[value] for value in values]
