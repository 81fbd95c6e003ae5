"""Where an answer goes, by who may see it and what the platform can do."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.addresses import is_for_one, place_key, to_address, to_target
from bots.answering import messages, outgoing
from bots.chat import Account, Audience, Incoming, Manner, Place, PlaceKind, Pressed, Reply, Said, Target
from core import outbox

GROUP = Place("teams", "T", "19:group", PlaceKind.GROUP, thread="7")
PERSONAL = replace(GROUP, remote_id="a:1", kind=PlaceKind.PERSONAL, thread="")
SAID = Incoming(GROUP, "d", Account("29:ana"), Said(("points",), message_id="42"))
PRESSED = replace(SAID, act=Pressed("token", message_id="41", interaction="query"))


@dataclass
class Chat:
    """What `answering` asks of a platform."""

    can_whisper: bool = False
    must_answer_presses: bool = False


def target(incoming: Incoming, audience: Audience, *, can_whisper: bool) -> Target:
    platform: Any = Chat(can_whisper=can_whisper)
    return outgoing(platform, incoming, Reply("points", {}, audience))


@pytest.mark.parametrize(
    ("audience", "can_whisper", "is_private", "is_optional"),
    [
        (Audience.HERE, False, False, False),
        (Audience.HERE, True, False, False),
        (Audience.QUIET, False, False, False),
        (Audience.QUIET, True, True, False),
        (Audience.PRIVATE, False, True, False),
        (Audience.PRIVATE, True, True, False),
        (Audience.ASIDE, False, True, True),
        (Audience.ASIDE, True, True, True),
    ],
)
def test_who_sees_an_answer(audience: Audience, can_whisper: bool, is_private: bool, is_optional: bool) -> None:
    group = target(SAID, audience, can_whisper=can_whisper)
    assert (group.private, group.optional) == (is_private, is_optional)
    assert (group.reply_to, group.person) == ("42", "29:ana")
    personal = target(replace(SAID, place=PERSONAL), audience, can_whisper=can_whisper)
    assert (personal.private, personal.optional, personal.reply_to) == (False, False, "")
    assert is_for_one(personal)


@pytest.mark.parametrize(
    ("manner", "must_answer", "expected"),
    [
        (Manner.EDIT, True, ["points", "pressed"]),
        (Manner.EDIT, False, ["points"]),
        (Manner.TOAST, True, ["points"]),
        (Manner.TOAST, False, ["points"]),
        (Manner.POST, True, ["points", "pressed"]),
    ],
)
def test_a_press_is_answered_where_the_platform_waits_for_it(
    manner: Manner, must_answer: bool, expected: list[str]
) -> None:
    platform: Any = Chat(must_answer_presses=must_answer)
    owed = list(messages(platform, PRESSED, Reply("points", {}, Audience.HERE, manner), "key"))
    assert [message.kind for message in owed] == expected
    assert len({message.dedup_key for message in owed}) == len(owed)
    assert {message.priority for message in owed} == {outbox.ANSWER}
    is_toast = [message.address.get("manner") == "toast" for message in owed]
    # Passing notes do not wait for their turn in the conversation.
    assert [message.scope.endswith(":toasts") for message in owed] == is_toast


TEXTS = some.text(max_size=8)
PLACES = some.builds(
    Place,
    platform=some.sampled_from(["teams", "slack", "telegram"]),
    tenant=some.text(min_size=1, max_size=8),
    remote_id=TEXTS,
    kind=some.sampled_from(PlaceKind),
    reference=some.dictionaries(TEXTS, TEXTS, max_size=2),
    thread=TEXTS,
)
TARGETS = some.builds(
    Target,
    place=PLACES,
    person=TEXTS,
    message_id=TEXTS,
    reply_to=TEXTS,
    interaction=TEXTS,
    response_url=TEXTS,
    private=some.booleans(),
    optional=some.booleans(),
    manner=some.sampled_from(Manner),
)


@given(TARGETS)
def test_an_address_is_read_as_it_was_written(written: Target) -> None:
    assert to_target(to_address(written)) == written
    assert place_key(to_target(to_address(written)).place) == place_key(written.place)
