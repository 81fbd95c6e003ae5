"""Where an answer goes, by who may see it and what the platform can do."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.addresses import is_for_one, place_key, to_address, to_target
from bots.answering import messages, outgoing
from bots.chat import Account, Audience, Incoming, Manner, Place, PlaceKind, Pressed, Reply, Said, Target
from bots.gestures import Visited
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


@pytest.mark.parametrize("manner", list(Manner))
def test_what_is_pressed_in_a_view_is_answered_in_one_or_by_a_message_of_its_own(manner: Manner) -> None:
    platform: Any = Chat()
    pressed = replace(PRESSED, act=Pressed("token", in_view=True))
    reply = Reply("points", {}, Audience.PRIVATE, manner)
    assert outgoing(platform, pressed, reply).manner is Manner.FORM
    [owed] = messages(platform, pressed, reply, "key")
    assert (owed.address["manner"], owed.scope) == ("post", place_key(GROUP))


def test_a_page_is_told_what_it_shows_and_waits_for_nobody() -> None:
    platform: Any = Chat()
    visit = Incoming(PERSONAL, "d", Account("29:ana"), Visited("mark"))
    [owed] = messages(platform, visit, Reply("home", {}, Audience.PRIVATE, Manner.PAGE), "key")
    assert (owed.address["manner"], owed.address["message_id"]) == ("page", "mark")
    assert owed.scope == place_key(PERSONAL) + ":pages"


def test_private_chats_that_are_not_open_yet_do_not_wait_for_each_other() -> None:
    platform: Any = Chat()
    unopened = replace(SAID, place=replace(PERSONAL, remote_id=""))
    scopes = {
        message.scope
        for person in ("29:ana", "29:luis")
        for message in messages(platform, replace(unopened, sender=Account(person)), Reply("points"), "key")
    }
    assert scopes == {"teams:T:@29:ana", "teams:T:@29:luis"}


def test_a_body_carries_what_it_takes_and_nothing_where_there_is_none() -> None:
    forms = replace(PRESSED, body_takes=frozenset({Manner.FORM}))
    assert not any(forms.carries(manner) for manner in Manner)
    told = replace(forms, answers_in_body=True)
    assert [manner for manner in Manner if told.carries(manner)] == [Manner.FORM]
    assert all(replace(SAID, answers_in_body=True).carries(manner) for manner in Manner)


VISIT = replace(PRESSED, in_dialog=True, is_visiting=True)


@pytest.mark.parametrize("can_whisper", [True, False])
def test_where_we_are_visiting_nobody_but_the_asker_is_told_anything(can_whisper: bool) -> None:
    platform: Any = Chat(can_whisper=can_whisper)
    for audience in (Audience.QUIET, Audience.PRIVATE, Audience.ASIDE):
        for manner in Manner:
            [owed] = messages(platform, VISIT, Reply("points", {}, audience, manner), "key")
            late = to_target(owed.address)
            assert (late.private, late.optional, late.manner, late.message_id) == (True, True, Manner.POST, "")
    assert list(messages(platform, VISIT, Reply("kudos_plain", {}, Audience.HERE), "key")) == []


@pytest.mark.parametrize(
    ("change", "audience", "is_in_dialog"),
    [
        ({"in_dialog": True}, Audience.PRIVATE, True),
        ({"in_dialog": True}, Audience.HERE, True),
        ({"in_dialog": True, "is_visiting": True}, Audience.PRIVATE, True),
        ({"in_dialog": True, "is_visiting": True}, Audience.HERE, False),
        ({}, Audience.PRIVATE, False),
    ],
)
def test_what_the_asker_posts_themselves_leaves_the_dialog(
    change: dict[str, Any], audience: Audience, is_in_dialog: bool
) -> None:
    assert target(replace(PRESSED, **change), audience, can_whisper=False).in_dialog == is_in_dialog


def test_a_form_takes_the_place_of_the_message_it_was_pressed_on_but_not_of_a_dialog() -> None:
    platform: Any = Chat()
    act = replace(PRESSED.act, wants_form_back=True) if isinstance(PRESSED.act, Pressed) else PRESSED.act
    form = Reply("kudos_form", {}, Audience.PRIVATE, Manner.FORM)
    assert outgoing(platform, replace(PRESSED, act=act), form).manner is Manner.EDIT
    assert outgoing(platform, replace(PRESSED, act=act, in_dialog=True), form).manner is Manner.FORM
    assert outgoing(platform, PRESSED, form).manner is Manner.FORM


@pytest.mark.parametrize("audience", Audience)
def test_what_nobody_else_read_is_answered_to_its_sender_alone(audience: Audience) -> None:
    assert target(replace(SAID, is_whispered=True), audience, can_whisper=False).private


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
