from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import BaseTestServer, TestClient

from bots.slack.platform import SlackPlatform
from tests.slack.slack_side import NOW, SECRET, Client, FakeDesk, served
from tests.slack.web_api import FakeSlack


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def slack() -> FakeSlack:
    return FakeSlack()


@pytest.fixture
async def slack_server(slack: FakeSlack) -> AsyncIterator[BaseTestServer]:
    async with slack.served() as server:
        yield server


@pytest.fixture
async def platform(slack_server: BaseTestServer) -> AsyncIterator[SlackPlatform]:
    platform = SlackPlatform(
        signing_secret=SECRET, bot_token="xoxb-test", api_url=str(slack_server.make_url("/api/")), clock=lambda: NOW
    )
    yield platform
    await platform.close()


@pytest.fixture
async def client(platform: SlackPlatform, desk: FakeDesk) -> AsyncIterator[Client]:
    await platform.identify()
    async with TestClient(served(platform, desk)) as client:
        yield client
