"""Slack's deliveries → `Incoming`: pure, the same at receipt and when a stored delivery is worked on later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bots.chat import Account, Act, Incoming, Part, Place, PlaceKind, Pressed, Said
from bots.slack import events
from bots.slack.identity import Identity, NotOurs
from bots.slack.markup import read_parts
from bots.slack.payloads import Command, Envelope, Press

UMBRELLA: Final = "/plaudit"

_NAMELESS = frozenset({"directmessage", "privategroup"})


@dataclass(frozen=True, slots=True)
class _Person:
    remote_id: str
    name: str
    teams: tuple[str | None, ...]


def read(body: Mapping[str, Any], identity: Identity) -> Sequence[Incoming]:
    """What a body holds for us, at most one; empty when nothing.

    Raises ValueError for a body that Slack never sends, NotOurs (a ValueError) for an event of another workspace.
    """
    if "command" in body:
        return [_command(Command.model_validate(body), identity)]
    if body.get("type") == "block_actions":
        return _press(Press.model_validate(body), identity)
    if body.get("type") == "event_callback":
        return events.read(Envelope.model_validate(body), identity)
    raise ValueError("neither an event nor a command nor a button")


def installed_team(body: Mapping[str, Any]) -> str:
    """The workspace that a signed body names, for the time in which Slack itself cannot be asked."""
    if "command" in body:
        return Command.model_validate(body).team_id
    if body.get("type") == "block_actions":
        team = Press.model_validate(body).team
        return team.id if team else ""
    envelope = Envelope.model_validate(body)
    granted = [grant.team_id for grant in envelope.authorizations if grant.team_id]
    return granted[0] if granted else envelope.team_id


def _command(command: Command, identity: Identity) -> Incoming:
    tenant = identity.team_id or command.team_id
    person = _Person(command.user_id, command.user_name, (command.team_id,))
    return Incoming(
        place=_place(tenant, command.channel_id, command.channel_name),
        delivery_id="trigger:" + command.trigger_id,
        sender=_account(person, tenant),
        act=Said(_spoken(command)),
        repeat_guard=True,
        response_url=command.response_url,
    )


def _spoken(command: Command) -> tuple[Part, ...]:
    """The command's name is the verb, except the umbrella's, whose text begins with one."""
    typed = command.text.strip()
    if command.command.lower() == UMBRELLA:
        return read_parts(typed)
    return read_parts(f"{command.command} {typed}".strip())


def _press(press: Press, identity: Identity) -> Sequence[Incoming]:
    """Buttons only: other elements are read from `state` when a button is pressed, and links carry no value."""
    tokens = [action.value for action in press.actions if action.type == "button" and action.value is not None]
    if not tokens:
        return []
    named = press.team.id if press.team else ""  # organisation-wide installations name none
    tenant = identity.team_id or named
    if not tenant:
        raise NotOurs("the workspace is not named")
    person = _Person(press.user.id, press.user.name or press.user.username, (press.user.team_id, named))
    return [
        Incoming(
            place=_place(
                tenant,
                press.container.channel_id or press.channel.id,
                press.channel.name,
                thread=press.container.thread_ts or "",
            ),
            delivery_id="action:" + press.trigger_id,
            sender=_account(person, tenant),
            act=_pressed(press, tokens[0]),
            response_url=press.response_url,
        )
    ]


def _pressed(press: Press, token: str) -> Act:
    """A message that only one person sees has no lasting id: it can be rewritten through its response_url alone."""
    return Pressed(
        token=token,
        inputs=_inputs(press.state.values if press.state else {}),
        message_id="" if press.container.is_ephemeral else press.container.message_ts,
        interaction=press.response_url,
    )


def _account(person: _Person, tenant: str) -> Account:
    foreign: Literal["", "stranger"] = "stranger" if any(team and team != tenant for team in person.teams) else ""
    return Account(person.remote_id, name=person.name, foreign=foreign)


def _place(tenant: str, channel: str, name: str, *, thread: str = "") -> Place:
    shown = "" if name in _NAMELESS or name.startswith("mpdm-") else name
    return Place("slack", tenant, channel, _kind(channel, name), name=shown, thread=thread)


def _kind(channel: str, name: str) -> PlaceKind:
    if channel.startswith("D"):
        return PlaceKind.PERSONAL
    return PlaceKind.GROUP if name.startswith("mpdm-") else PlaceKind.CHANNEL


def _inputs(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Each input's value under its action id; several choices are joined by commas, empty inputs are left out."""
    read = {name: _value(element) for inputs in values.values() for name, element in inputs.items()}
    return {name: value for name, value in read.items() if value}


def _value(element: Mapping[str, Any]) -> str:
    found = [element[key] for key in element if key == "value" or key.startswith("selected_")]
    chosen = [choice for value in found for choice in (value if isinstance(value, list) else [value])]
    texts = [choice.get("value") if isinstance(choice, dict) else choice for choice in chosen]
    return ",".join(str(text) for text in texts if isinstance(text, (str, int)) and not isinstance(text, bool))
