"""Platform-neutral words: what arrives (`Incoming`), what a command answers (`Reply`), and what an adapter must be (`Platform`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from cards.model import Card
from cards.render import Context, Rendered

PlatformName = Literal["teams", "slack", "telegram"]


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account as a platform names it. `name` never identifies anybody; `also` holds further ids of the same
    account (Teams: the Entra object id beside the 29: id); `foreign` says that the payload itself shows no colleague."""

    remote_id: str
    name: str = ""
    also: tuple[str, ...] = ()
    foreign: Literal["", "bot", "guest", "stranger"] = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the platform's directory says about an account; `email` only if the platform vouches for it."""

    name: str
    email: str | None = None
    also: tuple[str, ...] = ()
    foreign: Literal["", "bot", "guest", "stranger"] = ""
    locale: str | None = None
    time_zone: str | None = None


class PlaceKind(StrEnum):
    PERSONAL = "personal"
    GROUP = "group"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation. `tenant` is the Teams tenant, the Slack team or the Telegram bot's id.

    `remote_id` names the conversation without its thread. `reference` is what the adapter needs to write there on its own
    later (Teams: service_url), strings only, stored with the conversation. `thread` is where an answer belongs.
    """

    platform: PlatformName
    tenant: str
    remote_id: str
    kind: PlaceKind
    name: str = ""
    reference: Mapping[str, str] = field(default_factory=dict)
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """A hand-typed @name: shown back, never resolved."""

    name: str


Part = str | Account | Typed


@dataclass(frozen=True, slots=True)
class Said:
    """A message to the bot, the bot's own mention removed. `parts` keeps text and people in their order; `replied_to` is the
    author of the message it answers (Telegram), a receiver if no other is named."""

    parts: tuple[Part, ...]
    message_id: str = ""
    replied_to: Account | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button on the message `message_id`; `interaction` is what the platform wants back (callback query, response_url)."""

    token: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    message_id: str = ""
    interaction: str = ""
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """The author changed a message; `parts` is its new text, `replied_to` as in `Said`."""

    message_id: str
    parts: tuple[Part, ...]
    replied_to: Account | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    message_id: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """The bot was added to the place, or (personal) the person started it. `payload` is a deep link's argument."""

    payload: str = ""
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The bot was removed from the place or blocked; a place without `remote_id` is the whole tenant."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The place has a new id (Telegram's supergroups)."""

    remote_id: str


Act = Said | Pressed | Edited | Deleted | Arrived | Gone | Moved


@dataclass(frozen=True, slots=True)
class Incoming:
    """One delivery of a platform. (platform, tenant, delivery_id) is what repeats are recognised by.

    `repeat_guard` asks that the same words by the same person within 30 s count once (Slack's slash commands have no id that
    survives a second try). `response_url` is where a late private answer may go. `answers_in_body`: the HTTP response itself
    carries the answer; otherwise it travels through the outbox.
    """

    place: Place
    delivery_id: str
    sender: Account
    act: Act
    repeat_guard: bool = False
    response_url: str = ""
    answers_in_body: bool = False


class Manner(StrEnum):
    """How an answer reaches people: a new message, the pressed message rewritten, or a passing note to the presser."""

    POST = "post"
    EDIT = "edit"
    TOAST = "toast"


class Audience(StrEnum):
    """`HERE` is seen by all where it was asked. `PRIVATE` is for the asker's eyes only, if need be in their private chat.
    `QUIET` is nobody's secret: it is whispered to the asker where the platform can whisper, otherwise said where it was asked.
    `ASIDE` is private too, but beside what everybody sees already: where the asker has no private chat with us it is left out.
    """

    HERE = "here"
    QUIET = "quiet"
    PRIVATE = "private"
    ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Reply:
    """A command's intent: which card (`kind`, see `bots.views`) about which rows (`reference`, ids only)."""

    kind: str
    reference: Mapping[str, Any] = field(default_factory=dict)
    audience: Audience = Audience.PRIVATE
    manner: Manner = Manner.POST


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply made ready for an adapter that answers in the HTTP body."""

    rendered: Rendered
    summary: str
    audience: Audience
    manner: Manner


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes. With `private` only `person` (a remote id) may see it; `optional` leaves it out where they cannot
    be written to. In a personal place without `remote_id` the adapter opens the chat with `person`. `message_id` is the
    message to edit, `interaction` the press to answer."""

    place: Place
    person: str = ""
    message_id: str = ""
    reply_to: str = ""
    interaction: str = ""
    response_url: str = ""
    private: bool = False
    optional: bool = False
    manner: Manner = Manner.POST


@dataclass(frozen=True, slots=True)
class Sent:
    """`message_id` is empty where the platform gives none; `place` is set when the adapter opened a private chat."""

    message_id: str = ""
    place: Place | None = None


class SendError(Exception):
    """Why a message did not arrive. `reason` is a short English phrase for the operator, without text or secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetryAfter(SendError):
    """The platform said when to come back (seconds)."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Transient(SendError):
    """Nothing arrived; trying again later may help."""


class Ambiguous(SendError):
    """It may have arrived: the connection broke or timed out after the request was sent. At most one repeat."""


class Permanent(SendError):
    """It never will (blocked, chat gone, invalid). `gone` when the place itself is no longer ours."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone


class ChatClosed(Permanent):
    """A private answer for somebody in a group who has no private chat with us, or closed it; the group itself is open."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """Limits the platform publishes. Per conversation: one message each `gap` seconds on average with bursts of `burst`;
    in all: `per_second` messages over the process."""

    gap: float
    burst: int
    per_second: float


class Platform(Protocol):
    """What `dispatch`, `deliver` and `worker` ask of an adapter. No method is called inside a transaction."""

    name: PlatformName
    can_whisper: bool
    """Whether a message in a group can be shown to one person only."""
    must_answer_presses: bool
    """Whether every press wants an answer of its own (Telegram's clients show a spinner until it comes)."""

    def parse(self, body: Mapping[str, Any]) -> Sequence[Incoming]:
        """Read a stored delivery; empty when it holds nothing for us. Raises ValueError for what the platform never sends."""
        ...

    async def profile(self, account: Account, place: Place) -> Profile | None:
        """Ask the directory. None: it says there is no such account. Raises Transient when it cannot be asked now."""
        ...

    def render(self, card: Card, context: Context) -> Rendered: ...

    def pacing(self, place: Place) -> Pacing: ...

    async def send(self, target: Target, rendered: Rendered, summary: str) -> Sent:
        """Send, edit or toast. Raises a SendError; anything else is a bug of the adapter."""
        ...

    async def close(self) -> None: ...


class Desk(Protocol):
    """What adapters hand deliveries to. Both return only after the database has committed."""

    async def store(
        self, platform: PlatformName, tenant: str, delivery_id: str, conversation: str, body: Mapping[str, Any]
    ) -> None:
        """Keep a delivery (`body` is strict JSON, read later by `Platform.parse`) to be worked on after the 2xx, in order per
        conversation; a repeat is silently the same delivery."""
        ...

    async def answer(self, incoming: Incoming, *, body: Mapping[str, Any], window: float) -> Answer | None:
        """Work on a delivery now. None: nothing to say in the HTTP body (`answers_in_body` is false, or it could not be done
        within `window` seconds, was stored as `body`, and will be answered later)."""
        ...
