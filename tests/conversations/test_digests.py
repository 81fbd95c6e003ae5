"""/admin mode, and the digests that channels get."""

import json
from datetime import timedelta

import aiohttp
import pytest

from core.digests import service
from core.schedule.registry import Run
from tests.conversations.stage import Stage


async def choose(stage: Stage, mode: str) -> str:
    """Ana, who is an admin, says it in the Slack channel."""
    delivery = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/admin", f"mode {mode}")
    await stage.quiet()
    return json.dumps(delivery.json() if delivery.body else {}, ensure_ascii=False) + "".join(
        message.text for message in stage.slack.posts(stage.slack_channel)[-1:]
    )


async def tell_yesterday(stage: Stage) -> None:
    """The clock says nine, tomorrow."""
    async with stage.sessions.begin(stage.workspace_id) as (session, now):
        at = now.replace(hour=9) + timedelta(days=1)
        await service.daily(session, Run(stage.workspace_id, "daily_digest", "d", at, at))
    stage.application.deliverer.bell.ring()
    await stage.quiet()


async def thank(stage: Stage) -> None:
    await stage.telegram.say(stage["Ana"], stage.group, "/kudos @[Luis] @[Zoë] for the demo #teamwork")
    await stage.quiet()


async def test_a_channel_in_digest_mode_hears_of_the_day_once(stage: Stage) -> None:
    assert "digest every morning" in await choose(stage, "digest")
    await thank(stage)
    assert not [post for post in stage.slack.posts(stage.slack_channel) if "for the demo" in post.text]
    assert [post for post in stage.teams.posts(stage.channel) if "for the demo" in post.text]
    await tell_yesterday(stage)
    await tell_yesterday(stage)
    [digest] = [post for post in stage.slack.posts(stage.slack_channel) if "Yesterday" in post.text]
    told = json.dumps(digest.payload, ensure_ascii=False)
    assert "1 kudos to 2 people" in told
    assert told.index("Luis Ortega · 1 kudos") < told.index("for the demo")
    assert not [post for post in stage.teams.posts(stage.channel) if "Yesterday" in post.text]


async def test_what_is_written_in_a_silent_channel_is_answered_there(stage: Stage) -> None:
    await choose(stage, "silencioso")
    await thank(stage)
    assert not [post for post in stage.slack.posts(stage.slack_channel) if "for the demo" in post.text]
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] for the talk")
    await stage.quiet()
    assert [post for post in stage.slack.posts(stage.slack_channel) if "for the talk" in post.text]


async def test_who_reads_it_may_thank_and_look(stage: Stage) -> None:
    await choose(stage, "digest")
    await thank(stage)
    await tell_yesterday(stage)
    [digest] = [post for post in stage.slack.posts(stage.slack_channel) if "Yesterday" in post.text]
    await stage.slack.press(stage["Zoë"], digest, "Leaderboard")
    await stage.quiet()
    assert "Most recognised" in stage.slack.posts(stage.slack_channel, visible_to=stage["Zoë"])[-1].text


async def test_what_was_taken_back_before_it_was_sent_is_not_told(stage: Stage) -> None:
    await choose(stage, "digest")
    await thank(stage)
    await stage.sql("UPDATE kudos SET undone_at = clock_timestamp()")
    await tell_yesterday(stage)
    assert not [post for post in stage.slack.posts(stage.slack_channel) if "Yesterday" in post.text]


@pytest.mark.parametrize(
    ("name", "mode", "said"), [("Ana", "loud", "There is no mode loud"), ("Luis", "digest", "dministrator")]
)
async def test_a_wrong_mode_or_a_wrong_person_is_refused(stage: Stage, name: str, mode: str, said: str) -> None:
    await choose(stage, "direct")
    delivery = await stage.slack.slash(stage[name], stage.slack_channel, "/admin", f"mode {mode}")
    assert said in json.dumps(delivery.json(), ensure_ascii=False)
    assert await stage.count("conversation", "mode <> 'direct'") == 0


async def test_the_podium_is_a_picture_for_whoever_knows_its_id(stage: Stage) -> None:
    await choose(stage, "digest")
    await thank(stage)
    await tell_yesterday(stage)
    [[public_id]] = await stage.sql("SELECT public_id FROM digest")
    async with aiohttp.ClientSession(stage.url) as http:
        async with http.get(f"/pictures/podiums/{public_id}.png") as answer:
            assert (answer.status, answer.content_type) == (200, "image/png")
            tag = answer.headers["ETag"]
        async with http.get(f"/pictures/podiums/{public_id}.png", headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304
        async with http.get(f"/pictures/badges/{public_id}.png") as answer:
            assert answer.status == 404


@pytest.mark.parametrize("chat", ["slack", "teams"])
async def test_in_thread_mode_a_days_cards_answer_one_message(stage: Stage, chat: str) -> None:
    simulator = stage.slack if chat == "slack" else stage.teams
    place = stage.slack_channel if chat == "slack" else stage.channel
    await stage.sql("UPDATE conversation SET mode = 'thread' WHERE platform = :platform", platform=chat)
    for words in ("for the demo", "for the talk"):
        await stage.telegram.say(stage["Ana"], stage.group, f"/kudos @[Luis] {words}")
    await stage.quiet()
    [root] = [post for post in simulator.posts(place) if "Thanks and badges of" in post.text]
    cards = [post for post in simulator.posts(place) if "for the" in post.text]
    assert [card.thread for card in cards] == [root.id, root.id]
    await stage.slack.slash(stage["Luis"], stage.slack_channel, "/points", "")
    assert await stage.count("outbox", "kind = 'day_thread'") == 1
