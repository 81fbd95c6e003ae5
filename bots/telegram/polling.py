"""Updates in without a public address: getUpdates, held open by Telegram until there is something."""

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telegram.error import Conflict, TelegramError

from bots.desk import Desk
from bots.sending import RetryAfter
from bots.strict_json import BadJson, parse_object
from bots.telegram.errors import translate
from bots.telegram.inbound import NotAnUpdate, accept, update_number
from bots.telegram.platform import TelegramPlatform

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds: how long Telegram holds an empty answer back, and the pauses after failures, doubled from first to longest."""

    hold: float = 50.0
    pause_first: float = 1.0
    pause_longest: float = 60.0


async def poll(platform: TelegramPlatform, desk: Desk, stop: asyncio.Event, *, rhythm: Rhythm | None = None) -> None:
    """Until `stop` is set. Every update is stored before the next offset tells Telegram to forget it, so that a crash
    anywhere in between brings the same updates again."""
    pace = rhythm or Rhythm()
    offset: int | None = None
    failures = 0
    while not stop.is_set():
        try:
            offset = await _round(platform, desk, stop, offset, pace.hold)
            failures = 0
        except TelegramError as error:
            failures += 1
            await _wait(stop, await _after_refusal(platform, error, _pause(pace, failures)))
        except Exception:
            # The desk failed (the database is away): nothing was confirmed, so the same updates come again.
            failures += 1
            log.exception("a Telegram update could not be stored; the same will be asked for again")
            await _wait(stop, _pause(pace, failures))


async def _round(
    platform: TelegramPlatform, desk: Desk, stop: asyncio.Event, offset: int | None, hold: float
) -> int | None:
    """Ask once, store what came, return the offset that confirms it.

    An offset is only sent to confirm and dropped once an answer is empty: after a week without updates Telegram starts
    their ids at random again, perhaps below it.
    """
    received = await _unless_stopped(platform.api.raw_updates(offset, hold), stop)
    if received is None:
        return offset
    confirmed = None
    for update in received:
        confirmed = await _keep(desk, platform.bot_id, update) + 1
    return confirmed


async def _keep(desk: Desk, bot_id: str, update: Mapping[str, Any]) -> int:
    """Through the same strict reader as the webhook's: what PostgreSQL cannot keep would stop the queue for ever."""
    number = update_number(update)
    try:
        await accept(desk, bot_id, parse_object(json.dumps(update).encode()))
    except (BadJson, NotAnUpdate) as error:
        log.warning("Telegram update %d was passed over: %s", number, error)
    return number


async def _after_refusal(platform: TelegramPlatform, error: TelegramError, pause: float) -> float:
    """Seconds to wait before asking again."""
    fault = translate(error)
    if isinstance(fault, RetryAfter):
        return max(pause, fault.seconds)
    if not isinstance(error, Conflict):
        log.warning("no updates from Telegram, asking again in %.0f s: %s", pause, fault.reason)
        return pause
    if "webhook" not in error.message.lower():
        log.warning("another process polls Telegram with the same token; asking again in %.0f s", pause)
        return pause
    return await _drop_webhook(platform, pause)


async def _drop_webhook(platform: TelegramPlatform, pause: float) -> float:
    try:
        await platform.api.delete_webhook(drop_pending_updates=False)
    except TelegramError as error:
        log.warning("Telegram's webhook excludes polling and could not be deleted: %s", translate(error).reason)
        return pause
    log.warning("deleted Telegram's webhook, which excludes polling; PLAUDIT_TELEGRAM_MODE=webhook would use one")
    return 0.0


def _pause(pace: Rhythm, failures: int) -> float:
    return min(pace.pause_longest, pace.pause_first * 2.0 ** min(failures - 1, 30))


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _unless_stopped(
    asking: Coroutine[Any, Any, Sequence[Mapping[str, Any]]], stop: asyncio.Event
) -> Sequence[Mapping[str, Any]] | None:
    """None when `stop` came first: a request that is held open for a minute must not hold up the end."""
    asked, stopped = asyncio.ensure_future(asking), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({asked, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return asked.result() if asked.done() else None
    finally:
        stopped.cancel()
        asked.cancel()
        await asyncio.gather(asked, stopped, return_exceptions=True)
