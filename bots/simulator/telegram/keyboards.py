"""What Telegram refuses in a `reply_markup`."""

from urllib.parse import urlsplit

from bots.simulator.telegram.errors import bad_request
from bots.simulator.world import Json, UnknownName

CALLBACK_BYTES_MAX = 64
BUTTONS_MAX = 100
BUTTONS_PER_ROW_MAX = 8
LOOKS = frozenset({"text", "style", "icon_custom_emoji_id"})
INLINE_ACTIONS = frozenset(
    {"url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat"}
    | {"switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay"}
)
OTHER_MARKUPS = ("keyboard", "remove_keyboard", "force_reply")
SHARED_MAX = 10
NUMBER_MAX = 2**31


def check_markup(markup: object) -> Json | None:
    """The markup as Telegram keeps it: only inline keyboards stay on the message. Raises BotApiError."""
    if not markup:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        if not any(key in markup for key in OTHER_MARKUPS):
            raise bad_request("can't parse reply keyboard markup JSON object")
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    if sum(map(len, rows)) > BUTTONS_MAX or any(len(row) > BUTTONS_PER_ROW_MAX for row in rows):
        raise bad_request("reply markup is too long")
    for row in rows:
        for button in row:
            _check_button(button)
    return {"inline_keyboard": [row for row in rows if row]}


def check_beneath(markup: object, *, is_private: bool) -> Json | None:
    """A reply keyboard, a ForceReply or the removal of either, as clients keep it; None for anything else. Raises BotApiError."""
    if not isinstance(markup, dict) or "inline_keyboard" in markup:
        return None
    if "keyboard" not in markup:
        return markup
    rows = markup["keyboard"]
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "keyboard" of the ReplyKeyboardMarkup must be an Array of Arrays')
    for row in rows:
        for button in row:
            _check_reply_button(button, is_private=is_private)
    return markup


def _check_reply_button(button: object, *, is_private: bool) -> None:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad_request("can't parse keyboard button: text must be non-empty")
    asked = button.get("request_users")
    if asked is None:
        return
    if not is_private:
        raise bad_request("BUTTON_TYPE_INVALID")
    number, most = asked.get("request_id"), asked.get("max_quantity", 1)
    if not isinstance(number, int) or not -NUMBER_MAX <= number < NUMBER_MAX:
        raise bad_request('can\'t parse keyboard button: Field "request_id" must be of type Number')
    if not isinstance(most, int) or not 1 <= most <= SHARED_MAX:
        raise bad_request("MAX_QUANTITY_INVALID")


def buttons(markup: Json | None) -> list[Json]:
    """All inline buttons in reading order."""
    return [button for row in (markup or {}).get("inline_keyboard", []) for button in row]


def picker(markup: Json | None) -> Json:
    """The `request_users` of the keyboard beneath a chat. Raises UnknownName."""
    for row in (markup or {}).get("keyboard", []):
        for button in row:
            if "request_users" in button:
                return dict(button["request_users"])
    raise UnknownName("no button to choose people with")


def _check_button(button: object) -> None:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: text must be non-empty")
    action = set(button) - LOOKS
    if not action:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(action) != 1 or not action <= INLINE_ACTIONS:
        raise bad_request("can't parse inline keyboard button: exactly one action must be used")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= CALLBACK_BYTES_MAX:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button:
        _check_url(button["url"])


def _check_url(url: str) -> None:
    parsed = urlsplit(url)
    if parsed.scheme == "tg":
        return
    if parsed.scheme not in ("http", "https") or "." not in (parsed.hostname or ""):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
