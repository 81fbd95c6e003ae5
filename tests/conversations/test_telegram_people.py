"""Whom a form in Telegram takes: colleagues, by their accounts, whatever the picker shows and whoever they say they are."""

from dataclasses import replace

from bots.simulator import Person
from tests.conversations.stage import Stage
from tests.conversations.telegram_forms import (
    PEOPLE,
    SEND,
    WHAT_FOR,
    chat,
    choose,
    data_of,
    fill,
    form,
    noted,
    open_form,
    press,
    said,
    say,
)
from tests.conversations.test_link import YES, code_of, line, type_code


def stranger(stage: Stage, name: str = "Sam Stranger", number: int = 31337) -> Person:
    """Somebody whom Ana knows in Telegram, and who is in no group of the company's."""
    made = replace(stage["Mei"], name=name, telegram_id=number, telegram_username=None)
    stage.world.people.append(made)
    return made


async def test_a_stranger_from_the_picker_is_refused_and_the_form_stays(stage: Stage) -> None:
    sam = stranger(stage)
    opened = await open_form(stage)
    await choose(stage, ["Luis"])
    await press(stage, PEOPLE)
    await stage.telegram.share(stage["Ana"], [stage["Zoë"], sam])
    await stage.quiet()
    assert "I do not find Sam Stranger in your organisation" in said(stage)
    assert await stage.count("identity", "remote_id = '31337'") == 0
    await stage.telegram.share(stage["Ana"], [stage["Zoë"]])
    await stage.quiet()
    assert "Who do you want to thank: Zoë Müller" in opened.text


async def asked(stage: Stage) -> dict[str, object]:
    """What the picker of the form that is open would ask."""
    nonce = (await stage.sql("SELECT nonce FROM draft"))[0][0]
    return {"request_id": int(nonce[:8], 16) & 0x7FFFFFFF, "request_name": True}


async def test_a_member_of_a_connected_group_is_taken_though_nobody_has_heard_of_them(stage: Stage) -> None:
    """Mei is in the group, and no member yet; choosing does not make her one, thanking does."""
    opened = await open_form(stage)
    before = await stage.count("member")
    await fill(stage, ["Mei"])
    assert "Who do you want to thank: Mei 🦊 Lin" in opened.text
    assert await stage.count("member") == before
    await press(stage, SEND)
    assert "is on its way" in opened.text
    assert await stage.count("identity", "remote_id = :mei", mei=str(stage["Mei"].telegram_id)) == 1


async def test_who_left_the_group_meanwhile_is_refused_when_it_is_sent(stage: Stage) -> None:
    await open_form(stage)
    await fill(stage, ["Mei"])
    stage.group.members.remove(stage["Mei"])
    await press(stage, SEND)
    assert "I do not find" in noted(stage)
    assert await stage.count("kudos") == 0


async def test_a_group_that_hides_its_members_vouches_for_nobody(stage: Stage) -> None:
    sam = stranger(stage)
    await open_form(stage)
    await press(stage, PEOPLE)
    stage.telegram.chats.hidden.add(stage.group.id)
    await stage.telegram.share(stage["Ana"], [sam])
    await stage.quiet()
    assert "I do not find Sam Stranger" in said(stage)
    await stage.telegram.share(stage["Ana"], [stage["Luis"]])
    await stage.quiet()
    assert "Chosen: Luis Ortega" in said(stage)


async def test_a_stranger_who_is_mentioned_in_a_private_chat_is_refused(stage: Stage) -> None:
    """A mention is picked from the same people as the picker's."""
    stranger(stage)
    await stage.telegram.press_start(stage["Ana"])
    await say(stage, "/kudos @[Sam Stranger] for nothing")
    assert "I do not find Sam Stranger" in said(stage)
    await say(stage, "/kudos @[Mei] for the docs")
    assert await stage.count("kudos") == 1


async def test_an_answer_to_the_picker_of_an_older_form_is_put_away(stage: Stage) -> None:
    """Case 16."""
    await open_form(stage)
    old = await asked(stage)
    await open_form(stage)
    await press(stage, PEOPLE)
    await stage.telegram.share_as(stage["Ana"], old, [stage["Luis"]])
    await stage.quiet()
    assert "This has closed" in said(stage)
    assert stage.telegram.chats.beneath == {}
    assert await stage.count("draft", "people = '[]'") == 1


async def test_people_who_were_not_asked_for_change_nothing(stage: Stage) -> None:
    await open_form(stage)
    await stage.telegram.share_as(stage["Ana"], await asked(stage), [stage["Luis"]])
    await stage.quiet()
    assert "This has closed" in said(stage)
    assert "Who do you want to thank: –" in form(stage).text


async def test_oneself_a_bot_and_a_hand_typed_name_are_nobody_to_thank(stage: Stage) -> None:
    """Cases 23 and 37."""
    await open_form(stage)
    await fill(stage, ["Ana", "Luis"])
    await press(stage, SEND)
    assert "You cannot thank yourself" in noted(stage)
    await press(stage, PEOPLE)
    await say(stage, "@luis_example")
    assert "I cannot tell who @luis_example is" in said(stage).replace("\u2060", "")
    await stage.telegram.share(stage["Ana"], [stage["Other Bot"]])
    await stage.quiet()
    assert "is a bot" in said(stage)
    assert await stage.count("kudos") == 0
    assert await stage.allowance_left("Ana") is None


HOSTILE = "<b>@here</b> {{7*7}} https://evil.example *x* `/kudos`"


async def test_hostile_names_and_words_are_only_shown(stage: Stage) -> None:
    """Cases 18, 19 and 20: what is typed and what people call themselves stands in the form as it is."""
    mei = stage["Mei"]
    named = replace(mei, name=f"Mei {HOSTILE}")
    stage.world.people[stage.world.people.index(mei)] = named
    stage.group.members[stage.group.members.index(mei)] = named
    opened = await open_form(stage)
    await press(stage, PEOPLE)
    await stage.telegram.share(stage["Ana"], [named])
    await stage.quiet()
    await press(stage, WHAT_FOR)
    await say(stage, HOSTILE)
    shown = opened.text.replace("\u2060", "")
    assert shown.count(HOSTILE) == 2
    messages = stage.telegram.posts(chat(stage))
    kinds = {entity["type"] for message in messages for entity in message.payload.get("entities", ())}
    assert kinds <= {"bold", "italic", "blockquote", "bot_command", "code"}


async def test_the_longest_names_and_words_fit(stage: Stage) -> None:
    opened = await open_form(stage)
    everybody = []
    for number in range(10):
        made = stranger(stage, f"{number}" + "😀ñ" * 60, 40000 + number)
        stage.group.members.append(made)
        everybody.append(made)
    await press(stage, PEOPLE)
    await stage.telegram.share(stage["Ana"], everybody)
    await stage.quiet()
    await press(stage, WHAT_FOR)
    await say(stage, "é" * 1001)
    assert "That is 1,001 characters; 1,000 fit here" in said(stage)
    await say(stage, "é" * 1000)
    assert "é" * 1000 in opened.text
    await press(stage, SEND)
    assert await stage.count("kudos_receiver") == 10


async def test_a_merge_ends_what_the_younger_was_filling_in(stage: Stage) -> None:
    await stage.sql(
        "WITH alone AS (INSERT INTO member (workspace_id) VALUES (:w) RETURNING id)"
        " UPDATE identity SET member_id = alone.id FROM alone WHERE platform = 'telegram' AND remote_id = :id",
        w=stage.workspace_id,
        id=str(stage["Luis"].telegram_id),
    )
    opened = await open_form(stage, "Luis")
    await open_form(stage, "Ana")
    send = data_of(opened, SEND)
    await type_code(stage, "Luis", await code_of(stage, "Luis"))
    await stage.slack.press(stage["Luis"], line(stage, "Luis")[-1], YES)
    await stage.quiet()
    assert await stage.count("member", "merged_into IS NOT NULL") == 1
    assert [row[0] for row in await stage.sql("SELECT member_id FROM draft")] == [stage.member("Ana")]
    await stage.telegram.press_data(stage["Luis"], opened, send)
    await stage.quiet()
    assert "This has closed" in noted(stage)
