"""The simulated Web API is asked by slack_sdk, and its requests go through slack_bolt's own checks."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import ClientSession, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bots.simulator import SlackSimulator, UnknownName, World
from tests.simulator.conftest import Listener

SECRET = "signing-secret"
TOKEN = "xoxb-simulated-bot-token"


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(text: str, **keys: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), "action_id": text, **keys}


BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": plain("Kudos!")},
    {"type": "section", "text": {"type": "mrkdwn", "text": "*well done* &lt;3"}},
    {"type": "actions", "elements": [button("Second it", value="token")]},
]
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "give",
    "title": plain("Give"),
    "submit": plain("Send"),
    "blocks": [
        {
            "type": "input",
            "block_id": "b",
            "label": plain("Why"),
            "element": {"type": "plain_text_input", "action_id": "why"},
        },
        {"type": "input", "label": plain("Who"), "element": {"type": "multi_users_select", "action_id": "who"}},
    ],
}


@pytest.fixture
async def sim(world: World, listener: Listener) -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(world, bot_url=listener.url, signing_secret=SECRET, retry_delays=(0, 0)) as simulator:
        yield simulator


@pytest.fixture
async def client(sim: SlackSimulator) -> AsyncIterator[AsyncWebClient]:
    async with ClientSession() as session:
        yield AsyncWebClient(token=TOKEN, base_url=sim.api_url, session=session)


async def test_a_whole_conversation_through_bolt(
    sim: SlackSimulator, client: AsyncWebClient, listener: Listener
) -> None:
    ana, luis = sim.world.person("Ana"), sim.world.person("Luis")
    channel = sim.world.channel("slack", "general", [ana, luis])
    bolt = AsyncApp(client=client, signing_secret=SECRET, process_before_response=True)

    @bolt.command("/kudos")
    async def kudos(ack: Any, command: dict[str, str]) -> None:
        await ack(f"you wrote {command['text']}")
        await client.chat_postMessage(channel=command["channel_id"], text="Kudos", blocks=BLOCKS)
        await client.views_open(trigger_id=command["trigger_id"], view=MODAL)

    @bolt.action("Second it")
    async def second(ack: Any, respond: Any, action: dict[str, str]) -> None:
        await ack()
        await respond(text=f"seconded with {action['value']}", replace_original=True)

    @bolt.view("give")
    async def give(ack: Any, view: dict[str, Any]) -> None:
        values = [next(iter(block.values())) for block in view["state"]["values"].values()]
        assert [value.get("value", value.get("selected_users")) for value in values] == ["x", [luis.slack_id]]
        await ack(response_action="errors", errors={"b": "too short"})

    async def answer(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    listener.answer = answer
    delivery = await sim.slash(ana, channel, "/kudos", "@[Luis] <3 & more")
    assert delivery.status == 200
    await sim.wait_for_private(channel, ana, "you wrote")
    assert parse_qs(listener.bodies[0].decode())["text"] == [f"<@{luis.slack_id}|luis> &lt;3 &amp; more"]
    message = await sim.wait_for_post(channel, "well done <3")
    assert (await sim.press(luis, message, "Second it")).status == 200
    await sim.wait_for_edit(message, "seconded with token")
    view = await sim.wait_for_view(ana)
    with pytest.raises(UnknownName, match="does not submit"):
        await sim.submit(view, {"why": "x"})
    await sim.submit(view, {"why": "x", "who": [luis]})
    assert (view.is_open, view.errors, len(sim.posts(channel))) == (True, {"b": "too short"}, 1)


async def test_views_are_told_apart_and_start_as_they_were_filled_in(
    sim: SlackSimulator, client: AsyncWebClient, listener: Listener
) -> None:
    ana = sim.world.person("Ana")
    options = [{"text": plain("A"), "value": "a"}, {"text": plain("B"), "value": "b"}]
    elements: dict[str, dict[str, Any]] = {
        "who": {"type": "multi_users_select", "initial_users": [ana.slack_id]},
        "one": {"type": "radio_buttons", "options": options, "initial_option": options[1]},
        "all": {"type": "multi_static_select", "options": options, "initial_options": options},
        "why": {"type": "plain_text_input", "initial_value": "x"},
    }
    blocks = [
        {"type": "input", "label": plain(name), "element": {**element, "action_id": name}}
        for name, element in elements.items()
    ]
    for title in ("First", "Second"):
        view = {**MODAL, "title": plain(title), "blocks": blocks}
        await client.views_open(trigger_id=sim.workspace.new_trigger(ana), view=view)
    first, second = sim.views
    await client.views_update(view_id=second.id, view={**MODAL, "title": plain("Third"), "blocks": blocks})
    assert [view.payload["title"]["text"] for view in (first, second)] == ["First", "Third"]
    await sim.submit(second, {"why": "y"})
    sent = json.loads(parse_qs(listener.bodies[-1].decode())["payload"][0])
    values = {name: value for block in sent["view"]["state"]["values"].values() for name, value in block.items()}
    assert values["who"]["selected_users"] == [ana.slack_id]
    assert values["one"]["selected_option"]["value"] == "b"
    assert [option["value"] for option in values["all"]["selected_options"]] == ["a", "b"]
    assert values["why"]["value"] == "y"


async def test_a_view_shows_no_table(sim: SlackSimulator, client: AsyncWebClient) -> None:
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
    with pytest.raises(SlackApiError) as refused:
        await client.views_publish(user_id=sim.world.person("Ana").slack_id, view={"type": "home", "blocks": [table]})
    assert refused.value.response["error"] == "invalid_arguments"


async def test_bolt_refuses_what_is_forged(sim: SlackSimulator, client: AsyncWebClient, listener: Listener) -> None:
    ana = sim.world.person("Ana")
    bolt = AsyncApp(client=client, signing_secret=SECRET, process_before_response=True)

    @bolt.command("/kudos")
    async def kudos(ack: Any) -> None:
        await ack()

    async def answer(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    listener.answer = answer
    honest = sim.form(sim.payloads.slash(ana, sim.world.personal("slack", ana), "/kudos", []), "slash")
    old = sim.raw(honest.body, honest.headers["Content-Type"], "slash", timestamp=1_600_000_000)
    changed = replace(honest, body=honest.body + b"&x=1")
    unsigned = replace(honest, headers={"Content-Type": honest.headers["Content-Type"]})
    assert (await sim.verify_url()).json().keys() == {"challenge"}
    assert [(await sim.courier.deliver(raw)).status for raw in (honest, old, changed, unsigned)] == [200, 401, 401, 401]


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([{"type": "divider"}] * 51, "no more than 50"),
        ([{"type": "header", "text": plain("x" * 151)}], "less than 151"),
        ([{"type": "section", "text": plain("x" * 3001)}], "less than 3001"),
        ([{"type": "section", "text": plain("")}], "more than 0"),
        ([{"type": "actions", "elements": [button("x" * 76)]}], "less than 76"),
        ([{"type": "actions", "elements": [button("x", value="v" * 2001)]}], "2000"),
        ([{"type": "actions", "elements": [button("x"), button("x")]}], "unique"),
        ([{"type": "actions", "elements": []}], "1 to 25"),
        ([{"type": "image", "image_url": "https://example.com/x.png"}], "alt_text"),
        ([{"type": "adaptive"}], "unsupported type"),
    ],
)
async def test_blocks_that_slack_refuses(
    sim: SlackSimulator, client: AsyncWebClient, blocks: list[dict[str, Any]], words: str
) -> None:
    channel = sim.world.channel("slack", "general", [sim.world.person("Ana")])
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=channel.id, text="x", blocks=blocks)
    assert refused.value.response["error"] == "invalid_blocks"
    assert words in refused.value.response["errors"][0]
    assert sim.posts(channel) == []


async def test_errors_in_slacks_words(sim: SlackSimulator, client: AsyncWebClient) -> None:
    ana = sim.world.person("Ana")
    outside = sim.world.channel("slack", "outside", [ana], has_bot=False)
    hidden = sim.world.group("slack", "hidden", [ana], has_bot=False)
    channel = sim.world.channel("slack", "general", [ana])
    said = sim.write(ana, channel, "hello")
    trigger = sim.workspace.new_trigger(ana)
    await client.views_open(trigger_id=trigger, view=MODAL)
    attempts: dict[str, Callable[[], Awaitable[Any]]] = {
        "not_in_channel": lambda: client.chat_postMessage(channel=outside.id, text="x"),
        "channel_not_found": lambda: client.chat_postMessage(channel=hidden.id, text="x"),
        "no_text": lambda: client.api_call("chat.postMessage", params={"channel": channel.id}),
        "msg_too_long": lambda: client.chat_postMessage(channel=channel.id, text="x" * 40_001),
        "cant_update_message": lambda: client.chat_update(channel=channel.id, ts=said.id, text="x"),
        "message_not_found": lambda: client.chat_update(channel=channel.id, ts="1.0", text="x"),
        "user_not_found": lambda: client.users_info(user="U0NOBODY"),
        "users_not_found": lambda: client.users_lookupByEmail(email="nobody@example.com"),
        "user_not_in_channel": lambda: client.chat_postEphemeral(
            channel=channel.id, user=sim.world.person("Tom").slack_id, text="x"
        ),
        "exchanged_trigger_id": lambda: client.views_open(trigger_id=trigger, view=MODAL),
        "invalid_trigger_id": lambda: client.views_open(trigger_id="1.1", view=MODAL),
        "unknown_method": lambda: client.api_call("chat.shout"),
        "invalid_auth": lambda: AsyncWebClient(token="xoxb-wrong", base_url=sim.api_url).auth_test(),
    }
    for error, attempt in attempts.items():
        with pytest.raises(SlackApiError) as refused:
            await attempt()
        assert refused.value.response["error"] == error
    sim.faults.throttle(retry_after=9)
    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel=channel.id, text="x")
    assert (limited.value.response.status_code, limited.value.response.headers["Retry-After"]) == (429, "9")
    assert sim.posts(channel) == []


async def test_private_answers_and_response_urls(sim: SlackSimulator, client: AsyncWebClient) -> None:
    ana, luis = sim.world.person("Ana"), sim.world.person("Luis")
    channel = sim.world.channel("slack", "general", [ana, luis])
    opened = await client.conversations_open(users=ana.slack_id)
    await client.chat_postMessage(channel=opened["channel"]["id"], text="psst")
    assert (await sim.wait_for_post(sim.world.personal("slack", ana))).text == "psst"
    await client.chat_postEphemeral(channel=channel.id, user=luis.slack_id, text="only you")
    assert [message.text for message in sim.posts(channel, visible_to=luis)] == ["only you"]
    assert sim.posts(channel) == []
    url = sim.payloads.slash(ana, channel, "/kudos", [])["response_url"]
    async with ClientSession() as session:
        statuses = [(await session.post(url, json={"text": str(number)})).status for number in range(6)]
    assert statuses == [200] * 5 + [404]
    assert len(sim.posts(channel, visible_to=ana)) == 5


async def test_events_are_repeated_with_the_same_id(sim: SlackSimulator, listener: Listener) -> None:
    ana = sim.world.person("Ana")
    channel = sim.world.channel("slack", "general", [ana])

    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=503)

    listener.answer = fail
    assert await sim.say(ana, channel, "not for the bot") is None
    last = await sim.say(ana, channel, "@[Plaudit] hello")
    assert last is not None
    assert [headers.get("X-Slack-Retry-Num") for headers in listener.headers] == [None, "1", "2"]
    assert len(set(listener.bodies)) == 1
    assert [delivery.status for delivery in sim.deliveries] == [503] * 3
    await sim.slash(ana, channel, "/kudos")
    assert "dispatch_failed" in sim.transcript.entries[-1].text


async def test_people_edit_and_delete(sim: SlackSimulator, listener: Listener) -> None:
    ana = sim.world.person("Ana")
    channel = sim.world.channel("slack", "general", [ana])
    message = sim.write(ana, channel, "thnaks @[Luis]")
    await sim.edit(message, "thanks @[Luis]")
    await sim.delete(message)
    changed, deleted = (json.loads(body)["event"] for body in listener.bodies)
    assert (changed["subtype"], changed["message"]["ts"]) == ("message_changed", message.id)
    assert changed["previous_message"]["text"].startswith("thnaks <@U")
    assert changed["message"]["text"].startswith("thanks <@U")
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", message.id)
    assert [entry.kind for entry in sim.transcript.entries] == ["said", "edited", "deleted"]
