"""Recorded deliveries → Incoming: the same at receipt and from the inbox."""

import pytest

from bots.chat import (
    Account,
    Act,
    Arrived,
    Deleted,
    Edited,
    Gone,
    Incoming,
    Manner,
    Place,
    PlaceKind,
    Pressed,
    Said,
    Typed,
)
from bots.gestures import Reacted, Visited
from bots.slack.identity import Identity, NotOurs
from bots.slack.inbound import installed_team, read
from bots.slack.interactions import FORMS_ONLY, KINDS, REFUSALS_ONLY
from tests.slack.slack_side import BOT, NOT_FOR_US, RECORDED, TEAM, recorded

US = Identity(TEAM, BOT, "B0PLAUDIT", confirmed=True)
ANA = Account("U0ANA0001")
LUIS = Account("U0LUIS001")
OURSELVES = Account(BOT, foreign="bot")
TS = "1795600001.000100"


def channel(thread: str = "", name: str = "") -> Place:
    return Place("slack", TEAM, "C0GENERAL", PlaceKind.CHANNEL, name=name, thread=thread)


DIRECT = Place("slack", TEAM, "D0ANABOT1", PlaceKind.PERSONAL)
MENTION_PARTS = (
    "kudos ",
    LUIS,
    " for R&D <3 with ",
    Typed("marta"),
    " and @channel see the notes #teamwork",
)

EVENTS: list[tuple[str, Place, Account, Act]] = [
    ("app_mention", channel(), ANA, Said(MENTION_PARTS, TS)),
    ("app_mention_in_thread", channel(TS), ANA, Said(MENTION_PARTS, "1795600002.000200")),
    ("app_mention_by_stranger", channel(), Account("U0EVE0001", foreign="stranger"), Said(MENTION_PARTS, TS)),
    ("message_im", DIRECT, ANA, Said(("/points",), TS)),
    ("message_im_file", DIRECT, ANA, Said(("kudos ", LUIS, " look"), TS)),
    ("message_changed", DIRECT, ANA, Edited(TS, ("kudos ", LUIS, " thanks"))),
    ("message_changed_mention", channel(), ANA, Edited(TS, ("kudos ", LUIS, " b"))),
    ("message_deleted", DIRECT, ANA, Deleted(TS)),
    ("message_deleted_with_replies", DIRECT, ANA, Deleted(TS)),
    ("member_joined_channel", channel(), ANA, Arrived()),
    ("channel_left", channel(), OURSELVES, Gone()),
    ("reaction_added_thumb", channel(), ANA, Reacted("1795600010.000900", "👍", added=True)),
    ("reaction_removed_thumb", channel(), ANA, Reacted("1795600010.000900", "👍", added=False)),
    ("app_home_opened", DIRECT, ANA, Visited("0123456789abcdef")),
    ("app_home_opened_first", DIRECT, ANA, Visited()),
    ("app_uninstalled", Place("slack", TEAM, "", PlaceKind.CHANNEL), OURSELVES, Gone()),
]


@pytest.mark.parametrize(("name", "place", "sender", "act"), EVENTS, ids=[event[0] for event in EVENTS])
@pytest.mark.parametrize("identity", [US, Identity()], ids=["known", "not yet known"])
def test_event(name: str, place: Place, sender: Account, act: Act, identity: Identity) -> None:
    body = recorded(name)
    if identity == Identity() and name == "app_uninstalled":
        sender = Account("", foreign="bot")
    # Whose installation it is stands in the envelope too.
    assert read(body, identity) == [Incoming(place, "event:" + body["event_id"], sender, act)]


@pytest.mark.parametrize("name", NOT_FOR_US)
def test_not_for_us(name: str) -> None:
    assert read(recorded(name), US) == []


def test_every_recording_is_read_or_refused() -> None:
    names = {path.stem for path in RECORDED.glob("*.json")} - {"url_verification", "app_mention_other_workspace"}
    assert len(names) == 43
    for name in names:
        read(recorded(name), US)


@pytest.mark.parametrize("subtype", ["bot_message", "channel_join", "channel_topic", "message_replied", "reminder_add"])
def test_what_nobody_said(subtype: str) -> None:
    body = recorded("message_im")
    body["event"]["subtype"] = subtype
    assert read(body, US) == []


def test_bots_in_direct_messages_and_mentions() -> None:
    for name in ("message_im", "app_mention"):
        body = recorded(name)
        body["event"]["bot_id"] = "B0OTHER01"
        assert read(body, US) == []


def test_removed_by_somebody() -> None:
    body = recorded("member_joined_channel")
    body["event"]["type"] = "member_left_channel"
    assert [incoming.act for incoming in read(body, US)] == [Gone()]


def test_group_direct_message() -> None:
    body = recorded("message_changed_mention")
    body["event"]["channel_type"] = "mpim"
    assert read(body, US)[0].place.kind is PlaceKind.GROUP


def test_a_colleague_from_the_same_organisation_is_no_stranger() -> None:
    body = recorded("app_mention")
    body["authorizations"][0]["enterprise_id"] = "E0ACME001"
    body["event"]["user_team"] = "E0ACME001"
    assert read(body, US)[0].sender.foreign == ""
    body["event"]["user_team"] = "E0OTHER01"
    assert read(body, US)[0].sender.foreign == "stranger"


def test_command() -> None:
    [incoming] = read(recorded("slash_kudos"), US)
    assert incoming == Incoming(
        place=channel(name="general"),
        delivery_id="trigger:13345224609.738474920.8088930838d88f008e0",
        sender=Account("U0ANA0001", "ana"),
        act=Said(("/kudos ", Account("U0LUIS001", "luis"), " thanks for the payload fix & more")),
        repeat_guard=True,
        response_url="https://hooks.slack.com/commands/T0ACME001/1234567890/AbCdEfGhIj",
    )


@pytest.mark.parametrize(
    ("command", "text", "parts"),
    [
        ("/plaudit", "kudos <@U0LUIS001> hi", ("kudos ", LUIS, " hi")),
        ("/Plaudit", "  points ", ("points",)),
        ("/plaudit", "", ()),
        ("/points", "", ("/points",)),
        ("/leaderboard", " month", ("/leaderboard month",)),
        ("/kudos", "<@U0PLAUDIT> hi", ("/kudos ", Account(BOT), " hi")),
        ("/kudos", "@luis hi", ("/kudos ", Typed("luis"), " hi")),
        ("/kudos", "&lt;@U0LUIS001&gt; hi", ("/kudos <", Typed("U0LUIS001"), "> hi")),
    ],
)
def test_command_text(command: str, text: str, parts: tuple[object, ...]) -> None:
    [incoming] = read({**recorded("slash_kudos"), "command": command, "text": text}, US)
    assert isinstance(incoming.act, Said)
    assert incoming.act.parts == parts


@pytest.mark.parametrize(
    ("channel_id", "channel_name", "kind", "name"),
    [
        ("C1", "general", PlaceKind.CHANNEL, "general"),
        ("D1", "directmessage", PlaceKind.PERSONAL, ""),
        ("G1", "privategroup", PlaceKind.CHANNEL, ""),
        ("G1", "mpdm-ana--luis--eva-1", PlaceKind.GROUP, ""),
    ],
)
def test_command_place(channel_id: str, channel_name: str, kind: PlaceKind, name: str) -> None:
    body = {**recorded("slash_kudos"), "channel_id": channel_id, "channel_name": channel_name}
    assert read(body, US)[0].place == Place("slack", TEAM, channel_id, kind, name=name)


def test_command_of_a_stranger() -> None:
    [incoming] = read(recorded("slash_stranger"), US)
    assert (incoming.place.tenant, incoming.sender.foreign) == (TEAM, "stranger")


def test_press() -> None:
    url = "https://hooks.slack.com/actions/T0ACME001/1234567891/KlMnOpQrSt"
    [incoming] = read(recorded("block_actions"), US)
    assert incoming == Incoming(
        place=channel("1795600001.000100", "general"),
        delivery_id="action:13345224609.738474920.8088930838d88f008f0",
        sender=Account("U0ANA0001", "ana"),
        act=Pressed(
            token="tok_3q2-7wAAAAAAAAAAAAAAAA",
            inputs={"people": "U0LUIS001,U0EVA0001", "message": "great <work>", "badge": "7", "tags": "1,2"},
            message_id="1795600010.000900",
            interaction=url,
        ),
        response_url=url,
        body_takes=FORMS_ONLY,
    )


@pytest.mark.parametrize("name", ["block_actions_home", "block_actions_modal"])
def test_press_in_a_view_is_answered_in_one_and_belongs_where_the_view_does(name: str) -> None:
    [incoming] = read(recorded(name), US)
    assert incoming.place == DIRECT
    assert incoming.act == Pressed("tok_3q2-7wAAAAAAAAAAAAAAAA", in_view=True)
    assert incoming.body_takes == frozenset(Manner)


def test_submission() -> None:
    url = "https://hooks.slack.com/commands/T0ACME001/1234567890/AbCdEfGhIj"
    [incoming] = read(recorded("view_submission"), US)
    assert incoming == Incoming(
        place=channel("1795600001.000100"),
        delivery_id="view:V0FORM0001:429e27207b410ce6",
        sender=Account("U0ANA0001", "ana"),
        act=Pressed(
            token="tok_3q2-7wAAAAAAAAAAAAAAAA",
            inputs={
                "people": "U0LUIS001,U0EVA0001",
                "message": "great <work> & more",
                "tags": "teamwork,helpful",
                "place": "7",
            },
            people={"people": (LUIS, Account("U0EVA0001"))},
            in_view=True,
        ),
        response_url=url,
        body_takes=REFUSALS_ONLY,
    )


@pytest.mark.parametrize("name", ["view_submission", "block_actions_home"])
@pytest.mark.parametrize(
    "metadata", ["", "tok", "[]", "{", '{"token": {}, "channel": ["C1"], "thread": 7}', '{"x": "y"}']
)
def test_a_view_that_we_did_not_make_carries_nothing(name: str, metadata: str) -> None:
    body = recorded(name)
    body["view"]["private_metadata"] = metadata
    [incoming] = read(body, US)
    assert incoming.place == Place("slack", TEAM, "", PlaceKind.PERSONAL)
    assert isinstance(incoming.act, Pressed)
    assert incoming.act.token in ("", "tok_3q2-7wAAAAAAAAAAAAAAAA")
    assert incoming.response_url == ""


def test_a_submission_by_a_stranger() -> None:
    body = recorded("view_submission")
    body["user"]["team_id"] = "T0OTHER01"
    assert read(body, US)[0].sender.foreign == "stranger"


AUTHORS: dict[str, Account | None] = {
    "message_action": LUIS,
    "message_action_of_bot": Account("B0BUILDER", "Builder", foreign="bot"),
    "message_action_of_ours": Account(BOT, "Plaudit", foreign="bot"),
    "message_action_of_stranger": Account("U0EVE0001", foreign="stranger"),
}


@pytest.mark.parametrize("name", AUTHORS)
def test_a_message_shortcut_is_a_bare_command_in_answer_to_its_author(name: str) -> None:
    [incoming] = read(recorded(name), US)
    assert incoming.act == Said(("/kudos",), replied_to=AUTHORS[name])
    thread = "1795599000.000100" if AUTHORS[name] in (LUIS, AUTHORS["message_action_of_stranger"]) else ""
    assert incoming.place == channel(thread, "general")
    assert incoming.response_url == "https://hooks.slack.com/app/T0ACME001/1234567892/UvWxYz"
    assert incoming.body_takes == FORMS_ONLY
    assert not incoming.repeat_guard


def test_a_shortcut_on_ones_own_message_chooses_nobody() -> None:
    body = recorded("message_action")
    body["message"]["user"] = "U0ANA0001"
    assert read(body, US)[0].act == Said(("/kudos",))


def test_an_author_from_the_same_organisation_is_no_stranger() -> None:
    body = {**recorded("message_action_of_stranger"), "enterprise": {"id": "T0OTHER01", "name": "Acme"}}
    assert read(body, US)[0].act == Said(("/kudos",), replied_to=Account("U0EVE0001"))


def test_a_shortcut_from_anywhere_is_a_bare_command_in_private() -> None:
    [incoming] = read(recorded("shortcut"), US)
    assert incoming.place == Place("slack", TEAM, "", PlaceKind.PERSONAL)
    assert incoming.act == Said(("/kudos",))
    assert read({**recorded("shortcut"), "callback_id": "another"}, US) == []


@pytest.mark.parametrize(("emoji", "is_read"), [("thumbsup", True), ("tada", False), ("+1x", False), ("👍", False)])
def test_which_reactions_mean_something(emoji: str, is_read: bool) -> None:
    body = recorded("reaction_added_thumb")
    body["event"]["reaction"] = emoji
    assert bool(read(body, US)) is is_read


def test_reactions_to_files_and_our_own_mean_nothing() -> None:
    body = recorded("reaction_added_thumb")
    assert read({**body, "event": {**body["event"], "item": {"type": "file", "file": "F0"}}}, US) == []
    assert read({**body, "event": {**body["event"], "user": BOT}}, US) == []


def test_a_reaction_whose_messages_author_is_not_told_is_read() -> None:
    body = recorded("reaction_added_thumb")
    del body["event"]["item_user"]
    assert len(read(body, US)) == 1


def test_press_on_a_passing_note_names_no_message() -> None:
    [incoming] = read(recorded("block_actions_ephemeral"), US)
    assert isinstance(incoming.act, Pressed)
    assert incoming.act.message_id == ""
    assert incoming.act.interaction


def test_press_by_a_stranger() -> None:
    assert read(recorded("block_actions_by_stranger"), US)[0].sender.foreign == "stranger"


@pytest.mark.parametrize("element", ["multi_users_select", "static_select", "plain_text_input", "overflow"])
def test_other_elements_are_read_with_the_button(element: str) -> None:
    body = recorded("block_actions")
    body["actions"][0]["type"] = element
    assert read(body, US) == []


def test_another_workspace() -> None:
    with pytest.raises(NotOurs):
        read(recorded("app_mention_other_workspace"), US)


@pytest.mark.parametrize("body", [{}, {"type": "block_suggestion"}, {"type": 5}])
def test_what_slack_never_sends_here(body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="neither"):
        read(body, US)


@pytest.mark.parametrize("kind", sorted(KINDS - {"view_closed"}))
def test_what_lacks_what_slack_always_sends(kind: str) -> None:
    with pytest.raises(ValueError, match="validation"):
        read({"type": kind}, US)


@pytest.mark.parametrize(
    "name",
    [
        "app_mention",
        "app_uninstalled",
        "slash_kudos",
        "block_actions",
        "view_submission",
        "view_closed",
        "message_action",
        "shortcut",
    ],
)
def test_installed_team(name: str) -> None:
    assert installed_team(recorded(name)) == TEAM
