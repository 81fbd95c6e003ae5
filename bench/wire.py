"""HTTP as a bench needs it: a server in this very process, and the bare minimum of a client over kept connections.

The driver's own cost is in every figure, ours and the limit's alike.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web

from bench.figures import Rate, rate

CONNECTIONS = 16


@asynccontextmanager
async def served(application: web.Application) -> AsyncIterator[int]:
    """The port on loopback where it listens."""
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


def post_request(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The bytes of a POST."""
    told = {"Host": "bench", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class Lines:
    """Kept connections to one server."""

    def __init__(self, streams: Sequence[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
        self._free = list(streams)

    async def post(self, request: bytes) -> bytes:
        """The body of the answer, which must be a 200 or 202, on one of the connections that are free."""
        assert self._free, "every connection waits for an answer"
        reader, writer = self._free.pop()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = next((line for line in head.split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        body = await reader.readexactly(int(length.split(b":")[1]))
        self._free.append((reader, writer))
        assert head.startswith((b"http/1.1 200", b"http/1.1 202")), head
        return body


@asynccontextmanager
async def lines(port: int, *, count: int = CONNECTIONS) -> AsyncIterator[Lines]:
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]
    yield Lines(streams)
    for _, writer in streams:
        writer.close()


async def flood(to: Lines, requests: Sequence[bytes]) -> Rate:
    """Send all of them, as many at once as there are connections."""
    return await rate(partial(_send, to, requests), count=len(requests), at_once=CONNECTIONS)


async def _send(to: Lines, requests: Sequence[bytes], number: int) -> None:
    await to.post(requests[number])
