"""Every way a call can end → the reason that the outbox acts on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import ClientTimeout, web
from aiohttp.test_utils import TestServer

from bots.sending import Ambiguous, Permanent, RetryAfter, SendError, Transient
from bots.slack import api
from bots.slack.api import Api

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Opener = Callable[[Handler], Awaitable[Api]]

CODES: list[tuple[str, type[SendError], bool]] = [
    ("channel_not_found", Permanent, True),
    ("not_in_channel", Permanent, True),
    ("is_archived", Permanent, True),
    ("account_inactive", Permanent, False),
    ("invalid_auth", Permanent, False),
    ("token_revoked", Permanent, False),
    ("missing_scope", Permanent, False),
    ("invalid_blocks", Permanent, False),
    ("msg_too_long", Permanent, False),
    ("message_not_found", Permanent, False),
    ("cant_update_message", Permanent, False),
    ("user_not_found", Permanent, False),
    ("restricted_action", Permanent, False),
    ("something_new", Permanent, False),
    ("internal_error", Ambiguous, False),
    ("fatal_error", Ambiguous, False),
    ("service_unavailable", Transient, False),
    ("request_timeout", Transient, False),
    ("ratelimited", RetryAfter, False),
]


@pytest.fixture
async def opened() -> AsyncIterator[Opener]:
    """Start a server with one handler; an Api that calls it."""
    running: list[tuple[TestServer, Api]] = []

    async def open_one(handler: Handler) -> Api:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        server = TestServer(app)
        await server.start_server()
        running.append((server, Api(token="xoxb-secret", url=str(server.make_url("/api/")))))
        return running[-1][1]

    yield open_one
    for server, client in running:
        await client.close()
        await server.close()


def answering(response: Callable[[], web.StreamResponse]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        await request.read()
        return response()

    return handle


async def failure(client: Api, *, repeatable: bool = False) -> SendError:
    with pytest.raises(SendError) as caught:
        await client.call("chat.postMessage", {"channel": "C1", "text": "canary"}, repeatable=repeatable)
    assert "canary" not in caught.value.reason
    assert "xoxb" not in caught.value.reason
    return caught.value


@pytest.mark.parametrize(("code", "kind", "is_gone"), CODES, ids=[code for code, _, _ in CODES])
async def test_code(opened: Opener, code: str, kind: type[SendError], is_gone: bool) -> None:
    client = await opened(answering(lambda: web.json_response({"ok": False, "error": code})))
    error = await failure(client)
    assert type(error) is kind
    assert code in error.reason
    assert getattr(error, "gone", False) is is_gone


async def test_too_many_requests(opened: Opener) -> None:
    limited = {"ok": False, "error": "ratelimited"}
    client = await opened(answering(lambda: web.json_response(limited, status=429, headers={"Retry-After": "17"})))
    error = await failure(client)
    assert isinstance(error, RetryAfter)
    assert error.seconds == 17.0
    assert "chat.postMessage" in error.reason


@pytest.mark.parametrize("said", ["", "soon", "-5", "nan", "1e400"])
async def test_too_many_requests_for_an_unsaid_time(opened: Opener, said: str) -> None:
    client = await opened(answering(lambda: web.Response(text="slow down", status=429, headers={"Retry-After": said})))
    error = await failure(client)
    assert isinstance(error, RetryAfter)
    assert error.seconds == 30.0


@pytest.mark.parametrize(
    ("status", "kind"), [(500, Ambiguous), (502, Ambiguous), (504, Ambiguous), (503, Transient), (404, Permanent)]
)
@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/json"])
async def test_status_without_a_code(opened: Opener, status: int, kind: type[SendError], content_type: str) -> None:
    client = await opened(
        answering(lambda: web.Response(text="<h1>oops</h1>", status=status, content_type=content_type))
    )
    assert type(await failure(client)) is kind


@pytest.mark.parametrize(
    ("text", "content_type"),
    [("<h1>Log in</h1>", "text/html"), ("ok", "text/plain"), ("{", "application/json"), ("[]", "application/json")],
)
async def test_a_page_that_says_200(opened: Opener, text: str, content_type: str) -> None:
    client = await opened(answering(lambda: web.Response(text=text, content_type=content_type)))
    assert type(await failure(client)) is Ambiguous


async def test_redirects_are_not_followed(opened: Opener) -> None:
    visited = []

    async def handle(request: web.Request) -> web.StreamResponse:
        visited.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    await failure(await opened(handle))
    assert visited == ["/api/chat.postMessage"]


async def test_dropped_connection(opened: Opener) -> None:
    calls = []

    async def handle(request: web.Request) -> web.StreamResponse:
        calls.append(await request.read())
        assert request.transport
        request.transport.close()
        return web.Response()

    client = await opened(handle)
    assert type(await failure(client)) is Ambiguous
    assert len(calls) == 1  # the SDK would post again by itself
    assert type(await failure(client, repeatable=True)) is Transient


async def test_nobody_listens(unused_tcp_port: int) -> None:
    client = Api(token="xoxb-secret", url=f"http://127.0.0.1:{unused_tcp_port}")
    assert type(await failure(client)) is Transient
    await client.close()


async def test_no_answer_in_time(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    released = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    client = await opened(handle)
    monkeypatch.setattr(api, "TIMEOUT", ClientTimeout(total=0.1))
    assert type(await failure(client)) is Ambiguous
    released.set()


def test_ten_seconds() -> None:
    assert api.TIMEOUT.total == 10


RESPONSE_URL: list[tuple[int, str, type[SendError]]] = [
    (404, '{"ok":false,"error":"expired_url"}', Permanent),
    (404, "expired_url", Permanent),
    (410, "", Permanent),
    (200, '{"ok":false,"error":"used_url"}', Permanent),
    (200, '{"ok":false,"error":"no text here <b>"}', Permanent),
    (200, "{", Ambiguous),
    (500, "", Ambiguous),
    (503, "", Transient),
    (429, "", RetryAfter),
    (302, "", Ambiguous),
]


@pytest.mark.parametrize(("status", "text", "kind"), RESPONSE_URL)
async def test_response_url(opened: Opener, status: int, text: str, kind: type[SendError]) -> None:
    client = await opened(answering(lambda: web.Response(status=status, text=text)))
    with pytest.raises(SendError) as caught:
        await client.respond(str(client._url) + "hook", {"text": "hi"})
    assert type(caught.value) is kind
    assert "<b>" not in caught.value.reason


@pytest.mark.parametrize("text", ["ok", "", '{"ok":true}'])
async def test_response_url_accepted(opened: Opener, text: str) -> None:
    client = await opened(answering(lambda: web.Response(text=text)))
    await client.respond(str(client._url) + "hook", {"text": "hi"})


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/x",
        "https://hooks.slack.com@evil.example/x",
        "https://evil.example/hooks.slack.com",
        "https://hooks.slack.com:8443/x",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "/relative",
        "https://[",
        "",
    ],
)
async def test_response_url_elsewhere(url: str) -> None:
    client = Api(token="xoxb-secret", url="https://slack.com/api/")
    with pytest.raises(Permanent):
        await client.respond(url, {"text": "hi"})
    assert client._line._session is None  # no connection was even prepared


@pytest.mark.parametrize(
    ("api_url", "url"),
    [
        ("https://slack.com/api/", "https://hooks.slack.com/commands/T1/1/x"),
        ("https://slack-gov.com/api/", "https://hooks.slack-gov.com/commands/T1/1/x"),
        ("http://127.0.0.1:8080/api/", "http://127.0.0.1:8080/actions/T1/1/x"),
    ],
)
def test_response_url_of_slack(api_url: str, url: str) -> None:
    assert Api(token="x", url=api_url)._is_slack(url)
