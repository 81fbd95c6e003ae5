"""The HTTP server under each simulated API: records every call and plays the faults that a script asks for."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from bots.simulator.clock import Clock

BODY_SIZE_MAX = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the bot. `name` is the API's word for it (`chat.postMessage`); `status` 0 means no answer was given.

    `moment` is the event loop's clock in seconds at arrival, for measuring pauses.
    """

    method: str
    name: str
    path: str
    status: int
    at: datetime
    moment: float


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a call: `status` is answered, or the connection is cut or left hanging.

    `has_effect` lets the call do its work first, which is what makes an outcome ambiguous.
    """

    kind: Literal["refuse", "drop", "hang"]
    status: int = 0
    retry_after: int = 1
    has_effect: bool = False
    name: str = ""


class Faults:
    """A queue of faults; each is used by one call. `name` narrows a fault to calls whose API name is exactly that."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []

    def throttle(self, times: int = 1, *, retry_after: int = 1, name: str = "") -> None:
        """The next calls answer 429 with the platform's way of saying when to come back (seconds)."""
        self._queue += [Fault("refuse", 429, retry_after, name=name)] * times

    def fail(self, times: int = 1, *, status: int = 502, has_effect: bool = False, name: str = "") -> None:
        self._queue += [Fault("refuse", status, has_effect=has_effect, name=name)] * times

    def drop(self, times: int = 1, *, has_effect: bool = True, name: str = "") -> None:
        """The connection breaks without an answer, by default after the call has done its work."""
        self._queue += [Fault("drop", has_effect=has_effect, name=name)] * times

    def hang(self, times: int = 1, *, has_effect: bool = False, name: str = "") -> None:
        """The call is never answered; it ends when the caller gives up or the simulator stops."""
        self._queue += [Fault("hang", has_effect=has_effect, name=name)] * times

    def take(self, name: str) -> Fault | None:
        for index, fault in enumerate(self._queue):
            if fault.name in ("", name):
                return self._queue.pop(index)
        return None

    @property
    def pending(self) -> int:
        """How many have not happened yet; a fault test that leaves some has not tested what it says."""
        return len(self._queue)

    def clear(self) -> None:
        self._queue.clear()


class LoopbackServer:
    """`name_of` turns a request into the API's name for it, `refusal` a fault into the platform's error answer."""

    def __init__(
        self, *, clock: Clock, name_of: Callable[[web.Request], str], refusal: Callable[[Fault], web.Response]
    ) -> None:
        self.app = web.Application(middlewares=[self._watch], client_max_size=BODY_SIZE_MAX)
        self.calls: list[Call] = []
        self.faults = Faults()
        self.url = ""
        self._clock = clock
        self._name_of = name_of
        self._refusal = refusal
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()

    async def start(self, port: int = 0) -> None:
        """Once, also where several simulators share it."""
        if self._runner is not None:
            return
        self._runner = web.AppRunner(self.app, handler_cancellation=True, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, chosen = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{chosen}"

    async def stop(self) -> None:
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def called(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.name == name]

    @web.middleware
    async def _watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        moment, at, name = asyncio.get_running_loop().time(), self._clock(), self._name_of(request)
        fault = self.faults.take(name)
        status = 0
        try:
            response = await (handler(request) if fault is None else self._play(fault, request, handler))
            status = 0 if fault is not None and fault.kind != "refuse" else response.status
            return response
        except web.HTTPException as refused:
            status = refused.status
            raise
        finally:
            self.calls.append(Call(request.method, name, request.path, status, at, moment))

    async def _play(self, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
        await request.read()
        if fault.has_effect:
            await handler(request)
        if fault.kind == "hang":
            await self._stopping.wait()
        if fault.kind != "refuse" and request.transport is not None:
            request.transport.abort()
        return self._refusal(fault)
