"""One page of a headless Chromium, driven over its DevTools protocol. It reaches no network: every name resolves to nothing."""

import asyncio
import base64
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
START_SECONDS = 30
CALL_SECONDS = 30
ANSWER_BYTES_MAX = 64 * 1024 * 1024
SCALE = 2
ARGUMENTS = (
    *("--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--remote-debugging-port=0"),
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


class Missing(Exception):
    """Something that has to be installed is not there; the message says how to get it."""


class PageFault(Exception):
    """A script in the page threw; the message is the browser's."""


def find() -> str:
    """Path of the browser. Raises Missing."""
    named = os.environ.get("CHROMIUM", "")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    if named:
        raise Missing(f"CHROMIUM names {named}, which is no program; correct or unset it")
    raise Missing(
        "no Chromium was found. Install it (Debian, Ubuntu: apt install chromium; macOS: brew install --cask chromium)"
        " or name one: CHROMIUM=/path/to/chromium make gallery"
    )


class Page:
    """Calls wait for their answer in turn; events of the browser that nobody waits for are passed over."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)

    async def open(self, file: Path, *, width: int) -> None:
        """Show a local file, `width` CSS pixels wide."""
        size = {"width": width, "height": 800, "deviceScaleFactor": SCALE, "mobile": False}
        await self._call("Emulation.setDeviceMetricsOverride", size)
        await self._call("Page.enable", {})
        await self._call("Page.navigate", {"url": file.as_uri()})
        await self._wait_for("Page.loadEventFired")

    async def run(self, script: str) -> Any:
        """The value of an expression, JSON only. Raises PageFault."""
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True}
        answer = await self._call("Runtime.evaluate", asked)
        if fault := answer.get("exceptionDetails"):
            raise PageFault(fault.get("exception", {}).get("description") or fault["text"])
        return answer["result"].get("value")

    async def picture(self, *, width: float, height: float) -> bytes:
        """PNG of the page's upper left corner, in CSS pixels."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        asked = {"format": "png", "clip": clip, "captureBeyondViewport": True}
        return base64.b64decode((await self._call("Page.captureScreenshot", asked))["data"])

    async def _wait_for(self, event: str) -> None:
        async with asyncio.timeout(START_SECONDS):
            while (await self._socket.receive_json()).get("method") != event:
                pass

    async def _call(self, method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        answer: dict[str, Any] = {}
        async with asyncio.timeout(CALL_SECONDS):
            while answer.get("id") != number:
                answer = await self._socket.receive_json()
        if "error" in answer:
            raise PageFault(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result


@asynccontextmanager
async def page(program: str) -> AsyncIterator[Page]:
    """Start a browser with a profile of its own; both are gone at the end."""
    # Chromium's sandbox does not work for root, which is who draws in a container.
    arguments = (*ARGUMENTS, "--no-sandbox") if os.geteuid() == 0 else ARGUMENTS
    with tempfile.TemporaryDirectory(prefix="plaudit-gallery-", ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            *(program, *arguments, f"--user-data-dir={profile}", "about:blank"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with aiohttp.ClientSession() as http, asyncio.timeout(START_SECONDS):
                address = await _address(http, Path(profile), process)
            async with (
                aiohttp.ClientSession() as http,
                http.ws_connect(address, max_msg_size=ANSWER_BYTES_MAX) as socket,
            ):
                yield Page(socket)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _address(http: aiohttp.ClientSession, profile: Path, process: asyncio.subprocess.Process) -> str:
    """Where the first tab listens: the browser writes its port into its profile once it does."""
    file = profile / "DevToolsActivePort"
    while not (file.exists() and file.read_text(encoding="utf-8").count("\n")):
        if process.returncode is not None:
            raise Missing(f"Chromium ended at once with code {process.returncode}; try it by hand with --headless")
        await asyncio.sleep(0.05)
    port = file.read_text(encoding="utf-8").split("\n")[0]
    async with http.get(f"http://127.0.0.1:{port}/json/list") as answer:
        tabs = await answer.json()
    return next(str(tab["webSocketDebuggerUrl"]) for tab in tabs if tab["type"] == "page")
