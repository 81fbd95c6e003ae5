"""OAuth and Socket Mode of the simulated Slack, asked by slack_sdk's own clients."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bots.simulator import SlackSimulator, example_world
from bots.simulator.slack import App, Decision

REDIRECT = "https://plaudit.example.com/slack/oauth_redirect"
SECRET = "client-secret"
APP_TOKEN = "xapp-simulated"


@pytest.fixture
async def sim() -> AsyncIterator[SlackSimulator]:
    app = App(client_secret=SECRET, app_token=APP_TOKEN, redirect_urls={REDIRECT})
    async with SlackSimulator(example_world(), bot_url="", signing_secret="x", bot_token="", app=app) as simulator:
        app.decision = Decision(simulator.world.slack_team_id, simulator.world.person("Ana"))
        yield simulator


@pytest.fixture
async def client(sim: SlackSimulator) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(base_url=sim.api_url, session=session)


async def code(sim: SlackSimulator, *, expected: str = "code") -> str:
    """What a person's browser is sent back with."""
    generator = AuthorizeUrlGenerator(
        client_id=sim.app.client_id,
        scopes=["chat:write"],
        redirect_uri=REDIRECT,
        authorization_url=f"{sim.url}/oauth/v2/authorize",
    )
    url = generator.generate("state-1")
    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as answer:
        back = urlsplit(answer.headers["Location"])
    query = parse_qs(back.query)
    assert f"{back.scheme}://{back.netloc}{back.path}" == REDIRECT
    assert query["state"] == ["state-1"]
    return query[expected][0]


async def exchange(sim: SlackSimulator, client: AsyncWebClient, given: str, **changes: str) -> Any:
    credentials = {"client_id": sim.app.client_id, "client_secret": SECRET, "redirect_uri": REDIRECT, **changes}
    return await client.oauth_v2_access(code=given, **credentials)


async def refused(awaited: Any) -> str:
    with pytest.raises(SlackApiError) as error:
        await awaited
    return str(error.value.response["error"])


async def test_a_code_becomes_a_token_once(sim: SlackSimulator, client: AsyncWebClient) -> None:
    given = await code(sim)
    granted = await exchange(sim, client, given)
    assert (granted["token_type"], granted["scope"], granted["is_enterprise_install"]) == ("bot", "chat:write", False)
    assert granted["team"]["id"] == sim.world.slack_team_id
    assert granted["authed_user"]["id"] == sim.world.person("Ana").slack_id
    assert await refused(exchange(sim, client, given)) == "invalid_code"
    client.token = granted["access_token"]
    tested = await client.auth_test()
    assert (tested["team_id"], tested["user_id"]) == (sim.world.slack_team_id, granted["bot_user_id"])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "bad_client_secret"),
        ({"redirect_uri": "https://evil.example/"}, "bad_redirect_uri"),
        ({"code": "0" * 64}, "invalid_code"),
    ],
)
async def test_an_exchange_is_checked(
    sim: SlackSimulator, client: AsyncWebClient, changes: dict[str, str], error: str
) -> None:
    given = await code(sim)
    assert await refused(exchange(sim, client, changes.pop("code", given), **changes)) == error


async def test_a_person_may_say_no(sim: SlackSimulator) -> None:
    sim.app.decision.agrees = False
    assert await code(sim, expected="error") == "access_denied"


async def test_tokens_end(sim: SlackSimulator, client: AsyncWebClient) -> None:
    tokens = [(await exchange(sim, client, await code(sim)))["access_token"] for _ in range(2)]
    assert tokens[0] == tokens[1], "while it stands, the same again"
    client.token = tokens[0]
    assert (await client.auth_revoke())["revoked"] is True
    assert await refused(client.auth_test()) == "token_revoked"
    client.token = (await exchange(sim, client, await code(sim)))["access_token"]
    assert client.token not in tokens
    sim.app.leave(sim.world.slack_team_id)
    assert await refused(client.auth_test()) == "account_inactive"


async def test_slack_sdk_hears_everything_by_its_socket(sim: SlackSimulator, client: AsyncWebClient) -> None:
    heard: list[tuple[str, Any]] = []
    socket = SocketModeClient(app_token=APP_TOKEN, web_client=client, ping_interval=0.2)

    async def hear(_: Any, request: Any) -> None:
        heard.append((request.type, request.payload))
        payload = {"text": "hello"} if request.accepts_response_payload else None
        await socket.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))

    socket.socket_mode_request_listeners.append(hear)
    await socket.connect()  # type: ignore[no-untyped-call]
    await sim.app.sockets.until(1)
    ana = sim.world.person("Ana")
    channel = sim.world.channel("slack", "general", sim.world.people)
    command = await sim.slash(ana, channel, "/kudos", "@[Luis] for it")
    said = await sim.say(ana, channel, "@[Plaudit] hi")
    assert (command.status, command.json()) == (200, {"text": "hello"})
    assert said
    assert (said.status, said.body) == (200, b"")
    assert [kind for kind, _ in heard] == ["slash_commands", "events_api"]
    assert heard[0][1]["command"] == "/kudos"
    assert heard[1][1]["event"]["type"] == "app_mention"
    await sim.app.sockets.refresh()
    await sim.app.sockets.until(1, opened=2)
    assert (await sim.slash(ana, channel, "/kudos", "again")).status == 200
    await socket.close()  # type: ignore[no-untyped-call]
    await asyncio.sleep(0)


async def test_a_ticket_opens_one_connection(sim: SlackSimulator, client: AsyncWebClient) -> None:
    assert await refused(client.apps_connections_open(app_token="xapp-other")) == "invalid_auth"
    url = (await client.apps_connections_open(app_token=APP_TOKEN))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as websocket:
            assert (await websocket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_without_a_connection_nothing_arrives(sim: SlackSimulator) -> None:
    delivery = await sim.slash(sim.world.person("Ana"), sim.world.channel("slack", "general", []), "/kudos")
    assert delivery.status == 0
