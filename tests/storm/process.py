"""The killed process as the test holds it: started, killed at a chosen moment, started again."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random

START_SECONDS_MAX = 30.0


class Moment(StrEnum):
    """When a kill strikes."""

    ANYWHEN = "anywhen"
    ACKNOWLEDGED = "just after a 2xx"
    COMMITTED = "just after a commit"
    LOST = "a message had left and did not arrive"
    ARRIVED = "a message had arrived and nobody had said so"


class Process:
    """`struck` is set whenever the bot is dead. It listens at the same address all its lives."""

    def __init__(self) -> None:
        self.port = _free_port()
        self.struck = asyncio.Event()
        self.kills: Counter[Moment] = Counter()
        self._pid = 0
        self._nursery: subprocess.Popen[bytes] | None = None

    def open(self, sources: Path, environment: Mapping[str, str], *, authority: str, log: Path) -> None:
        """`python -m tests.storm.bot` in `sources`, which imports what a life needs; none begins yet."""
        with log.open("ab") as errors:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.storm.bot", "--authority", authority],
                cwd=sources,
                env={**_without_ours(), **environment, "PLAUDIT_PORT": str(self.port)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Returns when it listens."""
        self._pid = int(await asyncio.to_thread(self._born))
        self.struck.clear()
        async with asyncio.timeout(START_SECONDS_MAX):
            await until(self._listens)

    def kill(self, moment: Moment) -> None:
        """kill -9, now."""
        os.kill(self._pid, signal.SIGKILL)
        self._pid = 0
        self.kills[moment] += 1
        self.struck.set()

    def close(self) -> None:
        """The last life ends with it."""
        if self._nursery is not None:
            self._nursery.communicate()

    def _born(self) -> bytes:
        """Ask for a life and read its process id."""
        assert self._nursery is not None
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(b"\n")
        self._nursery.stdin.flush()
        return self._nursery.stdout.readline()

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


@dataclass(slots=True)
class Trap:
    """Kills at the nth moment of a kind. `lags` are the seconds between a 2xx and the kill that followed it."""

    process: Process
    chance: Random
    lags: list[float] = field(default_factory=list)
    _moment: Moment | None = None
    _left: int = 0

    def arm(self, moment: Moment, *, at_most: int = 6) -> None:
        self._moment, self._left = moment, self.chance.randint(1, at_most)

    def disarm(self) -> None:
        self._moment = None

    def meets(self, moment: Moment, *, lag: float = 0.0) -> bool:
        """Tell the trap that such a moment is now; True if it struck."""
        if self._moment is not moment or self.process.struck.is_set():
            return False
        self._left -= 1
        if self._left:
            return False
        self.process.kill(moment)
        self._moment = None
        if moment is Moment.ACKNOWLEDGED:
            self.lags.append(lag)
        return True


async def until(is_true: Callable[[], Awaitable[bool]]) -> None:
    """Neither a dead process nor a database rings when something has changed."""
    while not await is_true():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _without_ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PLAUDIT_")}
