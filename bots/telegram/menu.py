"""What Telegram's clients show of the bot: the menu behind `/` and its descriptions, in every language that has a locale file."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from telegram.error import TelegramError

from bots.manifest.telegram import Call, menus
from bots.sending import Permanent, RetryAfter
from bots.telegram.api import Api, connect
from bots.telegram.errors import translate

WAITS_MAX = 3
WAIT_SECONDS_MAX = 60.0


async def publish(api: Api) -> None:
    """Tell Telegram of the lists that it does not have as they are now: after an upgrade, and the first time. Raises
    TelegramError."""
    for call in menus():
        asked = {name: value for name, value in call.parameters.items() if name != "commands"}
        if await api.ask("getMyCommands", asked) != call.parameters["commands"]:
            await api.make(call.method, call.parameters)


async def tell(token: str, api_url: str, calls: Iterable[Call]) -> AsyncIterator[tuple[Call, str]]:
    """Make the calls; yields each with the reason for which Telegram refused it, empty when it did not.

    Raises a SendError when Telegram cannot be reached, knows no such token or makes us wait too long.
    """
    api, request = connect(token, api_url)
    try:
        for call in calls:
            yield call, await _told(api, call)
    finally:
        await request.shutdown()


async def _told(api: Api, call: Call) -> str:
    waits = 0
    while True:
        try:
            await api.make(call.method, call.parameters)
        except TelegramError as error:
            fault = translate(error, is_repeatable=True)
        else:
            return ""
        if isinstance(fault, Permanent):
            return fault.reason
        if not isinstance(fault, RetryAfter) or fault.seconds > WAIT_SECONDS_MAX or waits == WAITS_MAX:
            raise fault
        waits += 1
        await asyncio.sleep(fault.seconds)
