"""Slack's deliveries → `Incoming`: pure, the same at receipt and when a stored delivery is worked on later."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bots.chat import Incoming, Part, Said
from bots.slack import events, interactions
from bots.slack.identity import Identity
from bots.slack.interactions import Person, place_of
from bots.slack.markup import read_parts
from bots.slack.payloads import Command, Envelope, Interaction, Press, Shortcut, Submission

UMBRELLA: Final = "/plaudit"


def read(body: Mapping[str, Any], identity: Identity) -> Sequence[Incoming]:
    """What a body holds for us, at most one; empty when nothing.

    Raises ValueError for a body that Slack never sends, NotOurs (a ValueError) for an event of another workspace.
    """
    if "command" in body:
        return [_command(Command.model_validate(body), identity)]
    kind = body.get("type")
    if kind == "event_callback":
        return events.read(Envelope.model_validate(body), identity)
    if kind == "block_actions":
        return interactions.read_press(Press.model_validate(body), identity)
    if kind == "view_submission":
        return [interactions.read_submission(Submission.model_validate(body), identity)]
    if kind in {"message_action", "shortcut"}:
        return interactions.read_shortcut(Shortcut.model_validate(body), identity)
    if kind == "view_closed":
        return []
    raise ValueError("neither an event nor a command nor a button")


def installed_team(body: Mapping[str, Any]) -> str:
    """The workspace that a signed body names, for the time in which Slack itself cannot be asked."""
    if "command" in body:
        return Command.model_validate(body).team_id
    if body.get("type") in interactions.KINDS:
        team = Interaction.model_validate(body).team
        return team.id if team else ""
    envelope = Envelope.model_validate(body)
    granted = [grant.team_id for grant in envelope.authorizations if grant.team_id]
    return granted[0] if granted else envelope.team_id


def _command(command: Command, identity: Identity) -> Incoming:
    tenant = identity.team_id or command.team_id
    person = Person(command.user_id, command.user_name, (command.team_id,))
    return Incoming(
        place=place_of(tenant, command.channel_id, command.channel_name),
        delivery_id="trigger:" + command.trigger_id,
        sender=person.account(tenant),
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
