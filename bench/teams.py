"""A Teams message from the wire to its acknowledgement, against stock botbuilder with an empty bot.

Ours checks the Bot Connector's token, reads the JSON strictly, runs a turn of the SDK, stores the activity and answers when that
is committed; it is worked on later, and not here. The limit is the SDK as its samples have it: `CloudAdapterBase` with the
authentication that `BotFrameworkAuthenticationFactory` makes and a `TeamsActivityHandler` that does nothing; it keeps nothing.
Both get the same signed activities over 16 kept connections from this very process, and keys from the same server.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import aiohttp
import jwt
from aiohttp import web
from botbuilder.core import CloudAdapterBase
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.schema import Activity
from botframework.connector.auth import BotFrameworkAuthenticationFactory, PasswordServiceClientCredentialFactory
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from pydantic import SecretStr
from sqlalchemy import text

from bench.database import on_database
from bench.figures import Figure, Rate, middle
from bench.wire import CONNECTIONS, Lines, flood, lines, post_request, served
from bots import app
from bots.settings import Settings
from bots.teams.auth import CHANNEL, ISSUER
from bots.teams.keys import ALGORITHM
from bots.teams.platform import PATH
from core.database import Sessions

GOAL = 10
OPERATIONS = {"ours": 1000, "limit": 150}
ROUNDS = 5
CHATS = 50
APP_ID, TENANT = "8d9b5a6e-3c0f-4a1e-9b6d-2f7c1e0a4b55", "2f3c1b9e-77aa-4d0c-8f55-0a1b2c3d4e5f"
SERVICE_URL = "https://smba.trafficmanager.net/emea/"
KEY_ID = "bench-key"
_COUNT = text("SELECT count(*) FROM inbox WHERE state = 'pending'")
_numbers = count(1)


def run() -> list[Figure]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with _keys(key) as metadata_url:
        return on_database(lambda sessions, _: _measure(sessions, key, metadata_url))


async def _measure(sessions: Sessions, key: rsa.RSAPrivateKey, metadata_url: str) -> list[Figure]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        settings = Settings(
            teams_app_id=APP_ID,
            teams_app_password=SecretStr("bench"),
            teams_tenant_ids=(TENANT,),
            teams_openid_metadata_url=metadata_url,
        )
        applications = {"ours": app.build(settings, sessions, http).web, "limit": _stock(metadata_url)}
        reached = {
            name: await stack.enter_async_context(lines(await stack.enter_async_context(served(application))))
            for name, application in applications.items()
        }
        app.freeze()
        ours, limit = await _rounds(reached, _token(key))
    async with sessions.begin(role="ops") as (session, _):
        stored = (await session.execute(_COUNT)).scalar_one()
    assert stored == OPERATIONS["ours"] * (ROUNDS + 1), f"{stored} stored"
    work = (
        f"{stored} activities ours and {OPERATIONS['limit'] * (ROUNDS + 1)} the SDK's way on {CONNECTIONS} connections, median of "
        f"{ROUNDS} interleaved rounds; CPU of this process {ours.cpu:.0f} µs against {limit.cpu:.0f} µs each"
    )
    return [Figure("teams", "activities a second", ours.per_second, limit.per_second, "min", GOAL, work)]


async def _rounds(reached: dict[str, Lines], token: str) -> list[Rate]:
    taken: dict[str, list[Rate]] = {name: [] for name in reached}
    for _ in range(ROUNDS + 1):
        for name, line in reached.items():
            kept = await flood(line, [_request(next(_numbers), token) for _ in range(OPERATIONS[name])])
            taken[name].append(kept)
    return [middle(kept[1:]) for kept in taken.values()]  # the first warms up


def _request(number: int, token: str) -> bytes:
    activity = {
        "type": "message",
        "id": str(1763630047123 + number),
        "timestamp": "2026-11-20T09:14:07.1234567Z",
        "channelId": CHANNEL,
        "serviceUrl": SERVICE_URL,
        "from": {
            "id": "29:1aNa4qN0sYVtB8Jr0m5d3gkHcZyW",
            "name": "Ana García",
            "aadObjectId": "5d0f6a1c-0f35-4c9a-a8de-3a3c6f0e8a11",
        },
        "conversation": {
            "isGroup": True,
            "conversationType": "channel",
            "tenantId": TENANT,
            "id": f"19:{number % CHATS}@thread.tacv2",
        },
        "recipient": {"id": f"28:{APP_ID}", "name": "Plaudit"},
        "text": "<at>Plaudit</at> /kudos <at>Luis</at> for staying late",
        "textFormat": "plain",
        "entities": [
            {"type": "mention", "text": "<at>Plaudit</at>", "mentioned": {"id": f"28:{APP_ID}", "name": "Plaudit"}},
            {
                "type": "mention",
                "text": "<at>Luis</at>",
                "mentioned": {"id": "29:1LuIs7wQe2rT5yUi8oP0a", "name": "Luis"},
            },
        ],
        "channelData": {
            "tenant": {"id": TENANT},
            "team": {"id": "19:team@thread.tacv2"},
            "channel": {"id": "19:1@thread.tacv2"},
        },
        "locale": "es-ES",
    }
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    return post_request(PATH, json.dumps(activity).encode(), headers)


def _token(key: rsa.RSAPrivateKey) -> str:
    """One for the whole bench, as Teams sends one for about an hour."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": APP_ID, "nbf": now - 300, "exp": now + 3600, "serviceurl": SERVICE_URL}
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": KEY_ID})


def _stock(metadata_url: str) -> web.Application:
    authentication = BotFrameworkAuthenticationFactory.create(
        channel_service="",
        validate_authority=True,
        to_channel_from_bot_login_url="https://login.microsoftonline.com/botframework.com",
        to_channel_from_bot_oauth_scope=ISSUER,
        to_bot_from_channel_token_issuer=ISSUER,
        oauth_url=ISSUER,
        to_bot_from_channel_open_id_metadata_url=metadata_url,
        to_bot_from_emulator_open_id_metadata_url=metadata_url,
        credential_factory=PasswordServiceClientCredentialFactory(APP_ID, "bench"),
    )
    adapter, bot = CloudAdapterBase(authentication), TeamsActivityHandler()

    async def receive(request: web.Request) -> web.Response:
        activity = Activity().deserialize(json.loads(await request.read()))
        await adapter.process_activity(request.headers["Authorization"], activity, bot.on_turn)
        return web.Response(status=202)

    application = web.Application()
    application.router.add_post(PATH, receive)
    return application


@contextmanager
def _keys(key: rsa.RSAPrivateKey) -> Iterator[str]:
    """The URL of the document that leads to the Bot Connector's keys, served by a thread: the SDK asks without letting others on."""
    jwk = {
        **RSAAlgorithm.to_jwk(key.public_key(), as_dict=True),
        "kid": KEY_ID,
        "use": "sig",
        "endorsements": [CHANNEL],
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            documents: dict[str, Any] = {"/metadata": {"jwks_uri": f"{url}/keys"}, "/keys": {"keys": [jwk]}}
            body = json.dumps(documents[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{url}/metadata"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
