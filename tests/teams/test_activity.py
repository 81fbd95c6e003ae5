"""Recorded activities → what they mean."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from bots.chat import Account, Act, Arrived, Deleted, Edited, Gone, PlaceKind, Pressed, Said, Typed
from bots.teams.activity import conversation_id, invoked, parse, read_envelope
from tests.teams.stage import recorded

TENANT = "2f3c1b9e-77aa-4d0c-8f55-0a1b2c3d4e5f"
CHANNEL = "19:7b1e0c9d8a7f4e6db5c4a3928170f6e5@thread.tacv2"
MESSAGE = "1763630047123"
LUIS = Account("29:1LuIs7wQe2rT5yUi8oP0aSdFgHjKlZxCvBnM3qWeRtYuIoPaSdFgHjKlZxCvBnM12", "Luis Ortega")
ZOE = Account("29:1ZoE9xCvBnMqWeRtYuIoPaSdFgHjKl4zXcVbNm6QwErTyUiOpAsDfGhJkL0zXcVb34", "Zoë")
ANA = Account("29:1aNa4-qN0sYVtB8Jr0m5d3gkHcZyWxUeTfLpRoIiQb2vC7n6KjMhGfDsAzXwE9r8t", "Ana García")
TOKEN, ANA_OBJECT = "kq3V0cX9pT7nB2yR5wZ8uA", "5d0f6a1c-0f35-4c9a-a8de-3a3c6f0e8a11"
FILLED_IN = Pressed(
    TOKEN,
    {"message": "por el release", "privacy": "public"},
    locale="es-ES",
    people={"people": (Account(ANA_OBJECT), Account("7e1f6a1c-1111-4c9a-a8de-3a3c6f0e8a33"))},
    wants_form_back=True,
)

ACTS: dict[str, Act | None] = {
    "message_channel": Said(
        ("/kudos ", LUIS, " ", ZOE, " por el <release> & más\n#equipo +5"), message_id=MESSAGE, locale="es-ES"
    ),
    "message_personal": Said(("/kudos top",), message_id="1763630047200", locale="es-ES"),
    "message_group_typed": Said(
        ("/badge ", Typed("zoe"), ' "Team Player" mail ana@example.com (', Typed("Luis.Ortega"), ") gracias"),
        message_id="1763630047300",
        locale="es-ES",
    ),
    "message_group_xml": Said(("/kudos ", ANA, " a < b && c\nfin"), message_id="1763630047301", locale="es-ES"),
    "message_update": Edited(MESSAGE, ("/kudos ", ZOE, " por el release")),
    "message_undelete": Edited(MESSAGE, ("/kudos ", ZOE, " por el release")),
    "message_delete": Deleted(MESSAGE),
    "conversation_update_bot_added": Arrived(),
    "conversation_update_person_added": None,
    "conversation_update_bot_removed": Gone(),
    "conversation_update_renamed": None,
    "installation_update_add": Arrived(locale="es-ES"),
    "installation_update_remove": Gone(),
    "invoke_execute": Pressed(
        "kq3V0cX9pT7nB2yR5wZ8uA",
        {"comment": "Bien hecho"},
        message_id="1763630049001",
        locale="es-ES",
        wants_form_back=True,
    ),
    "message_reaction": None,
    "typing": None,
    "message_targeted": Said(("/kudos ", ZOE, " por el release"), locale="es-ES"),
    "extension_fetch_two_people": Said(("kudos",), locale="es-ES"),
    "extension_fetch_meeting": Said(("kudos",), locale="es-ES"),
    "extension_fetch_message": Said(("kudos",), replied_to=Account(ANA_OBJECT, "Ana García"), locale="es-ES"),
    "extension_submit": FILLED_IN,
    "task_fetch": Pressed(TOKEN, message_id="1763630049001", locale="es-ES", wants_form_back=True),
    "task_submit": replace(FILLED_IN, message_id="1763630049001"),
}
DIALOGS = ("extension_fetch_two_people", "extension_fetch_message", "extension_submit", "task_fetch", "task_submit")


@pytest.mark.parametrize(("name", "act"), ACTS.items(), ids=ACTS)
def test_what_a_recorded_activity_means(name: str, act: Act | None) -> None:
    incoming = parse(recorded(name))
    assert [each.act for each in incoming] == ([] if act is None else [act])
    assert all(not each.answers_in_body for each in incoming)


def test_the_place_of_a_channel_message() -> None:
    (incoming,) = parse(recorded("message_channel"))
    place = incoming.place
    assert (place.platform, place.tenant, place.kind) == ("teams", TENANT, PlaceKind.CHANNEL)
    assert (place.remote_id, place.thread) == (CHANNEL, MESSAGE)
    assert conversation_id(place) == f"{CHANNEL};messageid={MESSAGE}"
    assert place.reference == {
        "service_url": f"https://smba.trafficmanager.net/emea/{TENANT}/",
        "bot_id": "28:8d9b5a6e-3c0f-4a1e-9b6d-2f7c1e0a4b55",
        "bot_name": "Plaudit",
        "team_id": "19:Qx3yTz8wVu5sRr2pOo9nMm6lKk3jIi0hGg7fEe4dDc1@thread.tacv2",
    }
    assert incoming.sender == Account(ANA.remote_id, "Ana García", ("5d0f6a1c-0f35-4c9a-a8de-3a3c6f0e8a11",))


@pytest.mark.parametrize(
    ("name", "kind", "place_name"),
    [
        ("message_personal", PlaceKind.PERSONAL, ""),
        ("message_group_typed", PlaceKind.GROUP, ""),
        ("installation_update_add", PlaceKind.CHANNEL, "Praise"),
        ("conversation_update_renamed", PlaceKind.CHANNEL, "Praise"),
        ("extension_fetch_two_people", PlaceKind.GROUP, ""),
        ("extension_fetch_meeting", PlaceKind.GROUP, "Sprint review"),
    ],
)
def test_kinds_and_names_of_places(name: str, kind: PlaceKind, place_name: str) -> None:
    place = read_envelope(recorded(name)).place
    assert (place.kind, place.name, place.thread) == (kind, place_name, "")


def test_the_same_activity_has_the_same_delivery_id_and_no_other_has() -> None:
    ids = {name: read_envelope(recorded(name)).delivery_id for name in ACTS}
    assert ids == {name: read_envelope(recorded(name)).delivery_id for name in ACTS}
    assert len(set(ids.values())) == len(ACTS)
    assert ids["message_channel"] == f"{CHANNEL};messageid={MESSAGE}|{MESSAGE}"
    again = {**recorded("message_update"), "timestamp": "2026-11-20T09:15:31.1234567Z"}
    assert read_envelope(again).delivery_id != ids["message_update"]


def test_a_press_that_is_answered_in_the_body_is_the_same_delivery_as_when_it_was_stored() -> None:
    now, later = invoked(recorded("invoke_execute")), parse(recorded("invoke_execute"))[0]
    assert now is not None
    assert now.answers_in_body
    assert (now.delivery_id, now.act, now.place, now.sender) == (
        later.delivery_id, later.act, later.place, later.sender,
    )  # fmt: skip


@pytest.mark.parametrize(
    "value", [None, [], "x", {}, {"action": None}, {"action": {"data": []}}, {"action": {"data": {"token": 5}}}]
)
def test_a_press_without_a_token_of_ours_is_still_a_press(value: Any) -> None:
    incoming = invoked({**recorded("invoke_execute"), "value": value})
    assert incoming is not None
    assert incoming.act == Pressed("", message_id="1763630049001", locale="es-ES", wants_form_back=True)


def test_nothing_but_the_token_and_texts_comes_out_of_a_payload() -> None:
    body = recorded("invoke_execute")
    body["value"]["action"]["data"] |= {"points": 500, "member_id": True, "tenant": {"id": "x"}, "price": None}
    incoming = invoked(body)
    assert incoming is not None
    assert isinstance(incoming.act, Pressed)
    assert incoming.act.inputs == {"comment": "Bien hecho"}


@pytest.mark.parametrize("name", DIALOGS)
def test_what_is_answered_in_a_dialog_and_where_we_need_not_be(name: str) -> None:
    incoming = invoked(recorded(name))
    assert incoming is not None
    assert (incoming.answers_in_body, incoming.in_dialog) == (True, True)
    assert incoming.is_visiting == name.startswith("extension")
    assert not incoming.is_whispered


def test_what_only_the_bot_can_read_is_whispered() -> None:
    assert [each.is_whispered for each in parse(recorded("message_targeted"))] == [True]
    wrongs: list[Any] = ["true", 1, None, {}]
    for wrong in wrongs:
        body = recorded("message_targeted")
        body["recipient"]["isTargeted"] = wrong
        assert not parse(body)[0].is_whispered


@pytest.mark.parametrize("command", ["", "GiveKudos", "other", None, 5, ["giveKudos"]])
def test_a_command_that_the_app_package_does_not_name_is_not_ours(command: Any) -> None:
    body = recorded("extension_fetch_message")
    body["value"]["commandId"] = command
    assert invoked(body) is None


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ({"user": {"id": "x", "displayName": "Gus", "userIdentityType": "anonymousGuest"}}, Account("x", "Gus", (), "guest")),
        ({"user": {"id": "x", "userIdentityType": "federatedUser"}}, Account("x", "", (), "stranger")),
        ({"user": None, "application": {"id": "x", "displayName": "Bot"}}, Account("x", "Bot", (), "bot")),
        ({"user": {"id": 5}}, None),
        ({"user": []}, None),
        ({}, None),
        (None, None),
        ("x", None),
    ],
)  # fmt: skip
def test_whose_message_the_extension_was_opened_on(sender: Any, expected: Account | None) -> None:
    body = recorded("extension_fetch_message")
    body["value"]["messagePayload"]["from"] = sender
    incoming = invoked(body)
    assert incoming is not None
    assert isinstance(incoming.act, Said)
    assert incoming.act.replied_to == expected


def test_picks_that_are_no_ids_are_not_looked_up() -> None:
    body = recorded("task_submit")
    body["value"]["data"]["people"] = f"{ANA_OBJECT},../../x,{'a' * 300},é,,{ANA_OBJECT},29:1-_z"
    incoming = invoked(body)
    assert incoming is not None
    assert isinstance(incoming.act, Pressed)
    assert incoming.act.people == {"people": (Account(ANA_OBJECT), Account("29:1-_z"))}


def test_a_submit_of_an_old_client_is_a_press() -> None:
    body = {**recorded("message_personal"), "text": "", "value": {"token": "T"}, "replyToId": "1"}
    assert parse(body)[0].act == Pressed("T", message_id="1", locale="es-ES", wants_form_back=True)


@pytest.mark.parametrize(
    ("change", "foreign"),
    [
        ({}, ""),
        ({"role": "bot"}, "bot"),
        ({"id": "28:another-bot"}, "bot"),
        ({"tenantId": "another"}, "stranger"),
        ({"tenantId": TENANT.upper()}, ""),
    ],
)
def test_who_is_foreign_by_the_activity_itself(change: dict[str, str], foreign: str) -> None:
    body = recorded("message_personal")
    body["from"] |= change
    assert parse(body)[0].sender.foreign == foreign


def test_a_tenant_is_named_once_or_not_at_all() -> None:
    body = recorded("message_personal")
    body["channelData"]["tenant"]["id"] = "another"
    assert read_envelope(body).tenant == ""
    del body["channelData"]["tenant"]
    assert read_envelope(body).tenant == TENANT
    del body["conversation"]["tenantId"]
    assert read_envelope(body).tenant == ""


REQUIRED = ["type", "id", "serviceUrl", "channelId", "conversation", "from", "recipient"]
WRONG: list[Any] = [None, "", 7, True, [], {}, {"id": ""}, {"id": 3}, {"id": None}, "x" * 1001]


@pytest.mark.parametrize("key", REQUIRED)
@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: repr(value)[:20])
def test_what_teams_always_sends_is_required(key: str, wrong: Any) -> None:
    body = copy.deepcopy(recorded("message_channel"))
    body[key] = wrong
    with pytest.raises(ValueError, match=r"^\w+ is missing$"):
        parse(body)
    del body[key]
    with pytest.raises(ValueError, match=r"^\w+ is missing$"):
        parse(body)
