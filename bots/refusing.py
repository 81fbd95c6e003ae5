"""Saying no: to members in their language, to strangers in the one they ask in."""

from collections.abc import Sequence

from bots.chat import Arrived, Audience, Incoming, Manner, PlaceKind, Pressed, Reply, Said
from bots.turns import asked_locale
from core.errors import Refusal


class WorkspaceUnknown(Refusal):
    """A private chat with somebody whom no workspace knows."""

    code = "workspace_unknown"


class NotConnected(Refusal):
    """A group that belongs to no workspace."""

    code = "not_connected"


class Refused(Exception):
    """A Refusal to somebody whose language is known."""

    def __init__(self, refusal: Refusal, locale: str | None) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.locale = locale


def refusal(incoming: Incoming, refused: Refusal | Refused) -> Reply:
    """Say no where it was asked: to a press in passing, to a message with a message."""
    known = refused if isinstance(refused, Refused) else Refused(refused, asked_locale(incoming))
    reference = {"code": known.refusal.code, "details": known.refusal.details, "locale": known.locale}
    manner = Manner.TOAST if isinstance(incoming.act, Pressed) else Manner.POST
    return Reply("refusal", reference, Audience.QUIET, manner)


def outside(incomings: Sequence[Incoming]) -> list[tuple[Incoming, Reply]]:
    """What is said where no workspace is known: a greeting in a group, to everybody else that they are not known."""
    answers = []
    for incoming in incomings:
        is_personal = incoming.place.kind is PlaceKind.PERSONAL
        if isinstance(incoming.act, Arrived) and not is_personal:
            answers.append((incoming, Reply("welcome", {"is_personal": False, "is_connected": False}, Audience.HERE)))
        elif isinstance(incoming.act, Said | Pressed | Arrived) and incoming.sender.foreign != "bot":
            answers.append((incoming, refusal(incoming, WorkspaceUnknown() if is_personal else NotConnected())))
    return answers
