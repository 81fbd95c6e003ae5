"""getUpdates: stored first, then confirmed; faults slow it down and never stop it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bots.telegram.platform import TelegramPlatform
from bots.telegram.polling import Rhythm, poll
from tests.telegram.bot_api import BotApi, Scripted
from tests.telegram.conftest import recorded
from tests.telegram.desk import MemoryDesk

FAST = Rhythm(hold=0, pause_first=0.01, pause_longest=0.05)


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


@asynccontextmanager
async def polling(platform: TelegramPlatform, desk: MemoryDesk, rhythm: Rhythm = FAST) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(poll(platform, desk, stop, rhythm=rhythm))
        try:
            yield
        finally:
            stop.set()


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - what is waited for happens inside the code under test
        await asyncio.sleep(0.005)


async def rounds(api: BotApi, count: int) -> None:
    """Wait until getUpdates was called so many more times."""
    goal = len(api.of("getUpdates")) + count
    await until(lambda: len(api.of("getUpdates")) >= goal)


async def test_updates_are_stored_and_then_confirmed(platform: TelegramPlatform, desk: MemoryDesk, api: BotApi) -> None:
    api.pending = [recorded("private_text"), recorded("group_text_mention")]
    last = api.pending[-1]["update_id"]
    async with polling(platform, desk):
        await rounds(api, 4)
    assert [stored for _, stored in desk.stored.values()] == [recorded("private_text"), recorded("group_text_mention")]
    assert api.pending == []
    asked = api.of("getUpdates")
    assert asked[0] == {
        "timeout": 0,
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member", "message_reaction"],
    }
    assert asked[1]["offset"] == last + 1
    # Once Telegram has forgotten them the offset is dropped: a week later the ids may start anywhere.
    assert "offset" not in asked[2]


async def test_ids_that_start_again_lower_are_still_received(
    platform: TelegramPlatform, desk: MemoryDesk, api: BotApi
) -> None:
    api.pending = [recorded("private_text")]
    async with polling(platform, desk):
        await rounds(api, 3)
        api.pending = [{**recorded("private_text"), "update_id": 7}]
        await rounds(api, 3)
    assert [delivery_id for _, _, delivery_id in desk.stored][-1] == "update:7"


async def test_a_crash_before_the_commit_gives_the_same_update_again(
    platform: TelegramPlatform, desk: MemoryDesk, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.pending = [recorded("private_text"), recorded("group_text_mention")]
    desk.is_down = True
    async with polling(platform, desk):
        await rounds(api, 4)
    assert desk.stored == {}
    assert len(desk.calls) >= 3
    assert len(api.pending) == 2
    assert all("offset" not in asked for asked in api.of("getUpdates"))
    desk.is_down = False
    async with polling(platform, desk):
        await rounds(api, 3)
    assert len(desk.stored) == 2
    assert api.pending == []
    assert "could not be stored" in caplog.text


async def test_a_crash_between_commit_and_confirmation_repeats_and_is_one_delivery(
    platform: TelegramPlatform, desk: MemoryDesk, api: BotApi
) -> None:
    """The first process dies right after storing: its confirming call is cut."""
    api.say("getUpdates", [recorded("private_text")])
    api.script("getUpdates", Scripted(hangs=True))
    api.pending = [recorded("private_text")]
    async with polling(platform, desk):
        await rounds(api, 2)
    assert len(desk.stored) == 1
    assert len(api.pending) == 1
    async with polling(platform, desk):
        await rounds(api, 3)
    assert len(desk.calls) == 2
    assert len(desk.stored) == 1
    assert api.pending == []


async def test_a_lost_confirmation_is_sent_again(platform: TelegramPlatform, desk: MemoryDesk, api: BotApi) -> None:
    update = recorded("private_text")
    api.say("getUpdates", [update])
    api.script("getUpdates", Scripted())
    async with polling(platform, desk):
        await rounds(api, 3)
    assert [asked.get("offset") for asked in api.of("getUpdates")[:3]] == [
        None,
        update["update_id"] + 1,
        update["update_id"] + 1,
    ]


async def test_faults_slow_it_down(platform: TelegramPlatform, desk: MemoryDesk, api: BotApi) -> None:
    for _ in range(3):
        api.refuse("getUpdates", 502, "Bad Gateway")
    api.script("getUpdates", Scripted(body=b"<html>not JSON"))
    api.refuse("getUpdates", 401, "Unauthorized")
    api.pending = [recorded("private_text")]
    begun = asyncio.get_running_loop().time()
    async with polling(platform, desk):
        await rounds(api, 6)
        await until(lambda: bool(desk.stored))
    assert asyncio.get_running_loop().time() - begun >= 0.01 + 0.02 + 0.04 + 0.05 + 0.05


async def test_telegrams_own_pause_is_obeyed(platform: TelegramPlatform, desk: MemoryDesk, api: BotApi) -> None:
    """Case 31."""
    api.refuse("getUpdates", 429, "Too Many Requests: retry after 1", retry_after=1)
    begun = asyncio.get_running_loop().time()
    async with polling(platform, desk):
        await rounds(api, 2)
    assert asyncio.get_running_loop().time() - begun >= 1


async def test_a_webhook_in_the_way_is_deleted_and_said(
    platform: TelegramPlatform, desk: MemoryDesk, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.has_webhook = True
    api.pending = [recorded("private_text")]
    async with polling(platform, desk):
        await rounds(api, 4)
    assert api.of("deleteWebhook") == [{"drop_pending_updates": False}]
    assert len(desk.stored) == 1
    assert "deleted Telegram's webhook" in caplog.text


async def test_another_poller_is_not_mistaken_for_a_webhook(
    platform: TelegramPlatform, desk: MemoryDesk, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.refuse(
        "getUpdates",
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
    async with polling(platform, desk):
        await rounds(api, 2)
    assert api.of("deleteWebhook") == []
    assert "another process polls" in caplog.text


async def test_an_update_of_unknown_shape_blocks_nobody(
    platform: TelegramPlatform, desk: MemoryDesk, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    broken = {"update_id": 915000000, "message": "secret words"}
    api.pending = [broken, recorded("private_text")]
    async with polling(platform, desk):
        await rounds(api, 3)
    assert [stored for _, stored in desk.stored.values()] == [recorded("private_text")]
    assert api.pending == []
    assert "915000000" in caplog.text
    assert "secret words" not in caplog.text


async def test_what_no_database_keeps_is_replaced(platform: TelegramPlatform, desk: MemoryDesk, api: BotApi) -> None:
    update = recorded("private_text")
    update["message"]["text"] = "a\x00b\ud800c"
    api.pending = [update]
    async with polling(platform, desk):
        await rounds(api, 2)
    [(_, stored)] = desk.stored.values()
    assert stored["message"]["text"] == "a\ufffdb\ufffdc"


async def test_the_end_does_not_wait_for_a_held_answer(
    platform: TelegramPlatform, desk: MemoryDesk, api: BotApi
) -> None:
    api.script("getUpdates", Scripted(hangs=True))
    begun = asyncio.get_running_loop().time()
    async with polling(platform, desk, Rhythm(hold=50)):
        await rounds(api, 1)
    assert asyncio.get_running_loop().time() - begun < 1


async def test_the_end_does_not_wait_for_a_pause(
    platform: TelegramPlatform, desk: MemoryDesk, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    api.refuse("getUpdates", 502, "Bad Gateway")
    async with polling(platform, desk, Rhythm(pause_first=60)):
        await until(lambda: "asking again in 60 s" in caplog.text)
