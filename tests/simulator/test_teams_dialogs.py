"""The simulated dialogs, the message extension, refresh and targeted messages refuse what Teams refuses."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bots.simulator import TeamsSimulator, UnknownName, World
from bots.simulator.teams.checks import ConnectorError, check_card
from bots.simulator.world import Conversation
from tests.simulator.conftest import Listener

APP_ID = "11111111-2222-3333-4444-555555555555"
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
OBJECT_ID = "5d0f6a1c-0f35-4c9a-a8de-3a3c6f0e8a11"


def card(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = [{"type": "TextBlock", "text": "Kudos!"}, {"type": "Input.Text", "id": "why"}]
    return {"type": "AdaptiveCard", "version": "1.5", "body": body, "actions": list(actions), **more}


SEND = {"type": "Action.Submit", "title": "Send", "data": {"token": "t"}}
FORM = card(SEND)


def dialog(shown: dict[str, Any] = FORM, **change: Any) -> dict[str, Any]:
    attachment = {"contentType": CARD_TYPE, "content": shown}
    value = {"title": "Plaudit", "width": "medium", "height": "large", "card": attachment, **change}
    return {"task": {"type": "continue", "value": value}}


def result(**change: Any) -> dict[str, Any]:
    preview = {"contentType": "application/vnd.microsoft.card.hero", "content": {"title": "Plaudit"}}
    attachment = {"contentType": CARD_TYPE, "content": card(), "preview": preview, **change}
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": [attachment]}}


@pytest.fixture
async def sim(world: World, listener: Listener) -> AsyncIterator[TeamsSimulator]:
    async with TeamsSimulator(world, bot_url=listener.url, app_id=APP_ID, app_password="pw") as simulator:
        yield simulator


@pytest.fixture
def chat(world: World) -> Conversation:
    return world.group("teams", "Lunch", world.people[:2], has_bot=False)


def answering(listener: Listener, *bodies: Any) -> None:
    waiting = list(bodies)

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(waiting.pop(0))

    listener.answer = answer


async def test_a_dialog_is_opened_filled_in_and_left_in_the_compose_box(
    sim: TeamsSimulator, chat: Conversation, listener: Listener
) -> None:
    ana = sim.world.person("Ana")
    answering(listener, dialog(), dialog(), result())
    opened = await sim.dialogs.extension(ana, chat)
    again = await sim.dialogs.submit(opened, "Send", {"why": "x"})
    composed = await sim.dialogs.submit(again, "Send", {"why": "y"})
    assert (opened.invoked.faults, again.invoked.faults, composed.invoked.faults) == ((), (), ())
    fetch, first, _ = [json.loads(body) for body in listener.bodies]
    assert (fetch["name"], fetch["value"]["commandContext"]) == ("composeExtension/fetchTask", "compose")
    assert first["value"]["data"] == {"token": "t", "why": "x"}
    sent = sim.dialogs.send(composed)
    assert (sent.author, sent.conversation, sent.text) == (ana, chat, "Kudos!\nwhy: <text>")
    with pytest.raises(UnknownName):
        sim.dialogs.send(opened)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"task": None},
        {"task": {"type": "message", "value": ""}},
        {"task": {"type": "close"}},
        dialog(title=""),
        dialog(title="x" * 65),
        dialog(width="huge"),
        dialog(card={"contentType": "text/plain", "content": "x"}),
        dialog(card({"type": "Action.Execute", "title": "Send", "verb": "x"})),
        dialog({**FORM, "version": "2.0"}),
        result(),
    ],
)
async def test_what_teams_cannot_open_is_reported(
    sim: TeamsSimulator, chat: Conversation, listener: Listener, body: Any
) -> None:
    answering(listener, body)
    invoked = await sim.invoke(sim.world.person("Ana"), chat, "composeExtension/fetchTask", {"commandId": "x"})
    assert invoked.faults != ()


@pytest.mark.parametrize(
    "body",
    [
        {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": []}},
        {"composeExtension": {"type": "result", "attachments": result()["composeExtension"]["attachments"]}},
        result(preview={"contentType": CARD_TYPE, "content": card()}),
        result(content={"type": "Nothing"}),
    ],
)
async def test_what_cannot_stand_in_the_compose_box_is_reported(
    sim: TeamsSimulator, chat: Conversation, listener: Listener, body: Any
) -> None:
    answering(listener, body)
    invoked = await sim.invoke(sim.world.person("Ana"), chat, "composeExtension/submitAction", {"commandId": "x"})
    assert invoked.faults != ()


def picker(value: str = "", dataset: str = "graph.microsoft.com/users") -> dict[str, Any]:
    data = {"type": "Data.Query", "dataset": dataset}
    return card(body=[{"type": "Input.ChoiceSet", "id": "p", "choices": [], "choices.data": data, "value": value}])


def refreshed(*user_ids: str, kind: str = "Action.Execute") -> dict[str, Any]:
    return card(refresh={"action": {"type": kind, "verb": "x"}, "userIds": list(user_ids)})


@pytest.mark.parametrize("good", [picker(), picker(OBJECT_ID), picker(f"{OBJECT_ID},{OBJECT_ID}"), refreshed("29:x")])
def test_pickers_and_refresh_that_teams_takes(good: dict[str, Any]) -> None:
    check_card(good)


@pytest.mark.parametrize(
    "bad",
    [
        picker("29:ana"),
        picker(f"{OBJECT_ID},ana"),
        picker(dataset="graph.microsoft.com/groups"),
        refreshed(),
        refreshed(OBJECT_ID),
        refreshed("29:x", kind="Action.Submit"),
        refreshed(*["29:x"] * 61),
    ],
)
def test_pickers_and_refresh_that_teams_does_not_take(bad: dict[str, Any]) -> None:
    with pytest.raises(ConnectorError):
        check_card(bad)


@pytest.mark.parametrize(
    ("recipient", "status", "is_seen"),
    [("Ana", 201, True), ("Tom", 404, False), ("", 400, False)],
)
async def test_a_targeted_message_is_for_one_member_of_the_conversation(
    sim: TeamsSimulator, chat: Conversation, recipient: str, status: int, is_seen: bool
) -> None:
    chat.has_bot = True
    form = {"grant_type": "client_credentials", "client_id": APP_ID, "client_secret": "pw"}
    form["scope"] = "https://api.botframework.com/.default"
    activity: dict[str, Any] = {"type": "message", "text": "for you"}
    if recipient:
        activity["recipient"] = {"id": sim.world.person(recipient).teams_id}
    async with ClientSession() as session:
        async with session.post(f"{sim.url}/{sim.world.tenant_id}/oauth2/v2.0/token", data=form) as answer:
            token = (await answer.json())["access_token"]
        url = f"{sim.url}/v3/conversations/{chat.id}/activities?isTargetedActivity=true"
        async with session.post(url, json=activity, headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status == status
    assert sim.posts(chat) == []
    assert [post.text for post in sim.posts(chat, visible_to=sim.world.person("Ana"))] == ["for you"] * is_seen


async def test_a_slash_command_is_for_the_bot_alone(
    sim: TeamsSimulator, chat: Conversation, listener: Listener
) -> None:
    chat.has_bot = True
    said = await sim.say(sim.world.person("Ana"), chat, "points", targeted=True)
    assert said.delivery is not None
    assert json.loads(listener.bodies[-1])["recipient"]["isTargeted"] is True
    assert said.message.visible_to == sim.world.person("Ana")
    assert (await sim.say(sim.world.person("Ana"), chat, "points")).delivery is None
