"""X9: no secret and nothing personal in what a process writes, over a conversation with every kind of failure."""

import asyncio
import json
import sys

import pytest

from core.database import Sessions
from tests.conversations.canaries import CANARIES


@pytest.mark.parametrize("mode", ["development", "production"])
async def test_the_canaries_are_not_in_the_logs(database: Sessions, mode: str) -> None:
    dsn = database.engine.url.render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.conversations.canaries",
        dsn,
        mode,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    written = output.decode()
    assert process.returncode == 0, written[-4000:]
    # It did fail: without these lines nothing would have been tested.
    for expected in ("delivery_failed", "CheckViolationError", "UndefinedTable", "KeyError", "a library's own"):
        assert expected in written, (expected, written[-6000:])
    assert "constraint_name" in written
    leaked = [line for line in written.splitlines() for canary in CANARIES if canary in line]
    assert leaked == []
    if mode == "production":
        lines = [line for line in written.splitlines() if line.startswith("{")]
        assert len(lines) > 5
        for line in lines:
            json.loads(line)
