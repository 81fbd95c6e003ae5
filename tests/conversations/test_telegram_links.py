"""Ways from a group in Telegram into the private chat: the form goes there, and a link leads there with what was asked for."""

import re

from bots.simulator import Message
from tests.conversations.stage import LINKED, Stage
from tests.conversations.telegram_forms import PEOPLE, SEND, chat, data_of, fill, form, noted, open_form, press, said

START = re.compile(r"https://t\.me/plaudit_bot\?start=([A-Za-z0-9_-]{1,64})")


async def ask_in_the_group(stage: Stage, name: str = "Ana", command: str = "/kudos") -> None:
    await stage.telegram.say(stage[name], stage.group, command)
    await stage.quiet()


def way(message: Message) -> str:
    """The payload of the link on a message."""
    [[button]] = message.payload["reply_markup"]["inline_keyboard"]
    found = START.fullmatch(button["url"])
    assert found, button
    return found[1]


async def follow(stage: Stage, name: str, payload: str) -> None:
    await stage.telegram.press_start(stage[name], payload)
    await stage.quiet()


async def test_asked_for_in_a_group_the_form_is_in_the_private_chat(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Ana"])
    await ask_in_the_group(stage)
    assert stage.telegram.posts(stage.group) == []
    assert "Where does it stand: Team" in form(stage).text
    await fill(stage)
    await press(stage, SEND)
    team = (await stage.sql("SELECT id FROM conversation WHERE name = 'Team'"))[0][0]
    assert await stage.count("kudos", "conversation_id = :team", team=team) == 1


async def test_as_an_answer_the_one_who_is_answered_is_chosen(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Ana"])
    spoken = await stage.telegram.say(stage["Luis"], stage.group, "I fixed the build")
    await stage.telegram.reply(stage["Ana"], spoken.message, "/kudos")
    await stage.quiet()
    assert "Who do you want to thank: Luis Ortega" in form(stage).text


async def test_without_a_private_chat_a_link_leads_to_that_very_form(stage: Stage) -> None:
    await ask_in_the_group(stage)
    [message] = stage.telegram.posts(stage.group)
    assert message.text == "🔒"
    await follow(stage, "Ana", way(message))
    opened = form(stage)
    assert "Where does it stand: Team" in opened.text
    assert "Hello, I am Plaudit" not in opened.text
    await fill(stage)
    await press(stage, SEND)
    assert await stage.count("kudos") == 1


async def test_whoever_closed_the_private_chat_is_led_there_again(stage: Stage) -> None:
    await open_form(stage)
    await stage.telegram.block(stage["Ana"])
    await ask_in_the_group(stage)
    [message] = stage.telegram.posts(stage.group)
    await follow(stage, "Ana", way(message))
    assert PEOPLE in form(stage).buttons


async def test_the_link_is_the_askers_only(stage: Stage) -> None:
    """Case 16."""
    await ask_in_the_group(stage)
    [message] = stage.telegram.posts(stage.group)
    await follow(stage, "Luis", way(message))
    assert "for somebody else" in said(stage, "Luis")
    assert await stage.count("draft", "member_id = :luis", luis=stage.member("Luis")) == 0


async def test_a_link_out_of_time_says_so_and_welcomes(stage: Stage) -> None:
    await ask_in_the_group(stage)
    [message] = stage.telegram.posts(stage.group)
    await stage.sql("UPDATE action_token SET expires_at = clock_timestamp()")
    await follow(stage, "Ana", way(message))
    assert said(stage).startswith("This has closed")
    assert "Hello, I am Plaudit" in said(stage)


async def test_a_link_lives_for_a_day(stage: Stage) -> None:
    await ask_in_the_group(stage)
    assert await stage.count("action_token", "verb = 'form' AND expires_at > now() + interval '25 hours'") == 0
    assert await stage.count("action_token", "verb = 'form'") == 1


async def test_a_link_does_nothing_but_what_links_may(stage: Stage) -> None:
    """Case 15: the token of any other button, or one of one's own making."""
    await stage.telegram.press_start(stage["Ana"])
    await ask_in_the_group(stage, command="/kudos @[Luis] for the demo")
    receipt = form(stage)
    for payload in (data_of(receipt, "Undo"), "x" * 22, "x" * 64, "form"):
        await follow(stage, "Ana", payload)
        assert "This has closed" in said(stage)
        assert "Hello, I am Plaudit" in said(stage)
    assert await stage.count("kudos", "undone_at IS NULL") == 1
    assert await stage.count("link") == 0


async def test_a_stranger_with_a_link_becomes_nobody(stage: Stage) -> None:
    await ask_in_the_group(stage)
    [message] = stage.telegram.posts(stage.group)
    await follow(stage, "Mei", way(message))
    assert await stage.count("member") == LINKED
    assert await stage.count("draft", "member_id <> :ana", ana=stage.member("Ana")) == 0


async def test_a_forms_button_works_in_its_chat_only_and_for_its_member(stage: Stage) -> None:
    """Case 16, by a modified client."""
    opened = await open_form(stage)
    await fill(stage)
    send = data_of(opened, SEND)
    await open_form(stage, "Luis")
    for name, message in (("Luis", form(stage, "Luis")), ("Luis", opened)):
        await stage.telegram.press_data(stage[name], message, send)
        await stage.quiet()
        assert "This has closed" in noted(stage) or "for somebody else" in noted(stage)
    await ask_in_the_group(stage, "Tom", "/kudos @[Luis] hello")
    card = stage.telegram.posts(stage.group)[0]
    await stage.telegram.press_data(stage["Ana"], card, send)
    await stage.quiet()
    assert await stage.count("kudos", "message = 'for the demo'") == 0
    await press(stage, SEND)
    assert await stage.count("kudos", "message = 'for the demo'") == 1


async def test_the_form_is_in_the_readers_language(stage: Stage) -> None:
    await stage.sql("UPDATE profile SET locale = 'es' WHERE member_id = :ana", ana=stage.member("Ana"))
    await stage.telegram.press_start(stage["Ana"])
    await ask_in_the_group(stage)
    assert "A quién quieres dar las gracias: –" in form(stage).text
    assert form(stage).buttons[-2:] == ("Enviar", "Cancelar")
    await press(stage, "✏️ ¿Por qué?")
    assert "tu próximo mensaje es la respuesta" in form(stage).text


async def test_nothing_of_a_form_is_said_in_the_group(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Ana"])
    await ask_in_the_group(stage)
    await fill(stage, words="a secret until it is sent")
    assert stage.posts("secret") == []
    assert chat(stage).kind == "personal"
    rows = await stage.sql("SELECT reference::text || address::text FROM outbox")
    assert not any("secret" in row[0] or "Luis" in row[0] for row in rows)
