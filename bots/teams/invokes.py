"""What an invoke asks: a press on a card, a dialog of one, or the message extension. Pure; needs no SDK.

Source: Microsoft's "Universal Actions for Adaptive Cards", "Use dialogs with bots" and "Create and send dialogs".
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from bots.chat import Account, Act, Pressed, Said
from bots.teams.fields import inside, locale, text
from cards.forms import PEOPLE

EXECUTE = "adaptiveCard/action"
FETCH_DIALOG, SUBMIT_DIALOG = "task/fetch", "task/submit"
FETCH_COMMAND, SUBMIT_COMMAND = "composeExtension/fetchTask", "composeExtension/submitAction"
EXTENSION = frozenset({FETCH_COMMAND, SUBMIT_COMMAND})
DIALOGS = EXTENSION | {FETCH_DIALOG, SUBMIT_DIALOG}

# The commands of the app manifest's message extension, and what they say to us.
COMMANDS = {"giveKudos": "kudos"}
TOKEN_KEY = "token"  # noqa: S105 - the name of a field
# Kinds of people in a message's payload that the tenant's own directory holds.
COLLEAGUES = frozenset({"", "aadUser", "onPremiseAadUser"})
PICK = re.compile(r"[\w:.@-]{1,200}", re.ASCII)


def act_of(body: Mapping[str, Any]) -> Act | None:
    """None: an invoke that is not ours."""
    value = inside(body, "value")
    match body.get("name"):
        case "adaptiveCard/action":
            return pressed(inside(value, "action", "data"), body)
        case "task/fetch" | "task/submit" | "composeExtension/submitAction":
            return pressed(inside(value, "data"), body)
        case "composeExtension/fetchTask" if text(value, "commandId") in COMMANDS:
            said = COMMANDS[text(value, "commandId")]
            return Said((said,), replied_to=_author(inside(value, "messagePayload", "from")), locale=locale(body))
        case _:
            return None


def pressed(data: Mapping[str, Any], body: Mapping[str, Any]) -> Pressed:
    """Without a token of ours it is still a press: whoever works on it says that it is not valid."""
    inputs = {name: value for name, value in data.items() if name != TOKEN_KEY and isinstance(value, str)}
    chosen = inputs.pop(PEOPLE, "")
    return Pressed(
        token=text(data, TOKEN_KEY),
        inputs=inputs,
        message_id=text(body, "replyToId"),
        locale=locale(body),
        people=_people(chosen),
        wants_form_back=True,
    )


def _people(chosen: str) -> Mapping[str, tuple[Account, ...]]:
    """What the people picker holds: Entra object ids, separated by commas."""
    accounts = tuple(Account(each) for each in dict.fromkeys(chosen.split(",")) if PICK.fullmatch(each))
    return {PEOPLE: accounts} if accounts else {}


def _author(sender: Mapping[str, Any]) -> Account | None:
    """Who wrote the message from whose menu the extension was opened: a colleague, somebody foreign, a bot, or nobody."""
    user, application = inside(sender, "user"), inside(sender, "application")
    if remote_id := text(user, "id"):
        return Account(remote_id, text(user, "displayName"), foreign=_foreign(text(user, "userIdentityType")))
    if remote_id := text(application, "id"):
        return Account(remote_id, text(application, "displayName"), foreign="bot")
    return None


def _foreign(kind: str) -> Literal["", "guest", "stranger"]:
    if kind in COLLEAGUES:
        return ""
    return "guest" if kind == "anonymousGuest" else "stranger"
