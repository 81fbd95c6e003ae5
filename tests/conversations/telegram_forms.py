"""What people do with a form in Telegram: they see one message in their private chat and press, type and choose."""

from collections.abc import Sequence

from bots.simulator import Conversation, Message
from bots.simulator.telegram.chats import button
from tests.conversations.stage import Stage

PEOPLE, WHAT_FOR, TAGS = "👥 Who do you want to thank?", "✏️ What for?", "☰ Tags"
POINTS, WHO_SEES, WHERE = "✏️ Points for each person", "🔁 Who sees it?", "☰ Where does it stand?"
SEND, CANCEL, BACK, CLEAR = "Send", "Cancel", "Back", "Clear"


def chat(stage: Stage, name: str = "Ana") -> Conversation:
    return stage.world.personal("telegram", stage[name])


def form(stage: Stage, name: str = "Ana") -> Message:
    """The latest message of ours in the private chat that has buttons beneath it."""
    return [message for message in stage.telegram.posts(chat(stage, name)) if message.buttons][-1]


def said(stage: Stage, name: str = "Ana") -> str:
    """Our latest message in the private chat."""
    return stage.telegram.posts(chat(stage, name))[-1].text


def noted(stage: Stage) -> str:
    """The latest note that passed over somebody's screen."""
    return next(entry.text for entry in reversed(stage.transcript.entries) if entry.kind == "toast")


def alerts(stage: Stage) -> list[str]:
    """Notes that had to be read."""
    answers = [sent.payload for sent in stage.wire.calls if sent.name == "answerCallbackQuery"]
    return [answer["text"] for answer in answers if answer.get("show_alert") == "true"]


def data_of(message: Message, title: str) -> str:
    """What a button sends back, for whoever keeps it."""
    return str(button(message, title)["callback_data"])


async def open_form(stage: Stage, name: str = "Ana", command: str = "/kudos") -> Message:
    """In the private chat, by the bare command."""
    if not chat(stage, name).has_bot:
        await stage.telegram.press_start(stage[name])
    await say(stage, command, name)
    return form(stage, name)


async def press(stage: Stage, title: str, name: str = "Ana", *, of: Message | None = None) -> Message:
    """A button of the form as it stands."""
    message = of or form(stage, name)
    await stage.telegram.press(stage[name], message, title)
    await stage.quiet()
    return message


async def say(stage: Stage, text: str, name: str = "Ana") -> None:
    await stage.telegram.say(stage[name], chat(stage, name), text)
    await stage.quiet()


async def choose(stage: Stage, names: Sequence[str], name: str = "Ana") -> None:
    """Press the input of people and pick them."""
    await press(stage, PEOPLE, name)
    await stage.telegram.share(stage[name], [stage[each] for each in names])
    await stage.quiet()


async def fill(stage: Stage, names: Sequence[str] = ("Luis",), words: str = "for the demo", name: str = "Ana") -> None:
    """What a kudos needs at least."""
    await choose(stage, names, name)
    await press(stage, WHAT_FOR, name)
    await say(stage, words, name)
