"""Campaigns in conversations: opened, nominated in and voted in, as people do it in each chat."""

import json
from typing import Any

from bots.simulator import Message
from bots.ticker import move_campaigns
from core.people import queries as people
from tests.conversations.stage import Stage
from tests.conversations.telegram_forms import press, said
from tests.core.nominations.stock import make_campaign_badge

NAME = "Best colleague"
BALLOT = "☰ Choose 1 person"


async def stocked(stage: Stage, **config: Any) -> None:
    """A badge that is won by campaigns."""
    async with stage.sessions.begin(stage.workspace_id) as (session, _):
        workspace = await people.workspace(session, stage.workspace_id)
        await make_campaign_badge(session, workspace, points=500, **config)


async def slash(stage: Stage, verb: str, words: str = "", name: str = "Ana") -> str:
    """What Slack shows the asker."""
    delivery = await stage.slack.slash(stage[name], stage.slack_channel, verb, words)
    await stage.quiet()
    return json.dumps(delivery.json() if delivery.body else {}, ensure_ascii=False)


async def begun(stage: Stage, **config: Any) -> None:
    """Ana opens a campaign."""
    await stocked(stage, **config)
    await slash(stage, "/admin", f'campaign open "{NAME}"')


async def in_voting(stage: Stage, **config: Any) -> None:
    """Luis and Zoë stand, and voting has begun."""
    await begun(stage, **config)
    await slash(stage, "/nominate", f'@[Luis] "{NAME}" he listens', "Tom")
    await slash(stage, "/nominate", f'@[Zoë] "{NAME}" she never gives up', "Priya")
    await slash(stage, "/admin", f'campaign next "{NAME}"')


async def vote_in_slack(stage: Stage, name: str, choice: str) -> str:
    """By the command and the modal; what the voter is told."""
    await stage.slack.slash(stage[name], stage.slack_channel, "/vote", "")
    view = await stage.slack.wait_for_view(stage[name])
    await stage.slack.submit(view, {"choices": await candidacy(stage, choice)})
    await stage.quiet()
    return stage.slack.posts(stage.slack_channel, visible_to=stage[name])[-1].text


async def vote_in_teams(stage: Stage, name: str, choice: str) -> str:
    """In the private chat."""
    person = stage[name]
    await stage.teams.install(person)
    await stage.teams.say(person, stage.world.personal("teams", person), "vote")
    await stage.quiet()
    form = stage.teams.posts(stage.world.personal("teams", person))[-1]
    answer = await stage.teams.press(person, form, "Send my vote", {"choices": await candidacy(stage, choice)})
    assert answer.faults == ()
    await stage.quiet()
    return json.dumps(answer.body, ensure_ascii=False)


async def vote_in_telegram(stage: Stage, name: str, choice: str) -> str:
    """Step by step in the private chat."""
    chat = stage.world.personal("telegram", stage[name])
    if not chat.has_bot:
        await stage.telegram.press_start(stage[name])
    await stage.telegram.say(stage[name], chat, "/vote")
    await stage.quiet()
    other = await stage.sql(
        "SELECT count(*) FROM candidacy WHERE state = 'standing' AND member_id <> :m", m=stage.member(name)
    )
    if other[0][0] > 2:
        await press(stage, BALLOT, name)
        await press(stage, stage[choice].name, name)
    else:
        await press(stage, BALLOT.replace("☰", "🔁"), name)
        if stage[choice].name not in said(stage, name):
            await press(stage, BALLOT.replace("☰", "🔁"), name)
    await press(stage, "Send my vote", name)
    return said(stage, name)


async def candidacy(stage: Stage, name: str) -> str:
    rows = await stage.sql("SELECT max(id) FROM candidacy WHERE member_id = :member", member=stage.member(name))
    return str(rows[0][0])


async def tick(stage: Stage) -> None:
    """A minute passes."""
    await move_campaigns(stage.sessions)
    await stage.quiet()


async def end(stage: Stage) -> None:
    """The time to vote is over."""
    await stage.sql(
        "UPDATE campaign SET starts_at = now() - INTERVAL '9 days', nominations_end_at = now() - INTERVAL '8 days',"
        " voting_end_at = now() - INTERVAL '1 second' WHERE state = 'voting'"
    )
    await tick(stage)


def cards(stage: Stage, containing: str) -> list[Message]:
    return stage.posts(containing)
