"""Platform-neutral words: what arrives (`Incoming`), what a command answers (`Reply`), and what an adapter must be (`Platform`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from bots.gestures import Reacted, Visited
from bots.sending import Pacing
from cards.model import Card
from cards.render import Context, Rendered

PlatformName = Literal["teams", "slack", "telegram", "email"]


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account as a platform names it. `name` never identifies anybody; `also` holds further ids of the same
    account (Teams: the Entra object id beside the 29: id); `foreign` says that the payload itself shows no colleague.
    `is_picked`: chosen among all whom the sender knows on the platform, so that nothing yet says that it is a colleague."""

    remote_id: str
    name: str = ""
    also: tuple[str, ...] = ()
    foreign: Literal["", "bot", "guest", "stranger"] = ""
    is_picked: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What the platform's directory says about an account; `email` only if the platform vouches for it. `remote_id` is the id
    to write to, where the account was asked for by another of its ids."""

    name: str
    email: str | None = None
    also: tuple[str, ...] = ()
    foreign: Literal["", "bot", "guest", "stranger"] = ""
    locale: str | None = None
    time_zone: str | None = None
    remote_id: str = ""


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
    """A name that is no account: hand-typed and never taken for a person; or, with `crowd`, a channel or group of that id."""

    name: str
    crowd: str = ""


Part = str | Account | Typed


@dataclass(frozen=True, slots=True)
class Said:
    """A message to the bot, the bot's own mention removed. `parts` keeps text and people in their order; `replied_to` is the
    author of the message it answers (Telegram), a receiver if no other is named; `answered` the id of that message if it is ours."""

    parts: tuple[Part, ...]
    message_id: str = ""
    replied_to: Account | None = None
    locale: str | None = None
    answered: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button on the message `message_id`; `interaction` is what the platform wants back (callback query, response_url).

    `inputs` and `people` are what a form holds, by the names of its inputs. `wants_form_back`: a refusal is to be answered with
    the same form, filled in as it was, because the platform has no way of its own to show what is wrong with it. `in_view`: it
    was pressed on a page or a form of the presser's own, which is no message.
    """

    token: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    message_id: str = ""
    interaction: str = ""
    locale: str | None = None
    people: Mapping[str, tuple[Account, ...]] = field(default_factory=dict)
    wants_form_back: bool = False
    in_view: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """People who were chosen with the platform's own picker; `request` is the number with which it was shown."""

    request: int
    people: tuple[Account, ...]
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


Act = Said | Pressed | Shared | Edited | Deleted | Reacted | Visited | Arrived | Gone | Moved


class Manner(StrEnum):
    """How an answer reaches people: a new message, the pressed message rewritten, a passing note to the presser, a form that
    opens before the asker (in an HTTP body; elsewhere a message leads to it), or the page that is the asker's own."""

    POST = "post"
    EDIT = "edit"
    TOAST = "toast"
    FORM = "form"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One delivery of a platform. (platform, tenant, delivery_id) is what repeats are recognised by.

    `repeat_guard` asks that the same words by the same person within 30 s count once (Slack's slash commands have no id that
    survives a second try). `response_url` is where a late private answer may go. `answers_in_body`: the HTTP response itself
    carries an answer of the manners `body_takes`; any other travels through the outbox. `in_dialog`: the response is shown in a dialog, every button of
    it too. `is_visiting`: a member brought us into a conversation that we need not be in (Teams' message extension); it is
    answered in the body alone. `is_whispered`: nobody else in the conversation read it, so nobody else reads the answer.
    """

    place: Place
    delivery_id: str
    sender: Account
    act: Act
    repeat_guard: bool = False
    response_url: str = ""
    answers_in_body: bool = False
    body_takes: frozenset[Manner] = frozenset(Manner)
    in_dialog: bool = False
    is_visiting: bool = False
    is_whispered: bool = False

    def carries(self, manner: Manner) -> bool:
        return self.answers_in_body and manner in self.body_takes


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
    """A command's intent: which card (`kind`, see `bots.views`) about which rows (`reference`, ids only). `message_id` is the
    message that an edit is of, where the act itself names none."""

    kind: str
    reference: Mapping[str, Any] = field(default_factory=dict)
    audience: Audience = Audience.PRIVATE
    manner: Manner = Manner.POST
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply made ready for an adapter that answers in the HTTP body. `wrong_input` names the input of a submitted form that
    `summary` is a refusal of; empty if it is none. `reply` is what it was made of, in the workspace with that id."""

    rendered: Rendered
    summary: str
    audience: Audience
    manner: Manner
    wrong_input: str = ""
    reply: Reply | None = None
    workspace_id: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes. With `private` only `person` (a remote id) may see it; `optional` leaves it out where they cannot be
    written to. `quiet`: meant for `person`, and nobody's secret. In a personal place without `remote_id` the adapter opens the
    chat with `person`. `message_id` is the message to edit (of a page: the mark of what it shows already), `interaction` the
    press to answer. `alert`: a passing note that has to be read. `in_dialog` as in `Incoming`."""

    place: Place
    person: str = ""
    message_id: str = ""
    reply_to: str = ""
    interaction: str = ""
    response_url: str = ""
    private: bool = False
    optional: bool = False
    quiet: bool = False
    alert: bool = False
    manner: Manner = Manner.POST
    in_dialog: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """`message_id` is empty where the platform gives none; `place` is set when the adapter opened a private chat."""

    message_id: str = ""
    place: Place | None = None


class Platform(Protocol):
    """What `dispatch`, `deliver` and `worker` ask of an adapter. No method is called inside a transaction."""

    name: PlatformName
    can_whisper: bool
    """Whether a message in a group can be shown to one person only."""
    must_answer_presses: bool
    """Whether every press wants an answer of its own (Telegram's clients show a spinner until it comes)."""
    can_refresh: bool
    """Whether a message in a group can look different to some of its readers (Teams' `refresh`)."""
    asks_by_place: bool
    """Whether `profile` knows only the members of the place it is given (Teams' rosters)."""

    def parse(self, body: Mapping[str, Any]) -> Sequence[Incoming]:
        """Read a stored delivery; empty when it holds nothing for us. Raises ValueError for what the platform never sends."""
        ...

    async def profile(self, account: Account, place: Place) -> Profile | None:
        """Ask the directory. None: it says there is no such account. Raises Transient when it cannot be asked now.

        A personal place without `remote_id` is the account's own chat with us, for a platform that `asks_by_place`.
        """
        ...

    async def members(self, crowd: str, place: Place) -> Sequence[Account] | None:
        """Who is in a channel or group, bots left out, a few hundred at most. None: the platform does not tell. Raises Transient."""
        ...

    def render(self, card: Card, context: Context) -> Rendered: ...

    def pacing(self, place: Place) -> Pacing: ...

    async def send(self, target: Target, rendered: Rendered, summary: str) -> Sent:
        """Send, edit or toast. Raises a SendError; anything else is a bug of the adapter."""
        ...

    async def close(self) -> None: ...
