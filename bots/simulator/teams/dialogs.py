"""Dialogs and the message extension: what Teams sends when they are opened and submitted, and what it makes of the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bots.simulator.reading.adaptive import actions, read_card
from bots.simulator.teams.checks import CARD_TYPE, ConnectorError, check_card
from bots.simulator.teams.presses import Invoked, filled_inputs, find_action
from bots.simulator.transcript import Entry, Message
from bots.simulator.world import Conversation, Json, Person, UnknownName

if TYPE_CHECKING:
    from bots.simulator.teams.client import TeamsSimulator

FETCH_DIALOG, SUBMIT_DIALOG = "task/fetch", "task/submit"
FETCH_COMMAND, SUBMIT_COMMAND = "composeExtension/fetchTask", "composeExtension/submitAction"
DIALOGS = frozenset({FETCH_DIALOG, SUBMIT_DIALOG, FETCH_COMMAND, SUBMIT_COMMAND})
IN_DIALOG = frozenset({"Action.Submit", "Action.OpenUrl", "Action.ToggleVisibility", "Action.ShowCard"})
PREVIEWS = frozenset({"application/vnd.microsoft.card.hero", "application/vnd.microsoft.card.thumbnail"})
SIZES = frozenset({"small", "medium", "large"})
TITLE_LENGTH_MAX = 64


@dataclass(frozen=True, slots=True)
class Dialog:
    """What a person sees after an act in a dialog: `card` while it stays open, `text` if it only says something, `composed` for
    a card that now stands in the compose box. `message` is the card it was opened from, `command` the extension's."""

    person: Person
    conversation: Conversation
    invoked: Invoked
    message: Message | None = None
    command: str = ""

    @property
    def task(self) -> Json:
        return (self.invoked.body or {}).get("task") or {}

    @property
    def card(self) -> Json | None:
        return self.task["value"]["card"]["content"] if self.task.get("type") == "continue" else None

    @property
    def text(self) -> str:
        """Everything there is to read."""
        if self.task.get("type") == "message":
            return str(self.task["value"])
        shown = self.card or self.composed
        return read_card(shown).text if shown else ""

    @property
    def composed(self) -> Json | None:
        result = (self.invoked.body or {}).get("composeExtension")
        return result["attachments"][0]["content"] if result else None

    @property
    def buttons(self) -> tuple[str, ...]:
        return read_card(self.card).buttons if self.card else ()

    def value(self, name: str) -> str:
        """What an input holds when the dialog opens."""
        assert self.card is not None
        return str(next(each.get("value", "") for each in self.card["body"] if each.get("id") == name))


class Dialogs:
    """A person's hands on the dialogs of `simulator`'s Teams."""

    def __init__(self, simulator: "TeamsSimulator") -> None:
        self._simulator = simulator

    async def extension(
        self, person: Person, conversation: Conversation, *, command: str = "giveKudos", about: Message | None = None
    ) -> Dialog:
        """The message extension's command from beneath the compose box, or from the menu of the message `about`."""
        value = self._command(command, about)
        invoked = await self._simulator.invoke(person, conversation, FETCH_COMMAND, value)
        return self._shown(Dialog(person, conversation, invoked, command=command))

    async def open(self, person: Person, message: Message, title: str) -> Dialog:
        """Press a button of a message that opens a dialog."""
        action = find_action(message.seen_by(person), title, "Action.Submit")
        if ((action.get("data") or {}).get("msteams") or {}).get("type") != FETCH_DIALOG:
            raise UnknownName(f"the button {title!r} opens no dialog")
        value = {"data": action["data"], "context": {"theme": "default"}}
        invoked = await self._simulator.invoke(person, message.conversation, FETCH_DIALOG, value, about=message)
        return self._shown(Dialog(person, message.conversation, invoked, message=message))

    async def submit(self, dialog: Dialog, title: str, inputs: Mapping[str, str] | None = None) -> Dialog:
        """Press a button in a dialog, with input values by id."""
        content = {"attachments": [{"contentType": CARD_TYPE, "content": dialog.card}]}
        action = find_action(content, title, "Action.Submit")
        data = {**(action.get("data") or {}), **filled_inputs(content, dict(inputs or {}))}
        return await self.submit_data(dialog, data)

    async def submit_data(self, dialog: Dialog, data: Json, *, by: Person | None = None) -> Dialog:
        """Whatever a client might send for a dialog, by whomever."""
        person = by or dialog.person
        value = {**self._command(dialog.command, None), "data": data} if dialog.command else {"data": data}
        name = SUBMIT_COMMAND if dialog.command else SUBMIT_DIALOG
        invoked = await self._simulator.invoke(person, dialog.conversation, name, value, about=dialog.message)
        return self._shown(Dialog(person, dialog.conversation, invoked, dialog.message, dialog.command))

    def send(self, dialog: Dialog) -> Message:
        """Send the card that stands in the compose box, in the person's own name."""
        if dialog.composed is None:
            raise UnknownName("there is nothing in the compose box")
        activity = {"type": "message", "attachments": [{"contentType": CARD_TYPE, "content": dialog.composed}]}
        return self._simulator.post_as(dialog.person, dialog.conversation, activity)

    def _command(self, command: str, about: Message | None) -> Json:
        value: Json = {
            "commandId": command,
            "commandContext": "message" if about else "compose",
            "requestId": self._simulator.world.ids.hexadecimal(32),
            "context": {"theme": "default"},
        }
        return {**value, "messagePayload": _payload(about)} if about else value

    def _shown(self, dialog: Dialog) -> Dialog:
        simulator, reading = self._simulator, read_card(dialog.card or {})
        lines = reading.lines or tuple(dialog.text.splitlines())
        entry = Entry(
            simulator.world.clock(),
            "teams",
            dialog.conversation.name,
            "private",
            simulator.world.bot.name,
            lines,
            reading.buttons,
            visible_to=(dialog.person.name,),
        )
        simulator.transcript.add(entry)
        return dialog


def dialog_faults(name: str, body: Any) -> list[str]:
    """Why Teams would say that it cannot reach the app."""
    if not isinstance(body, dict):
        return ["the answer is no object"]
    if "composeExtension" in body and name == SUBMIT_COMMAND:
        return _result_faults(body["composeExtension"])
    task = body.get("task")
    if not isinstance(task, dict):
        return ["the answer has no task"]
    if task.get("type") == "message":
        return [] if task.get("value") and isinstance(task["value"], str) else ["a message is text that is not empty"]
    if task.get("type") != "continue" or not isinstance(task.get("value"), dict):
        return [f"unknown task {task.get('type')!r}"]
    return _dialog_faults(task["value"])


def _dialog_faults(value: Json) -> list[str]:
    faults = [f"{side} is {value.get(side)!r}" for side in ("width", "height") if value.get(side) not in SIZES]
    title = value.get("title")
    if not isinstance(title, str) or not 0 < len(title) <= TITLE_LENGTH_MAX:
        faults.append("a dialog has a title of at most 64 characters")
    card = value.get("card") or {}
    faults += _attachment_faults(card)
    for action in actions(card.get("content")):
        if action["type"] not in IN_DIALOG:
            faults.append(f"{action['type']} does nothing in a dialog")
    return faults


def _result_faults(result: Json) -> list[str]:
    if result.get("type") != "result" or result.get("attachmentLayout") not in ("list", "grid"):
        return ["a compose extension answers with a result, as a list or a grid"]
    attachments = result.get("attachments") or []
    if len(attachments) != 1:
        return ["one card goes into the compose box"]
    preview = attachments[0].get("preview") or {}
    faults = [] if preview.get("contentType") in PREVIEWS else [f"a preview is no {preview.get('contentType')!r}"]
    return [*faults, *_attachment_faults(attachments[0])]


def _attachment_faults(attachment: Json) -> list[str]:
    if attachment.get("contentType") != CARD_TYPE:
        return [f"unknown attachment type {attachment.get('contentType')!r}"]
    try:
        check_card(attachment.get("content"))
    except ConnectorError as error:
        return [error.message]
    return []


def _payload(message: Message) -> Json:
    """A message as the extension gets it from a message's menu."""
    author = message.author
    identity = {"id": author.aad_id, "displayName": author.name}
    sender = {
        "device": None,
        "conversation": None,
        "user": None if author.is_bot else {"userIdentityType": "aadUser", **identity},
        "application": {"applicationIdentityType": "bot", **identity} if author.is_bot else None,
    }
    return {
        "id": message.id,
        "replyToId": message.thread or None,
        "createdDateTime": message.at.isoformat(),
        "deleted": False,
        "importance": "normal",
        "locale": "en-us",
        "body": {"contentType": "html", "content": message.payload.get("text", "")},
        "from": sender,
        "reactions": [],
        "mentions": [],
        "attachments": [],
    }
