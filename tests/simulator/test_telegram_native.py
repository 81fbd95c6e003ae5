"""What the simulated Telegram has beyond messages: keyboards beneath a chat, shared people, ephemeral messages, reactions, menus."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    ForceReply,
    KeyboardButton,
    KeyboardButtonRequestUsers,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.error import BadRequest

from bots.simulator import Conversation, Person, TelegramSimulator, UnknownName, World


@pytest.fixture
async def sim(world: World) -> AsyncIterator[TelegramSimulator]:
    async with TelegramSimulator(world) as simulator:
        yield simulator


@pytest.fixture
async def bot(sim: TelegramSimulator) -> AsyncIterator[Bot]:
    async with Bot(sim.token, base_url=f"{sim.url}/bot") as made:
        yield made


@pytest.fixture
def ana(world: World) -> Person:
    return world.person("Ana")


@pytest.fixture
def group(world: World) -> Conversation:
    return world.group("telegram", "Team", [world.person("Ana"), world.person("Luis")])


def keyboard(**asked: Any) -> ReplyKeyboardMarkup:
    usual = {"request_id": 7, "max_quantity": 2, "request_name": True, **asked}
    return ReplyKeyboardMarkup([[KeyboardButton("Choose", request_users=KeyboardButtonRequestUsers(**usual))]])


async def latest(bot: Bot) -> Update:
    return (await bot.get_updates(timeout=1))[-1]


async def test_people_are_shared_with_the_button_beneath_the_chat(
    sim: TelegramSimulator, bot: Bot, world: World, ana: Person
) -> None:
    await sim.press_start(ana)
    with pytest.raises(UnknownName):
        await sim.share(ana, [ana])
    await bot.send_message(ana.telegram_id, "who?", reply_markup=keyboard())
    with pytest.raises(UnknownName):
        await sim.share(ana, world.people[:3])
    await sim.share(ana, [world.person("Luis"), world.person("Mei")])
    message = (await latest(bot)).message
    assert message is not None
    assert message.users_shared is not None
    assert message.users_shared.request_id == 7
    assert [(user.user_id, user.first_name) for user in message.users_shared.users] == [
        (world.person("Luis").telegram_id, "Luis"),
        (world.person("Mei").telegram_id, "Mei"),
    ]
    await bot.send_message(ana.telegram_id, "thank you", reply_markup=ReplyKeyboardRemove())
    assert sim.picker(ana) is None
    await bot.send_message(ana.telegram_id, "why?", reply_markup=ForceReply(input_field_placeholder="because"))
    assert sim.picker(ana) is None
    assert "force_reply" in sim.chats.beneath[str(ana.telegram_id)]


@pytest.mark.parametrize("asked", [{"max_quantity": 11}, {"max_quantity": 0}, {"request_id": 2**31}])
async def test_a_picker_that_telegram_would_refuse(
    sim: TelegramSimulator, bot: Bot, ana: Person, asked: dict[str, int]
) -> None:
    await sim.press_start(ana)
    with pytest.raises(BadRequest):
        await bot.send_message(ana.telegram_id, "who?", reply_markup=keyboard(**asked))
    assert sim.picker(ana) is None


async def test_a_picker_is_for_private_chats(sim: TelegramSimulator, bot: Bot, group: Conversation) -> None:
    with pytest.raises(BadRequest, match=r"(?i)button_type_invalid"):
        await bot.send_message(group.id, "who?", reply_markup=keyboard())


async def whisper(bot: Bot, group: Conversation, receiver: int, **more: Any) -> Message:
    parameters = {"receiver_user_id": receiver, **more}
    return await bot.send_message(group.id, "psst", api_kwargs={"ephemeral_message_parameters": parameters})


async def test_ephemeral_messages_are_the_receivers_alone(
    sim: TelegramSimulator, bot: Bot, group: Conversation, ana: Person
) -> None:
    await sim.promote_bot(group, ana)
    said = await whisper(bot, group, ana.telegram_id)
    assert said.message_id == 0
    assert [message.text for message in sim.posts(group, visible_to=ana)] == ["psst"]
    assert sim.posts(group) == []
    edit = {
        "chat_id": group.id,
        "receiver_user_id": ana.telegram_id,
        "ephemeral_message_id": said.api_kwargs["ephemeral_message_id"],
        "text": "psst!",
    }
    assert await bot.do_api_request("editEphemeralMessageText", api_kwargs=edit) is True
    assert sim.posts(group, visible_to=ana)[0].text == "psst!"
    with pytest.raises(BadRequest):
        await bot.do_api_request("editEphemeralMessageText", api_kwargs={**edit, "receiver_user_id": 1})


async def test_who_is_no_administrator_may_whisper_to_a_presser_only(
    sim: TelegramSimulator, bot: Bot, world: World, group: Conversation, ana: Person
) -> None:
    with pytest.raises(BadRequest, match=r"(?i)bot_not_admin"):
        await whisper(bot, group, ana.telegram_id)
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "x"}]]}
    await bot.send_message(group.id, "press", api_kwargs={"reply_markup": markup})
    await sim.press(ana, sim.posts(group)[0], "Go")
    query = (await latest(bot)).callback_query
    assert query is not None
    await whisper(bot, group, ana.telegram_id, callback_query_id=query.id)
    with pytest.raises(BadRequest):
        await whisper(bot, group, world.person("Luis").telegram_id, callback_query_id=query.id)


async def test_an_older_server_passes_the_parameter_over(
    sim: TelegramSimulator, bot: Bot, group: Conversation, ana: Person
) -> None:
    sim.chats.knows_ephemeral = False
    await whisper(bot, group, ana.telegram_id)
    assert [message.text for message in sim.posts(group)] == ["psst"]


async def test_reactions_are_told_to_administrators_who_ask_for_them(
    sim: TelegramSimulator, bot: Bot, group: Conversation, ana: Person
) -> None:
    said = (await sim.say(ana, group, "/kudos")).message
    await bot.get_updates(timeout=0, allowed_updates=[Update.MESSAGE, Update.MESSAGE_REACTION])
    assert await sim.react(ana, said, "👍") is None
    assert (await latest(bot)).message_reaction is None
    await sim.promote_bot(group, ana)
    await sim.react(ana, said, "🎉", instead_of="👍")
    change = (await latest(bot)).message_reaction
    assert change is not None
    assert (change.message_id, change.user and change.user.id) == (int(said.id), ana.telegram_id)
    assert [getattr(each, "emoji", "") for each in (*change.old_reaction, *change.new_reaction)] == ["👍", "🎉"]


async def test_menus_are_kept_by_scope_and_language(bot: Bot) -> None:
    scope = BotCommandScopeAllGroupChats()
    assert await bot.get_my_commands(scope=scope, language_code="es") == ()
    await bot.set_my_commands([BotCommand("kudos", "Dar las gracias")], scope=scope, language_code="es")
    assert await bot.get_my_commands(scope=scope, language_code="es") == (BotCommand("kudos", "Dar las gracias"),)
    assert await bot.get_my_commands(scope=scope) == ()


async def test_a_group_may_hide_its_members_from_all_but_administrators(
    sim: TelegramSimulator, bot: Bot, group: Conversation, ana: Person
) -> None:
    sim.chats.hidden.add(group.id)
    with pytest.raises(BadRequest, match="Member list is inaccessible"):
        await bot.get_chat_member(group.id, ana.telegram_id)
    await sim.promote_bot(group, ana)
    assert (await bot.get_chat_member(group.id, ana.telegram_id)).user.id == ana.telegram_id
