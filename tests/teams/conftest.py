from collections.abc import AsyncIterator

import pytest

from tests.teams.stage import Stage, stage


@pytest.fixture
async def bot() -> AsyncIterator[Stage]:
    """A signed bot in development on loopback."""
    async with stage() as running:
        yield running
