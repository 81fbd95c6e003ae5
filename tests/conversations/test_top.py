"""/kudos top: who is recognised most, who gives most, and for what."""

import json

import pytest

from tests.conversations.stage import Stage


async def asked(stage: Stage, words: str = "top") -> str:
    delivery = await stage.slack.slash(stage["Priya"], stage.slack_channel, "/kudos", words)
    assert delivery.json()["response_type"] == "ephemeral"
    return json.dumps(delivery.json(), ensure_ascii=False)


async def thank(stage: Stage, name: str, words: str) -> None:
    await stage.slack.slash(stage[name], stage.slack_channel, "/kudos", words)
    await stage.quiet()


async def test_the_most_recognised_the_most_generous_and_their_tags(stage: Stage) -> None:
    await thank(stage, "Ana", "@[Luis] @[Zoë] for the demo #teamwork")
    await thank(stage, "Zoë", "@[Luis] for the talk #teamwork #speaking")
    told = await asked(stage)
    recognised, _, rest = told.partition("Most generous")
    assert recognised.index("Luis Ortega · 2 kudos") < recognised.index("Zoë Müller · 1 kudos")
    assert "Ana García · 1 kudos" in rest
    assert rest.index("#teamwork 2") < rest.index("#speaking 1")


async def test_what_was_said_in_private_is_not_told(stage: Stage) -> None:
    await thank(stage, "Ana", "private @[Luis] for listening #secret")
    assert "secret" not in await asked(stage)


async def test_what_was_taken_back_does_not_count(stage: Stage) -> None:
    await thank(stage, "Ana", "@[Tom] for nothing #undone")
    await thank(stage, "Ana", "undo")
    assert "No kudos yet this month" in await asked(stage)


@pytest.mark.parametrize("words", ["top", "trending", "destacados", "spitze"])
async def test_it_is_asked_in_any_language(stage: Stage, words: str) -> None:
    assert "This month’s kudos" in await asked(stage, words)


async def test_top_in_a_sentence_is_a_word_of_it(stage: Stage) -> None:
    await thank(stage, "Ana", "top work @[Luis] on the demo")
    assert len(stage.posts("top work")) >= 1


async def test_in_teams_and_telegram_the_same_is_told(stage: Stage) -> None:
    await thank(stage, "Ana", "@[Luis] for the demo #teamwork")
    await stage.telegram.say(stage["Ana"], stage.group, "/kudos top")
    await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] kudos top")
    await stage.quiet()
    for chat, place in ((stage.telegram, stage.group), (stage.teams, stage.channel)):
        told = json.dumps(chat.posts(place)[-1].payload, ensure_ascii=False)
        assert "This month’s kudos" in told
        assert told.index("Luis Ortega") < told.index("teamwork")
