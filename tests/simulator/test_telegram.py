"""The simulated Bot API is asked by python-telegram-bot and compared with Telegram's own parser."""

import asyncio
import json
from typing import Any

import pytest
import tdjson
import telegram
from aiohttp import web
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters, Update

from bots.simulator import TelegramSimulator, UnknownName, World
from bots.simulator.telegram.markup import ParseError, parse_html
from tests.simulator.conftest import Listener

TDLIB_NAMES = {
    "textEntityTypeBold": "bold",
    "textEntityTypeItalic": "italic",
    "textEntityTypeUnderline": "underline",
    "textEntityTypeSpoiler": "spoiler",
    "textEntityTypeCode": "code",
    "textEntityTypePre": "pre",
    "textEntityTypePreCode": "pre",
    "textEntityTypeTextUrl": "text_link",
    "textEntityTypeMentionName": "text_link",
    "textEntityTypeCustomEmoji": "custom_emoji",
    "textEntityTypeExpandableBlockQuote": "expandable_blockquote",
}
MARKUP = [
    '<b>Kudos</b> to <a href="tg://user?id=42">Bob</a> &lt;3 &amp; <tg-spoiler>x</tg-spoiler>',
    '<pre><code class="language-py">x=1</code></pre>',
    "<pre><code>x</code></pre>",
    "🦊<b>🦊<i>n</i></b>",
    "<blockquote expandable>q</blockquote>",
    '<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>',
    '<a href="javascript:alert(1)">x</a>',
    "&copy; &#39; &#x41; &quot; &apos; &lt b",
    "<b>x</>",
    "<B >y</B>",
    "<b>unclosed",
    "a < b & c",
    "1 <2",
    "<br>",
    "<b>a</b></b>",
    "<b><i>n</b></i>",
    "<span>x</span>",
    "<tg-emoji>👍</tg-emoji>",
    "<!-- c -->",
    "<b/>",
]


def run_tdlib(request: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(tdjson.td_execute(json.dumps(request).encode()) or b"{}")
    return answer


@pytest.mark.parametrize("source", MARKUP)
def test_markup_is_read_as_telegram_reads_it(source: str) -> None:
    run_tdlib({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})
    judged = run_tdlib({"@type": "parseTextEntities", "text": source, "parse_mode": {"@type": "textParseModeHTML"}})
    if judged["@type"] == "error":
        with pytest.raises(ParseError) as refused:
            parse_html(source)
        assert f"Can't parse entities: {refused.value}" == judged["message"]
        return
    text, entities = parse_html(source)
    assert text == judged["text"]
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in entities] == [
        (TDLIB_NAMES[entity["type"]["@type"]], entity["offset"], entity["length"]) for entity in judged["entities"]
    ]


async def test_a_conversation_by_polling(world: World) -> None:
    ana, luis, mei = world.person("Ana"), world.person("Luis"), world.person("Mei")
    group = world.group("telegram", "Team", [ana, luis, mei])
    async with TelegramSimulator(world) as sim, Bot(sim.token, base_url=f"{sim.url}/bot") as bot:
        unheard = await sim.say(ana, group, "lunch?")
        await sim.say(ana, group, "🦊 @plaudit_bot /kudos @[Mei] thanks @nobody #teamwork")
        updates = await bot.get_updates(timeout=1)
        heard = updates[0].message
        assert unheard.update is None
        assert heard is not None
        assert heard.text is not None
        assert [heard.parse_entity(entity) for entity in heard.entities] == [
            "@plaudit_bot",
            "/kudos",
            mei.name,
            "@nobody",
            "#teamwork",
        ]
        assert heard.entities[2].user is not None
        assert heard.entities[2].user.id == mei.telegram_id

        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Second it", callback_data="t:1")]])
        answered = ReplyParameters(heard.message_id)
        sent = await bot.send_message(
            group.id, "<b>Kudos</b> &lt;3", "HTML", reply_markup=keyboard, reply_parameters=answered
        )
        message = await sim.wait_for_post(group, "Kudos <3")
        assert message.buttons == ("Second it",)
        await sim.press(luis, message, "Second it")
        query = (await bot.get_updates(offset=updates[-1].update_id + 1))[0].callback_query
        assert query is not None
        assert (query.data, query.from_user.id) == ("t:1", luis.telegram_id)
        await query.answer("Thanks!")
        toast = await sim.transcript.wait_for(lambda entry: entry.kind == "toast")
        assert (toast.text, toast.visible_to) == ("Thanks!", (luis.name,))
        await bot.edit_message_text("changed", chat_id=group.id, message_id=sent.message_id)
        assert (await sim.wait_for_edit(message, "changed")).buttons == ()
        with pytest.raises(UnknownName):
            await sim.press(luis, message, "Second it")
        assert len(sim.posts(group)) == 1


@pytest.mark.filterwarnings(
    "ignore::telegram.warnings.PTBUserWarning"
)  # raw calls, because PTB would not send some of them
@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"text": "<b>x", "parse_mode": "HTML"}, "Can't parse entities"),
        ({"text": "🦊" * 2049}, "Message is too long"),
        ({"text": " "}, "Message text is empty"),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "S", "callback_data": "ы" * 33}]]}},
            "Button_data_invalid",
        ),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "S"}]]}}, "Text buttons are unallowed"),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "S", "url": "http://localhost/x"}]]}},
            "Wrong HTTP URL",
        ),
        ({"text": "x", "chat_id": 5}, "Chat not found"),
        ({"text": "x", "reply_to_message_id": 77}, "Message to be replied not found"),
    ],
)
async def test_what_telegram_refuses(world: World, call: dict[str, Any], words: str) -> None:
    group = world.group("telegram", "Team", [world.person("Ana")])
    async with TelegramSimulator(world) as sim, Bot(sim.token, base_url=f"{sim.url}/bot") as bot:
        with pytest.raises(telegram.error.BadRequest, match="(?i)" + words):
            await bot.do_api_request("sendMessage", {"chat_id": int(group.id), **call})
        assert sim.posts(group) == []


async def test_pauses_moves_and_blocks(world: World) -> None:
    ana, luis = world.person("Ana"), world.person("Luis")
    group = world.group("telegram", "Team", [ana, luis])
    async with TelegramSimulator(world) as sim, Bot(sim.token, base_url=f"{sim.url}/bot") as bot:
        sim.faults.throttle(retry_after=7, name="sendMessage")
        with pytest.raises(telegram.error.RetryAfter) as pause:
            await bot.send_message(group.id, "x")
        assert pause.value.retry_after == 7
        sim.faults.drop()
        with pytest.raises(telegram.error.NetworkError):
            await bot.send_message(group.id, "did arrive")
        assert [message.text for message in sim.posts(group)] == ["did arrive"]
        assert [call.status for call in sim.server.called("sendMessage")] == [429, 0]

        with pytest.raises(telegram.error.Forbidden, match="can't initiate conversation"):
            await bot.send_message(luis.telegram_id, "x")
        await sim.press_start(ana, "code")
        await bot.send_message(ana.telegram_id, "welcome")
        await sim.block(ana)
        with pytest.raises(telegram.error.Forbidden, match="blocked by the user"):
            await bot.send_message(ana.telegram_id, "x")
        await sim.remove_bot(group, ana)
        with pytest.raises(telegram.error.Forbidden, match="kicked from the group chat"):
            await bot.send_message(group.id, "x")
        group.has_bot = True
        moved = await sim.migrate(group)
        with pytest.raises(telegram.error.ChatMigrated) as told:
            await bot.send_message(group.id, "x")
        assert told.value.new_chat_id == int(moved.id)


async def test_a_webhook_is_repeated_until_it_accepts(world: World, listener: Listener) -> None:
    ana = world.person("Ana")
    async with TelegramSimulator(world, bot_url=listener.url, secret="s3") as sim:
        sim.updates.retry_delay = 0
        first = await sim.press_start(ana, "invite")
        assert first.update is not None
        await sim.redeliver(first.update, secret="")
        update = Update.de_json(json.loads(listener.bodies[0]))
        assert update.message is not None
        assert update.message.text == "/start invite"
        assert [headers.get("X-Telegram-Bot-Api-Secret-Token") for headers in listener.headers] == ["s3", None]

        listener.bodies.clear()
        original, listener.answer = listener.answer, _fail
        refused = await sim.say(ana, world.personal("telegram", ana), "/me")
        listener.answer = original
        assert refused.delivery is not None
        assert refused.delivery.status == 500
        assert len(listener.bodies) == sim.updates.tries
        assert len(set(listener.bodies)) == 1


async def test_a_long_poll_waits_and_a_second_one_ends_it(world: World) -> None:
    ana = world.person("Ana")
    async with (
        TelegramSimulator(world) as sim,
        Bot(sim.token, base_url=f"{sim.url}/bot") as bot,
        Bot(sim.token, base_url=f"{sim.url}/bot") as replica,
    ):
        poll = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.05)
        await sim.press_start(ana)
        assert len(await poll) == 1
        await bot.get_updates(offset=sim.updates.pending[-1]["update_id"] + 1)
        first = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.05)
        await replica.get_updates(timeout=0)
        with pytest.raises(telegram.error.Conflict):
            await first


async def _fail(_: web.Request) -> web.Response:
    return web.Response(status=500)
