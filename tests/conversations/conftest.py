"""`stage` is ready to thank on, and waits for a busy machine; `hasty_stage` does not; `bare_stage` is an installation that nobody has used yet."""

from collections.abc import AsyncIterator

import pytest

from bots import logs
from core.database import Sessions
from tests.conversations.stage import Stage, open_stage


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """As the product logs: without it structlog draws tracebacks with every local variable, which takes seconds."""
    logs.configure(is_production=False)


@pytest.fixture
async def stage(database: Sessions) -> AsyncIterator[Stage]:
    """Everything that was sent on it is judged in the end."""
    async with open_stage(database) as opened:
        yield opened
    assert opened.wire.faults() == []


@pytest.fixture
async def hasty_stage(database: Sessions) -> AsyncIterator[Stage]:
    """Slack waits no longer than it really does."""
    async with open_stage(database, is_hasty=True) as opened:
        yield opened
    assert opened.wire.faults() == []


@pytest.fixture
async def bare_stage(database: Sessions) -> AsyncIterator[Stage]:
    async with open_stage(database, is_set_up=False) as opened:
        yield opened
    assert opened.wire.faults() == []
