"""Recorded updates → what happened."""

from collections.abc import Sequence
from typing import Any

import pytest

from bots.chat import (
    Account,
    Act,
    Arrived,
    Edited,
    Gone,
    Incoming,
    Moved,
    Place,
    PlaceKind,
    Platform,
    Pressed,
    Said,
    Shared,
    Typed,
)
from bots.gestures import Reacted
from bots.telegram.entities import Ourselves
from bots.telegram.platform import TelegramPlatform
from bots.telegram.updates import parse
from tests.telegram.conftest import SECRET, TOKEN, recorded

US = Ourselves("7000000001", "plaudit_bot")
VERBS = {"kudos", "puntos", "points"}
ANA = Account("111111111", "Ana García")
LUIS = Account("222222222", "Luis Ortega")
OTHER = Account("333333333", "Other", foreign="bot")
TOKEN_OF_BUTTON = "tok3n-AbCdEfGhIjKlMnOpQr"


def only(found: Sequence[Incoming]) -> Incoming:
    assert len(found) == 1
    return found[0]


def act(name: str, us: Ourselves = US) -> Act:
    return only(parse(recorded(name), us, VERBS)).act


def said(name: str, us: Ourselves = US) -> Said:
    found = act(name, us)
    assert isinstance(found, Said)
    return found


WORDS: list[tuple[str, tuple[Any, ...]]] = [
    ("private_text", ("kudos for the release, I owe you one",)),
    ("private_caption", ("/kudos Luis look at this",)),
    ("group_text_mention", ("/kudos 👩‍👩‍👧 ", LUIS, " fixed 🚀 https://example.com +5")),
    ("group_addressed", ("/kudos ", Typed("@luis_o"), " and ", OTHER, " great")),
    ("group_mentions_bot", ("hey  points please",)),
    ("group_text_mentions_bot", (" kudos ", LUIS)),
    ("group_verb_to_us", ("Puntos semana",)),
    ("topic_command", ("/kudos to the team",)),
]


@pytest.mark.parametrize(("name", "parts"), WORDS, ids=[name for name, _ in WORDS])
def test_words_and_people_keep_their_order(name: str, parts: tuple[Any, ...]) -> None:
    assert said(name).parts == parts


IGNORED = [
    "private_forwarded",
    "private_sticker",
    "group_addressed_to_other",
    "group_small_talk",
    "group_command_inside",
    "group_chat_to_us",
    "anonymous_admin",
    "linked_channel",
    "edited_small_talk",
    "pressed_inline",
    "pressed_game",
    "bot_promoted",
    "bot_muted",
    "bot_added_to_channel",
    "migrated_from",
    "channel_post",
    "new_members",
    "reaction_other",
    "reaction_by_group",
]


@pytest.mark.parametrize("name", IGNORED)
def test_what_is_not_for_us_is_nothing(name: str) -> None:
    assert parse(recorded(name), US, VERBS) == []


REPLIES = [
    ("group_reply", LUIS),
    ("group_reply_to_other_bot", OTHER),
    ("group_reply_to_anonymous", None),
    ("group_reply_to_us", None),
    ("topic_command", None),
    ("topic_reply", LUIS),
]


@pytest.mark.parametrize(("name", "author"), REPLIES, ids=[name for name, _ in REPLIES])
def test_a_reply_names_the_author_it_answers(name: str, author: Account | None) -> None:
    assert said(name).replied_to == author


def test_place_sender_and_delivery() -> None:
    update = recorded("group_reply")
    incoming = only(parse(update, US, VERBS))
    assert incoming.place == Place("telegram", "7000000001", "-1002233445566", PlaceKind.GROUP, name="Engineering")
    assert incoming.sender == ANA
    assert incoming.delivery_id == f"update:{update['update_id']}"
    assert not incoming.answers_in_body
    spoken = said("group_reply")
    assert (spoken.message_id, spoken.locale) == (str(update["message"]["message_id"]), "es")
    assert only(parse(recorded("private_text"), US, VERBS)).place.kind is PlaceKind.PERSONAL


def test_only_topics_have_threads() -> None:
    assert only(parse(recorded("topic_reply"), US, VERBS)).place.thread == "77"
    assert only(parse(recorded("group_reply"), US, VERBS)).place.thread == ""


def test_another_bot_is_foreign() -> None:
    assert only(parse(recorded("bot_speaks"), US, VERBS)).sender == OTHER


def test_before_the_name_is_known_addressed_commands_wait_and_others_do_not() -> None:
    nameless = Ourselves("7000000001")
    assert parse(recorded("group_addressed"), nameless, VERBS) == []
    assert parse(recorded("group_mentions_bot"), nameless, VERBS) == []
    assert said("group_reply", nameless).parts == ("/kudos for the demo",)


ACTS: list[tuple[str, Act]] = [
    ("private_start_payload", Arrived("join-3_Zx", "es")),
    ("private_start", Arrived("", "es")),
    ("private_start_words", Arrived("", "es")),
    ("bot_added", Arrived("", "es")),
    ("unblocked", Arrived("", "es")),
    ("bot_removed", Gone()),
    ("bot_kicked", Gone()),
    ("bot_muted_outside", Gone()),
    ("blocked", Gone()),
    ("migrated", Moved("-1005566778899")),
    (
        "private_users_shared",
        Shared(
            1330395961,
            (Account("222222222", "Luis Ortega", is_picked=True), Account("333333333", "", is_picked=True)),
            "es",
        ),
    ),
    ("reaction_added", Reacted("81", "👍", added=True)),
    ("reaction_changed", Reacted("81", "👍", added=False)),
    ("pressed_inaccessible", Pressed(TOKEN_OF_BUTTON, {}, "55", "477218588111111112", "es")),
    ("pressed", Pressed(TOKEN_OF_BUTTON, {}, "81", "477218588111111111", "es")),
]


@pytest.mark.parametrize(("name", "expected"), ACTS, ids=[name for name, _ in ACTS])
def test_acts(name: str, expected: Act) -> None:
    assert act(name) == expected


@pytest.mark.parametrize(
    "change", [{"request_id": "7"}, {"users": [{"user_id": "7"}]}, {"users": [7]}, {"request_id": True}]
)
def test_shared_people_of_another_shape_are_refused(change: dict[str, Any]) -> None:
    update = recorded("private_users_shared")
    update["message"]["users_shared"] |= change
    with pytest.raises(ValueError, match="not an update of Telegram's"):
        parse(update, US, VERBS)


def test_who_is_mentioned_in_a_private_chat_is_one_of_all_whom_the_sender_knows() -> None:
    update = recorded("private_text")
    update["message"]["text"] = "kudos Luis"
    entity = {
        "type": "text_mention",
        "offset": 6,
        "length": 4,
        "user": {"id": 222222222, "is_bot": False, "first_name": "Luis"},
    }
    update["message"]["entities"] = [entity]
    spoken = only(parse(update, US, VERBS)).act
    assert isinstance(spoken, Said)
    assert spoken.parts[1] == Account("222222222", "Luis", is_picked=True)
    assert not any(isinstance(part, Account) and part.is_picked for part in said("group_text_mention").parts)


def test_an_edit_brings_the_new_words() -> None:
    update = recorded("edited")
    assert act("edited") == Edited(str(update["edited_message"]["message_id"]), ("/kudos ", LUIS, " +50"))


def test_a_press_belongs_to_the_person_and_the_topic() -> None:
    incoming = only(parse(recorded("pressed"), US, VERBS))
    assert incoming.sender == ANA
    assert (incoming.place.remote_id, incoming.place.thread) == ("-1003344556677", "77")


def test_the_group_that_moved_is_the_old_one() -> None:
    assert only(parse(recorded("migrated"), US, VERBS)).place.remote_id == "-4123456789"


def test_a_name_that_imitates_another_is_still_its_own_id() -> None:
    """Case 37: names and usernames identify nobody."""
    update = recorded("private_text")
    update["message"]["from"] |= {"id": 999, "first_name": "Luis", "last_name": "Ortega", "username": "luis_o"}
    assert only(parse(update, US, VERBS)).sender.remote_id == "999"


def test_mass_mentions_are_text() -> None:
    """Case 18: Telegram has no @everyone; whoever types one has typed a name."""
    text = "/kudos @everyone @channel 𝓽hanks"
    update = recorded("private_text")
    update["message"] |= {
        "text": text,
        "entities": [
            {"offset": 0, "length": 6, "type": "bot_command"},
            {"offset": 7, "length": 9, "type": "mention"},
            {"offset": 17, "length": 8, "type": "mention"},
        ],
    }
    spoken = only(parse(update, US, VERBS)).act
    assert isinstance(spoken, Said)
    assert spoken.parts == ("/kudos ", Typed("@everyone"), " ", Typed("@channel"), " 𝓽hanks")


def test_nested_entities_name_a_person_once() -> None:
    update = recorded("group_text_mention")
    person = update["message"]["entities"][1]
    update["message"]["entities"] += [{**person, "type": "bold"}, {**person, "type": "blockquote"}, person]
    spoken = only(parse(update, US, VERBS)).act
    assert isinstance(spoken, Said)
    assert spoken.parts.count(LUIS) == 1


BROKEN: list[tuple[str, str, Any]] = [
    ("private_text", "message", "text"),
    ("private_text", "message", []),
    ("private_text", "message", {}),
    ("private_text", "message.chat", None),
    ("private_text", "message.chat.id", "111"),
    ("private_text", "message.chat.id", True),
    ("private_text", "message.from.id", "111"),
    ("private_text", "message.from", "Ana"),
    ("private_text", "message.text", 5),
    ("private_text", "message.text", ["a"]),
    ("private_text", "message.date", 10**19),
    ("private_text", "message.message_id", "1"),
    ("group_text_mention", "message.entities", {"offset": 0}),
    ("group_text_mention", "message.entities", [1]),
    ("group_text_mention", "message.entities", [{"offset": 500, "length": 3, "type": "mention"}]),
    ("group_text_mention", "message.entities", [{"offset": -1, "length": 3, "type": "mention"}]),
    ("group_text_mention", "message.entities", [{"offset": 8, "length": 0, "type": "mention"}]),
    ("group_text_mention", "message.entities", [{"offset": 0, "length": 6, "type": "bot_command"}, {"offset": 8, "length": 1, "type": "mention"}]),
    ("group_addressed", "message.entities", [{"offset": 0, "length": 18, "type": "bot_command"}, {"offset": 19, "length": 7, "type": "text_mention"}]),
    ("group_text_mention", "message.entities", [{"offset": "0", "length": 6, "type": "bot_command"}]),
    ("group_reply", "message.reply_to_message", "x"),
    ("pressed", "callback_query.data", 5),
    ("pressed", "callback_query.id", 5),
    ("pressed", "callback_query.from", None),
    ("pressed", "callback_query.message.chat", 5),
    ("bot_added", "my_chat_member.new_chat_member", None),
    ("bot_added", "my_chat_member.new_chat_member", "member"),
    ("migrated", "message.migrate_to_chat_id", "-100"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "value"), BROKEN, ids=[f"{path}={value}" for _, path, value in BROKEN])
def test_shapes_telegram_never_sends_are_refused(name: str, path: str, value: Any) -> None:
    update = recorded(name)
    node = update
    *parents, last = path.split(".")
    for parent in parents:
        node = node[parent]
    node[last] = value
    with pytest.raises(ValueError, match=r".+"):
        parse(update, US, VERBS)


async def test_the_platform_reads_replies_in_every_language() -> None:
    platform: Platform = TelegramPlatform(token=TOKEN, secret=SECRET, api_url="http://127.0.0.1:9", mode="webhook")
    assert only(platform.parse(recorded("group_verb_to_us"))).sender == ANA
    await platform.close()
