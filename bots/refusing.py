"""Saying no: to members in their language, to strangers in the one they ask in."""

from collections.abc import Sequence
from dataclasses import replace

from bots.chat import Act, Arrived, Audience, Incoming, Manner, PlaceKind, Pressed, Reply, Said
from bots.gestures import Visited
from bots.turns import asked_locale
from core.errors import Refusal


class WorkspaceUnknown(Refusal):
    """A private chat with somebody whom no workspace knows."""

    code = "workspace_unknown"


class NotConnected(Refusal):
    """A group that belongs to no workspace."""

    code = "not_connected"


class Refused(Exception):
    """A Refusal to somebody whose language is known. `form` is the submitted form once more, `wrong_input` what to mend in it."""

    def __init__(
        self, refusal: Refusal, locale: str | None, *, form: Reply | None = None, wrong_input: str = ""
    ) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.locale = locale
        self.form = form
        self.wrong_input = wrong_input


def refusal(incoming: Incoming, refused: Refusal | Refused) -> Reply:
    """Say no where it was asked: to a press in passing, to a message with a message, to a form with the form, to a visit on
    the page."""
    known = refused if isinstance(refused, Refused) else Refused(refused, asked_locale(incoming))
    if known.form is not None and isinstance(incoming.act, Pressed) and incoming.act.wants_form_back:
        return replace(known.form, reference={**known.form.reference, "locale": known.locale})
    reference = {"code": known.refusal.code, "details": known.refusal.details, "locale": known.locale}
    if known.wrong_input:
        reference["input"] = known.wrong_input
    return Reply("refusal", reference, Audience.QUIET, _manner(incoming.act))


def _manner(act: Act) -> Manner:
    if isinstance(act, Visited):
        return Manner.PAGE
    return Manner.TOAST if isinstance(act, Pressed) else Manner.POST


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
