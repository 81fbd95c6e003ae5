"""What people do with buttons, forms and shortcuts → `Incoming`."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bots.chat import Account, Incoming, Manner, Place, PlaceKind, Pressed, Said
from bots.slack import metadata
from bots.slack.identity import Identity, NotOurs
from bots.slack.payloads import Channel, Press, Shortcut, ShortcutMessage, State, Submission, Team, User, View

KINDS: Final = frozenset({"block_actions", "view_submission", "view_closed", "message_action", "shortcut"})
SHORTCUTS: Final = frozenset({"give_kudos", "give_kudos_anywhere"})
BARE: Final = "/kudos"

# Slack shows the body of what answers a press or a shortcut to nobody, and that of a submission only to refuse it.
FORMS_ONLY: Final = frozenset({Manner.FORM})
REFUSALS_ONLY: Final = frozenset({Manner.TOAST})

_NAMELESS = frozenset({"directmessage", "privategroup"})
_PEOPLE = frozenset({"users_select", "multi_users_select"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a payload shows them; `teams` are the workspaces that it names with them."""

    remote_id: str
    name: str
    teams: tuple[str | None, ...]

    def account(self, tenant: str) -> Account:
        is_stranger = any(team and team != tenant for team in self.teams)
        foreign: Literal["", "stranger"] = "stranger" if is_stranger else ""
        return Account(self.remote_id, name=self.name, foreign=foreign)


def place_of(tenant: str, channel: str, name: str = "", *, thread: str = "") -> Place:
    """Without a `channel` the person's private chat with us, whichever that is."""
    shown = "" if name in _NAMELESS or name.startswith("mpdm-") else name
    return Place("slack", tenant, channel, _kind(channel, name), name=shown, thread=thread)


def _kind(channel: str, name: str) -> PlaceKind:
    if not channel or channel.startswith("D"):
        return PlaceKind.PERSONAL
    return PlaceKind.GROUP if name.startswith("mpdm-") else PlaceKind.CHANNEL


def read_press(press: Press, identity: Identity) -> Sequence[Incoming]:
    """Buttons only: other elements are read from `state` when a button is pressed, and links carry no value."""
    tokens = [action.value for action in press.actions if action.type == "button" and action.value is not None]
    if not tokens:
        return []
    if press.view is not None:
        return [_in_view(press, press.view, tokens[0], identity)]
    if press.channel is not None:
        return [_in_message(press, press.channel, tokens[0], identity)]
    raise ValueError("a press on neither a message nor a view")


def _in_message(press: Press, channel: Channel, token: str, identity: Identity) -> Incoming:
    """A message that only one person sees has no lasting id: it can be rewritten through its response_url alone."""
    tenant, container = _tenant(press.team, identity), press.container
    thread = container.thread_ts or ""
    act = Pressed(
        token=token,
        inputs=_inputs(press.state),
        message_id="" if container.is_ephemeral else container.message_ts,
        interaction=press.response_url,
    )
    return Incoming(
        place=place_of(tenant, container.channel_id or channel.id, channel.name, thread=thread),
        delivery_id=f"action:{press.trigger_id}",
        sender=_sender(press.user, press.team, tenant),
        act=act,
        response_url=press.response_url,
        body_takes=FORMS_ONLY,
    )


def _in_view(press: Press, view: View, token: str, identity: Identity) -> Incoming:
    """Where the view was asked for is where a message about it belongs; what can be shown is shown in a view again."""
    tenant, carried = _tenant(press.team, identity), metadata.read(view)
    return Incoming(
        place=place_of(tenant, carried.channel, thread=carried.thread),
        delivery_id=f"action:{press.trigger_id}",
        sender=_sender(press.user, press.team, tenant),
        act=Pressed(token, inputs=_inputs(view.state), in_view=True),
        response_url=carried.response_url,
    )


def read_submission(submission: Submission, identity: Identity) -> Incoming:
    """A view may be sent several times, until nothing is wrong with it: its token decides which of them counts."""
    tenant, carried = _tenant(submission.team, identity), metadata.read(submission.view)
    mark = hashlib.sha256(carried.token.encode(errors="surrogatepass")).hexdigest()[:16]
    state = submission.view.state
    act = Pressed(carried.token, inputs=_inputs(state), people=_people(state), in_view=True)
    return Incoming(
        place=place_of(tenant, carried.channel, thread=carried.thread),
        delivery_id=f"view:{submission.view.id}:{mark}",
        sender=_sender(submission.user, submission.team, tenant),
        act=act,
        response_url=carried.response_url,
        body_takes=REFUSALS_ONLY,
    )


def read_shortcut(shortcut: Shortcut, identity: Identity) -> Sequence[Incoming]:
    """A shortcut says a bare command: in answer to the message it was chosen on, or nowhere in particular."""
    if shortcut.callback_id not in SHORTCUTS:
        return []
    tenant, channel, message = _tenant(shortcut.team, identity), shortcut.channel, shortcut.message
    thread = (message.thread_ts if message else None) or ""
    place = place_of(tenant, channel.id, channel.name, thread=thread) if channel else place_of(tenant, "")
    author = _author(shortcut, message, tenant) if message else None
    return [
        Incoming(
            place=place,
            delivery_id=f"shortcut:{shortcut.trigger_id}",
            sender=_sender(shortcut.user, shortcut.team, tenant),
            act=Said((BARE,), replied_to=author),
            response_url=shortcut.response_url,
            body_takes=FORMS_ONLY,
        )
    ]


def _author(shortcut: Shortcut, message: ShortcutMessage, tenant: str) -> Account | None:
    """Nobody for one's own message. Inside an Enterprise Grid the author's team may be given as the organisation's id."""
    if message.bot_id or not message.user:
        named = message.bot_profile.name if message.bot_profile else ""
        return Account(message.user or message.bot_id or "", name=named or message.username, foreign="bot")
    if message.user == shortcut.user.id:
        return None
    team = message.user_team or message.source_team or message.team
    organisation = shortcut.enterprise.id if shortcut.enterprise else ""
    return Person(message.user, "", (team if team != organisation else None,)).account(tenant)


def _tenant(team: Team | None, identity: Identity) -> str:
    """Organisation-wide installations name no team."""
    tenant = identity.team_id or (team.id if team else "")
    if not tenant:
        raise NotOurs("the workspace is not named")
    return tenant


def _sender(user: User, team: Team | None, tenant: str) -> Account:
    return Person(user.id, user.name or user.username, (user.team_id, team.id if team else "")).account(tenant)


def _inputs(state: State | None) -> dict[str, str]:
    """Each input's value under its action id; several choices are joined by commas, empty inputs are left out."""
    read = {name: _value(element) for name, element in _elements(state)}
    return {name: value for name, value in read.items() if value}


def _people(state: State | None) -> dict[str, tuple[Account, ...]]:
    return {
        name: tuple(Account(user) for user in dict.fromkeys(_value(element).split(",")) if user)
        for name, element in _elements(state)
        if element.get("type") in _PEOPLE
    }


def _elements(state: State | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for inputs in (state.values if state else {}).values():
        yield from inputs.items()


def _value(element: Mapping[str, Any]) -> str:
    found = [element[key] for key in element if key == "value" or key.startswith("selected_")]
    chosen = [choice for value in found for choice in (value if isinstance(value, list) else [value])]
    texts = [choice.get("value") if isinstance(choice, dict) else choice for choice in chosen]
    return ",".join(str(text) for text in texts if isinstance(text, (str, int)) and not isinstance(text, bool))
