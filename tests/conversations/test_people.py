"""Who may give and receive, and who that is."""

import json
from dataclasses import replace

import pytest

from bots.simulator import Person
from tests.conversations.stage import LINKED, Stage


async def thank(stage: Stage, giver: str, words: str) -> str:
    delivery = await stage.slack.slash(stage[giver], stage.slack_channel, "/kudos", words)
    assert delivery.is_accepted
    await stage.quiet()
    return json.dumps(delivery.json(), ensure_ascii=False)


async def nothing_is_stored(stage: Stage, members: int = LINKED) -> bool:
    counts = [await stage.count(table) for table in ("kudos", "transfer", "kudos_receiver")]
    return counts == [0, 0, 0] and await stage.count("member") == members and not stage.posts()


async def test_an_unknown_person_is_enrolled_from_the_directory_and_greeted_when_they_speak(stage: Stage) -> None:
    await thank(stage, "Ana", "@[Mei] for the fox")
    [mei] = await stage.sql(
        "SELECT member.id, is_provisional, email FROM member JOIN profile ON member_id = member.id"
        " WHERE display_name LIKE 'Mei%'"
    )
    assert mei.is_provisional
    assert mei.email == stage["Mei"].email
    await stage.slack.slash(stage["Mei"], stage.slack_channel, "/points")
    [spoken] = await stage.sql("SELECT is_provisional FROM member WHERE id = :id", id=mei.id)
    assert not spoken.is_provisional


async def test_the_same_person_is_one_member_in_teams_and_slack(stage: Stage) -> None:
    await thank(stage, "Ana", "@[Mei] for the fox")
    await stage.teams.say(stage["Mei"], stage.channel, "@[Plaudit] /kudos @[Ana] thank you too")
    await stage.quiet()
    assert await stage.count("member") == LINKED + 1
    assert await stage.count("kudos") == 2


@pytest.mark.parametrize(
    ("receiver", "expected"), [("Gus", "is a guest here"), ("Other Bot", "is a bot"), ("Plaudit", "is a bot")]
)
async def test_guests_and_bots_receive_nothing(stage: Stage, receiver: str, expected: str) -> None:
    assert expected in await thank(stage, "Ana", f"@[{receiver}] for helping")
    assert await nothing_is_stored(stage)


async def test_a_guest_in_teams_receives_nothing(stage: Stage) -> None:
    # Teams marks guests in the roster by #EXT# or the role.
    await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /kudos @[Gus] for helping")
    await stage.quiet()
    assert "is a guest here" in stage.teams.posts(stage.channel)[-1].text
    assert await stage.count("kudos") == 0


async def test_a_guest_gives_nothing(stage: Stage) -> None:
    assert "You are a guest here" in await thank(stage, "Gus", "@[Ana] for helping")
    await stage.teams.say(stage["Gus"], stage.channel, "@[Plaudit] /kudos @[Ana] for helping")
    await stage.quiet()
    assert "You are a guest here" in stage.teams.posts(stage.channel)[-1].text
    assert await stage.count("kudos") == 0


async def test_bots_are_not_answered(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /help")
    answer = await stage.telegram.say(stage["Ana"], stage.group, "/help")
    await stage.quiet()
    before = len(stage.wire.messages())
    words = "<at>Plaudit</at> /kudos <at>Ana García</at> for helping"
    for number, author in enumerate(({"id": "28:another-bot"}, {"id": "29:skill", "role": "bot"})):
        await stage.teams.send({**said.activity, "id": str(number), "from": {"name": "Bot", **author}, "text": words})
    assert answer.update is not None
    sender = {"id": 4242424242, "is_bot": True, "first_name": "Bot", "username": "other_bot"}
    message = {**answer.update["message"], "from": sender, "text": "/points"}
    await stage.telegram.redeliver({**answer.update, "update_id": 1, "message": message})
    await stage.quiet()
    assert await stage.count("inbox", "state = 'done'") == 5
    assert await stage.count("kudos") == 0
    assert len(stage.wire.messages()) == before


async def test_a_bot_by_the_directory_is_not_answered(stage: Stage) -> None:
    delivery = await stage.slack.slash(stage["Other Bot"], stage.slack_channel, "/kudos", "@[Ana] hello")
    assert delivery.is_accepted
    assert delivery.body == b""
    assert await nothing_is_stored(stage)


async def test_a_stranger_from_another_slack_workspace(stage: Stage) -> None:
    fields = stage.slack.payloads.slash(stage["Tom"], stage.slack_channel, "/kudos", ["for helping"])
    delivery = await stage.slack.courier.deliver(
        stage.slack.form({**fields, "team_id": "T0ELSEWHERE", "user_id": "U0STRANGER"}, "slash")
    )
    assert delivery.status in (200, 403)
    assert await nothing_is_stored(stage)


async def test_a_person_of_a_foreign_tenant_in_teams(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /help")
    activity = {**said.activity, "id": "1", "text": "<at>Plaudit</at> /kudos me"}
    activity["channelData"] = {**activity["channelData"], "tenant": {"id": "99999999-0000-0000-0000-000000000000"}}
    activity["conversation"] = {**activity["conversation"], "tenantId": "99999999-0000-0000-0000-000000000000"}
    delivery = await stage.teams.send(activity)
    assert delivery.status == 403
    assert await stage.count("inbox") == 1


async def test_whoever_left_neither_gives_nor_receives(stage: Stage) -> None:
    await stage.sql("UPDATE member SET status = 'left' WHERE id = :id", id=stage.member("Tom"))
    assert "has left" in await thank(stage, "Ana", "@[Tom] for everything")
    assert "Your membership has ended" in await thank(stage, "Tom", "@[Ana] for everything")
    assert "Your membership has ended" in json.dumps(
        (await stage.slack.slash(stage["Tom"], stage.slack_channel, "/points")).json()
    )
    assert await nothing_is_stored(stage)


async def test_37_a_hand_typed_name_asks_back(stage: Stage) -> None:
    assert "I cannot tell who luis is" in await thank(stage, "Ana", "@luis for helping")
    await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /kudos @Luis for helping")
    await stage.telegram.say(stage["Ana"], stage.group, "/kudos @luis_example for helping")
    await stage.quiet()
    assert "I cannot tell who Luis is" in stage.teams.posts(stage.channel)[-1].text
    assert "I cannot tell who luis_example is" in stage.telegram.posts(stage.group)[-1].text
    assert await stage.count("kudos") == 0


async def test_37_a_name_that_imitates_another_is_resolved_by_its_id(stage: Stage) -> None:
    """Three impostors: the same letters, letters that look alike, and a name that is markup."""
    real = stage["Luis"]
    names = (real.name, "Luis Оrtega", f"<at>{real.name}</at>")
    for number, name in enumerate(names):
        stage.world.people.append(impostor(stage, number, name))
    for number in range(len(names)):
        person = stage.world.people[-len(names) + number]
        fields = stage.slack.payloads.slash(stage["Ana"], stage.slack_channel, "/kudos", [person, f" number {number}"])
        assert (await stage.slack.courier.deliver(stage.slack.form(fields, "slash"))).is_accepted
    await stage.quiet()
    assert await stage.count("kudos") == len(names)
    assert await stage.earned("Luis") == 0
    assert await stage.count("member") == LINKED + len(names)


def impostor(stage: Stage, number: int, name: str) -> Person:
    return replace(
        stage["Tom"],
        name=name,
        email=f"impostor{number}@example.com",
        slack_id=f"U0IMPOSTOR{number}",
        teams_id=f"29:impostor{number}",
        aad_id=f"impostor{number}",
        telegram_id=5_000_000_000 + number,
    )


async def test_300_mentions_are_refused_before_anybody_is_looked_up(stage: Stage) -> None:
    fields = stage.slack.payloads.slash(stage["Ana"], stage.slack_channel, "/kudos", [])
    crowd = " ".join(f"<@U0CROWD{number:04}|x>" for number in range(300))
    delivery = await stage.slack.courier.deliver(stage.slack.form({**fields, "text": f"{crowd} thanks"}, "slash"))
    assert "You named 300 people; one kudos has room for 50" in json.dumps(delivery.json())
    assert stage.slack.server.called("users.info") == []
    assert await nothing_is_stored(stage)


async def test_50_receivers_fit(stage: Stage) -> None:
    for number in range(50):
        stage.world.people.append(impostor(stage, number, f"Colleague {number}"))
    crowd = [part for person in stage.world.people[-50:] for part in (person, " ")]
    fields = stage.slack.payloads.slash(stage["Ana"], stage.slack_channel, "/kudos", [*crowd, "well done"])
    delivery = await stage.slack.courier.deliver(stage.slack.form(fields, "slash"))
    assert delivery.is_accepted
    await stage.quiet(seconds=20)
    assert await stage.count("kudos_receiver") == 50
    assert len(stage.posts("well done")) == 3


@pytest.mark.parametrize(
    "words",
    ["🎉🎉", "שלום לואיס", "👩‍👩‍👧‍👦 family", "مرحبا", "e\u0301 composed", "\u202egnirts desrever", "a\u200bb"],
)
async def test_every_script_is_shown_as_it_is(stage: Stage, words: str) -> None:
    from core.text import clean

    await thank(stage, "Ana", f"@[Luis] {words}")
    assert len(stage.posts(clean(words))) == 3


async def test_5000_characters_are_too_many(stage: Stage) -> None:
    answer = await thank(stage, "Ana", "@[Luis] " + "x" * 5000)
    assert "Your message has 5,000 characters" in answer or "Your message has 5000 characters" in answer
    assert await nothing_is_stored(stage)


@pytest.mark.parametrize(
    "words", ["@[Ana] for being me", "@[Luis] @[Ana] for being us", "@[Ana] @[Luis] @[Zoë] for all"]
)
async def test_23_nobody_thanks_themselves(stage: Stage, words: str) -> None:
    assert "You cannot thank yourself" in await thank(stage, "Ana", words)
    assert await nothing_is_stored(stage)
    assert await stage.allowance_left("Ana") is None


async def test_23_nor_by_editing_themselves_in(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /kudos @[Luis] for staying late")
    await stage.quiet()
    await stage.teams.edit(said.message, "@[Plaudit] /kudos @[Luis] @[Ana] for staying late")
    await stage.quiet()
    assert "You cannot thank yourself" in stage.teams.posts(stage.channel)[-1].text
    assert (await stage.allowance_left("Ana"), await stage.earned("Ana")) == (49, 0)
    assert len(stage.posts("for staying late")) == 3


@pytest.mark.parametrize("amount", ["+0", "+-5", "+1.5", '+"5"', "+true", "+1e400", "+NaN", "+9223372036854775808"])
async def test_17_amounts_that_are_none_are_refused(stage: Stage, amount: str) -> None:
    answer = await thank(stage, "Ana", f"@[Luis] for the demo {amount}")
    assert "is not an amount you can give" in answer
    assert await nothing_is_stored(stage)


async def test_17_two_amounts(stage: Stage) -> None:
    assert "two amounts of points" in await thank(stage, "Ana", "@[Luis] for the demo +5 +6")
    assert await nothing_is_stored(stage)
