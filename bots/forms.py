"""Forms between a command and its view: how one is opened, how it comes back, and which input a refusal is about."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.chat import Account, Audience, Manner, Pressed, Reply, Said
from bots.turn import Turn
from cards.forms import PEOPLE
from core.errors import Refusal
from core.people.queries import Person

_NONCE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Form:
    """`kind` is its view; `wrong_inputs` names the input that a refusal's code is about, where it is not the people."""

    kind: str
    wrong_inputs: Mapping[str, str]

    def wrong_input(self, code: str) -> str:
        return self.wrong_inputs.get(code, PEOPLE)


def opened(turn: Turn, kind: str, *, accounts: tuple[Account, ...] = ()) -> Reply:
    """A form for the one who asked, empty but for people who are chosen already."""
    reference = {
        "reader": turn.member.member_id,
        "place": turn.press.object_id if turn.press else turn.conversation.id,
        "nonce": hashlib.sha256(turn.incoming.delivery_id.encode()).hexdigest()[:_NONCE_LENGTH],
        "people": [account.remote_id for account in accounts],
        "visited": visited(turn),
    }
    return Reply(kind, reference, Audience.PRIVATE, Manner.FORM)


def again(turn: Turn, form: Form, refused: Refusal) -> Reply:
    """The form that was submitted, filled in as it was, with what was wrong."""
    act = turn.incoming.act
    assert isinstance(act, Pressed)
    assert turn.press is not None
    reference: dict[str, Any] = {
        "reader": turn.member.member_id,
        "place": turn.press.object_id,
        "nonce": turn.press.argument,
        "values": dict(act.inputs),
        "people": [account.remote_id for account in act.people.get(PEOPLE, ())],
        "visited": visited(turn),
        "refusal": {"code": refused.code, "details": refused.details},
    }
    return Reply(form.kind, reference, Audience.PRIVATE, Manner.FORM)


def answered(turn: Turn) -> tuple[Account, ...]:
    """The author of the message that a bare command answers, unless they answer themselves: already chosen."""
    act = turn.incoming.act
    if not isinstance(act, Said) or act.replied_to is None:
        return ()
    return () if turn.person(act.replied_to).member_id == turn.member.member_id else (act.replied_to,)


def chosen(turn: Turn) -> list[Person]:
    """The members behind the people that a submitted form holds."""
    act = turn.incoming.act
    assert isinstance(act, Pressed)
    return [turn.person(account) for account in act.people.get(PEOPLE, ())]


def visited(turn: Turn) -> int:
    """The conversation that the asker stands in without us, where only they themselves can post; 0 if there is none."""
    return turn.conversation.id if turn.incoming.is_visiting and turn.conversation.is_gone else 0
