"""Where the bot's own token goes, and where it never does."""

import aiohttp
import pytest

from bots.sending import Transient
from bots.teams.tokens import LOGIN, AccessTokens


@pytest.mark.parametrize(
    "service_url", ["http://127.0.0.1:56150/", "http://localhost:56150/_connector", "http://[::1]:1/"]
)
async def test_entras_token_never_goes_to_a_connector_on_this_machine(service_url: str) -> None:
    async with aiohttp.ClientSession() as session:
        tokens = AccessTokens(session, app_id="app", password="pw", tenant="t", authority=LOGIN, clock=lambda: 0.0)
        assert await tokens.get(service_url) == ""


async def test_microsofts_connector_needs_a_token() -> None:
    async with aiohttp.ClientSession() as session:
        tokens = AccessTokens(
            session, app_id="app", password="pw", tenant="t", authority="http://127.0.0.1:1", clock=lambda: 0.0
        )
        with pytest.raises(Transient):
            await tokens.get("https://smba.trafficmanager.net/emea/")
