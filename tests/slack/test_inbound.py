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
    Place,
    PlaceKind,
    Pressed,
    Said,
    Typed,
)
from bots.slack.identity import Identity, NotOurs
from bots.slack.inbound import installed_team, read
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
    assert len(names) == 28
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
    )


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


@pytest.mark.parametrize("body", [{}, {"type": "view_submission"}, {"type": "message_action"}, {"type": 5}])
def test_what_slack_never_sends_here(body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="neither"):
        read(body, US)


@pytest.mark.parametrize("name", ["app_mention", "app_uninstalled", "slash_kudos", "block_actions"])
def test_installed_team(name: str) -> None:
    assert installed_team(recorded(name)) == TEAM
