"""/leaderboard in the three chats: measures, groups, pages in place, what is shared, and who hides."""

import json

import pytest

from bots.simulator import Message
from core.badges import service as badges
from core.leaderboards import service
from core.people import queries
from tests.conversations.stage import Stage
from tests.core.badges.stock import make_badge

CROWD = """
WITH made AS (
    INSERT INTO member (workspace_id) SELECT :w FROM generate_series(1, 30) RETURNING id
), named AS (
    INSERT INTO profile (workspace_id, member_id, display_name, department)
    SELECT :w, id, 'Colleague ' || id, 'Sales' FROM made
)
INSERT INTO leaderboard_total (workspace_id, member_id, measure, period, score, is_ranked)
SELECT :w, id, 'points', 'all', 1000 - id, true FROM made
"""


async def crowd(stage: Stage) -> None:
    await stage.sql(CROWD, w=stage.workspace_id)


async def asked(stage: Stage, name: str, words: str = "") -> str:
    delivery = await stage.slack.slash(stage[name], stage.slack_channel, "/leaderboard", words)
    assert delivery.json()["response_type"] == "ephemeral"
    return json.dumps(delivery.json(), ensure_ascii=False)


def whispered(stage: Stage, name: str) -> Message:
    return stage.slack.posts(stage.slack_channel, visible_to=stage[name])[-1]


async def give(stage: Stage) -> None:
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] @[Zoë] for the demo +5")
    await stage.slack.slash(stage["Zoë"], stage.slack_channel, "/kudos", "@[Luis] for the talk")
    await stage.quiet()


async def test_each_measure_counts_its_own(stage: Stage) -> None:
    await give(stage)
    async with stage.sessions.begin(stage.workspace_id) as (session, now):
        workspace = await queries.workspace(session, stage.workspace_id)
        people = await queries.people(session, list(stage.members.values()), workspace_id=stage.workspace_id)
        ana, tom = people[stage.member("Ana")], people[stage.member("Tom")]
        badge = await make_badge(session, workspace, points=10)
        await badges.award(session, workspace=workspace, badge=badge, giver=ana, receivers=[tom], now=now)
    for words, title, leader in (
        ("", "Points · this month", "Tom"),
        ("kudos today", "Most recognised · today", "Luis Ortega"),
        ("given year", "Most generous · this year", "Ana García"),
        ("badges all", "Badges · all time", "Tom"),
    ):
        told = await asked(stage, "Priya", words)
        assert title in told
        assert f"{title}: {leader}" in told


async def test_a_department_and_a_channel_by_themselves(stage: Stage) -> None:
    await crowd(stage)
    await give(stage)
    await stage.sql("UPDATE profile SET department = 'R&D <b>' WHERE member_id = :id", id=stage.member("Luis"))
    told = await asked(stage, "Luis", "all department")
    assert "Department R&amp;D" not in told  # what is text is not escaped twice
    assert "Department R&D <b>" in told
    assert "1 person" in told
    assert "You are number 1 of 1." in told
    told = await asked(stage, "Luis", "all department sales")
    assert "30 people" in told
    assert "You are not on this list yet." in told
    told = await asked(stage, "Luis", "all channel")
    assert "Those who gave or received kudos in this conversation" in told
    assert "2 people" in told  # Ana gave, and earned nothing
    assert "I find nobody under" in await asked(stage, "Luis", "department Sals")
    assert "Sales" in await asked(stage, "Luis", "department Sals")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("fortnight", "I do not know "),
        ("wek", "Did you mean "),
        ("kudos badges", "one too many"),
        ("team", "Nothing is known of "),
    ],
)
async def test_what_is_refused_says_what_there_is(stage: Stage, words: str, expected: str) -> None:
    assert expected in await asked(stage, "Ana", words)


async def test_a_private_chat_is_no_channel_and_shares_with_nobody(stage: Stage) -> None:
    await give(stage)
    luis = stage["Luis"]
    await stage.teams.install(luis)
    await stage.quiet()
    chat = stage.world.personal("teams", luis)
    await stage.teams.say(luis, chat, "leaderboard channel")
    await stage.quiet()
    assert "A private chat is no channel" in stage.teams.posts(chat)[-1].text
    await stage.teams.say(luis, chat, "leaderboard")
    await stage.quiet()
    board = stage.teams.posts(chat)[-1]
    assert "You are number 1 of 2." in board.text
    assert "Share to channel" not in board.buttons


def page_of(board: Message) -> list[str]:
    """The ranks on it, without the reader's own further down."""
    page = board.text.partition("⋯")[0]
    return [line.split()[0] for line in page.splitlines() if "Colleague" in line]


async def test_pages_are_turned_in_place(stage: Stage) -> None:
    await crowd(stage)
    await stage.sql(
        "INSERT INTO leaderboard_total VALUES (:w, :m, 'points', 'all', 1, true)",
        w=stage.workspace_id,
        m=stage.member("Tom"),
    )
    await stage.telegram.say(stage["Tom"], stage.group, "/leaderboard all")
    await stage.quiet()
    board = stage.telegram.posts(stage.group)[-1]
    assert "‹ Previous" not in board.buttons
    assert "You are number 31 of 31." in board.text
    for first in (11, 21):
        await stage.telegram.press(stage["Tom"], board, "Next ›")
        await stage.quiet()
        assert page_of(board) == [str(rank) for rank in range(first, first + 10)]
    await stage.telegram.press(stage["Tom"], board, "Next ›")
    await stage.quiet()
    assert "Next ›" not in board.buttons
    assert "My place" not in board.buttons
    await stage.telegram.press(stage["Tom"], board, "‹ Previous")
    await stage.quiet()
    assert page_of(board) == [str(rank) for rank in range(21, 31)]
    await stage.telegram.press(stage["Tom"], board, "My place")
    await stage.quiet()
    assert "Tom" in board.text
    assert len(stage.telegram.posts(stage.group)) == 1


async def test_a_page_is_shared_once_and_is_nobodys_own(stage: Stage) -> None:
    await give(stage)
    await asked(stage, "Luis", "kudos all")
    board = whispered(stage, "Luis")
    await stage.slack.press(stage["Luis"], board, "Share to channel")
    await stage.quiet()
    shared = stage.slack.posts(stage.slack_channel)[-1]
    assert shared.visible_to is None
    assert "Most recognised · all time" in shared.text
    assert "Luis Ortega" in shared.text
    assert "You" not in shared.text
    assert "Share to channel" not in shared.buttons
    posts = len(stage.slack.posts(stage.slack_channel))
    await stage.slack.press(stage["Luis"], board, "Share to channel")
    await stage.quiet()
    assert len(stage.slack.posts(stage.slack_channel)) == posts
    assert "already done" in whispered(stage, "Luis").text
    # Anybody turns it, and it stays nobody's.
    await stage.slack.press(stage["Zoë"], shared, "Points")
    await stage.quiet()
    assert "Points · all time" in shared.text
    assert "You" not in shared.text
    assert len(shared.versions) == 1
    await stage.slack.press(stage["Luis"], shared, "Week")
    await stage.quiet()
    assert "Points · this week" in shared.text


async def test_only_the_reader_may_share(stage: Stage) -> None:
    await give(stage)
    await asked(stage, "Luis")
    board = whispered(stage, "Luis")
    posts = len(stage.slack.posts(stage.slack_channel))
    await stage.slack.press(stage["Zoë"], board, "Share to channel")
    await stage.quiet()
    assert len(stage.slack.posts(stage.slack_channel)) == posts
    assert "somebody else" in whispered(stage, "Zoë").text


async def test_who_hides_is_told_in_private_and_nowhere_else(stage: Stage) -> None:
    await give(stage)
    async with stage.sessions.begin(stage.workspace_id) as (session, _):
        await service.hide(session, stage.member("Luis"), workspace_id=stage.workspace_id)
    own = await asked(stage, "Luis")
    assert "You would be number 1." in own
    assert "Luis Ortega" not in own
    await stage.telegram.say(stage["Luis"], stage.group, "/leaderboard")
    await stage.quiet()
    said = stage.telegram.posts(stage.group)[-1].text
    assert "number" not in said
    assert "Luis" not in said
    assert "Zoë" in said
    assert "Luis" not in await asked(stage, "Ana")


async def test_buttons_of_older_cards(stage: Stage) -> None:
    """One from before there were groups still works; one for what is no longer counted has closed."""
    await give(stage)
    await stage.telegram.say(stage["Tom"], stage.group, "/leaderboard")
    await stage.quiet()
    board = stage.telegram.posts(stage.group)[-1]
    await stage.sql("UPDATE action_token SET argument = 'points:year' WHERE argument = 'points:week'")
    await stage.sql("UPDATE action_token SET argument = 'bananas:week' WHERE argument = 'kudos:month'")
    await stage.telegram.press(stage["Tom"], board, "Kudos")
    await stage.quiet()
    assert "✓ Month" in board.buttons
    assert any("This has closed" in toast.text for toast in stage.transcript.entries if toast.kind == "toast")
    await stage.telegram.press(stage["Tom"], board, "Week")
    await stage.quiet()
    assert "✓ Year" in board.buttons
    await stage.sql("UPDATE action_token SET expires_at = now() - interval '1 second'")
    await stage.telegram.press(stage["Tom"], board, "Badges")
    await stage.quiet()
    assert "✓ Year" in board.buttons
