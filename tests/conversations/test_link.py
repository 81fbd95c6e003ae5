"""`/link`: one person on three chats, proved from both sides."""

import json
import re

import pytest

from bots.simulator import Conversation, Message, Person
from core.badges.verify import CHECKS
from core.points import verify
from tests.conversations.stage import LINKED, Stage, _found

CODE = re.compile(r"link ([\w-]{22})")
YES, NO = "Yes, that is me", "No, that is not me"


async def code_of(stage: Stage, name: str = "Ana") -> str:
    """What a member gets in Slack."""
    person = stage[name]
    await stage.slack.slash(person, stage.slack_channel, "/plaudit", "link")
    shown = json.dumps(stage.slack.deliveries[-1].json())
    found = CODE.search(shown)
    assert found, shown
    return found[1]


def private(stage: Stage, name: str, platform: str = "telegram") -> Conversation:
    return stage.world.personal(platform, stage[name])  # type: ignore[arg-type]


def line(stage: Stage, name: str = "Ana") -> list[Message]:
    """The member's private chat in Slack, where the question is asked."""
    return stage.slack.posts(private(stage, name, "slack"))


def told(stage: Stage, name: str = "Mei") -> str:
    return stage.telegram.posts(private(stage, name))[-1].text


async def type_code(stage: Stage, name: str, code: str) -> str:
    """In the private chat in Telegram."""
    stage.telegram.chats.blocked.discard(stage[name])
    private(stage, name).has_bot = True
    await stage.telegram.say(stage[name], private(stage, name), f"/link {code}")
    await stage.quiet()
    return told(stage, name)


async def owner(stage: Stage, person: Person) -> int | None:
    rows = await stage.sql(
        "SELECT member_id FROM identity WHERE platform = 'telegram' AND remote_id = :id", id=str(person.telegram_id)
    )
    return int(rows[0][0]) if rows else None


async def books_are_clean(stage: Stage) -> bool:
    async with stage.sessions.begin(role="ops", statement_seconds=60) as (session, _):
        outcomes = [await verify.examine(session, check) for check in CHECKS]
    return [finding for outcome in outcomes for finding in outcome.findings] == []


@pytest.fixture
async def apart(stage: Stage) -> Stage:
    """Luis's account in Telegram is a member of its own, the younger one."""
    await stage.sql(
        "WITH alone AS (INSERT INTO member (workspace_id) VALUES (:w) RETURNING id),"
        " named AS (INSERT INTO profile (workspace_id, member_id, display_name) SELECT :w, id, 'Luis (phone)' FROM alone)"
        " UPDATE identity SET member_id = alone.id FROM alone WHERE platform = 'telegram' AND remote_id = :id",
        w=stage.workspace_id,
        id=str(stage["Luis"].telegram_id),
    )
    return stage


async def test_a_stranger_in_telegram_becomes_an_account_of_the_member(stage: Stage) -> None:
    answer = await type_code(stage, "Mei", await code_of(stage))
    assert "Confirm it in Slack" in answer
    assert await owner(stage, stage["Mei"]) is None
    [question] = line(stage)
    assert "Is this you in Telegram?" in question.text
    assert "Mei" in question.text
    assert "history" not in question.text
    await stage.slack.press(stage["Ana"], question, YES)
    await stage.quiet()
    assert await owner(stage, stage["Mei"]) == stage.member("Ana")
    assert await stage.count("member") == LINKED
    assert "is joined" in question.text
    assert "is joined" in told(stage)
    await stage.telegram.say(stage["Mei"], private(stage, "Mei"), "/points")
    await stage.quiet()
    assert "Your points" in told(stage)
    rows = await stage.sql("SELECT state, member_id, other_id, remote_id, name FROM link")
    assert [tuple(row) for row in rows] == [("linked", stage.member("Ana"), None, "", "")]


async def test_a_deep_link_says_the_same(stage: Stage) -> None:
    code = await code_of(stage)
    await stage.telegram.press_start(stage["Mei"], payload=code)
    await stage.quiet()
    assert "Confirm it in Slack" in told(stage)
    await stage.slack.press(stage["Ana"], line(stage)[-1], YES)
    await stage.quiet()
    assert await owner(stage, stage["Mei"]) == stage.member("Ana")


async def test_a_deep_link_of_nothing_is_refused_and_makes_nobody_a_member(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Mei"], payload="x" * 22)
    await stage.quiet()
    assert "wrong, used or too old" in told(stage)
    assert await stage.count("member") == LINKED


async def test_two_histories_become_one_and_the_question_says_how(apart: Stage) -> None:
    stage, luis = apart, apart["Luis"]
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Luis] at the desk +5")
    await stage.telegram.say(stage["Ana"], stage.group, "/kudos @[Luis] on the road +7")
    await stage.slack.slash(luis, stage.slack_channel, "/kudos", "@[Tom] from the desk +6")
    await stage.telegram.say(luis, stage.group, "/kudos @[Tom] from the road +8")
    await stage.quiet()
    await type_code(stage, "Luis", await code_of(stage, "Luis"))
    [question] = line(stage, "Luis")
    assert "Both accounts have a history" in question.text
    assert "7 points and 2 kudos" in question.text
    assert "cannot be undone" in question.text
    await stage.slack.press(luis, question, YES)
    await stage.quiet()
    assert await owner(stage, luis) == stage.member("Luis")
    assert (await stage.earned("Luis"), await stage.allowance_left("Luis")) == (12, 36)
    assert await books_are_clean(stage)
    await stage.telegram.say(luis, private(stage, "Luis"), "/kudos me")
    await stage.quiet()
    assert "on the road" in told(stage, "Luis")
    assert "at the desk" in told(stage, "Luis")
    await stage.telegram.say(luis, private(stage, "Luis"), "/points history")
    await stage.quiet()
    assert "+7" in told(stage, "Luis")
    await stage.telegram.say(luis, private(stage, "Luis"), "/leaderboard")
    await stage.quiet()
    assert "12" in told(stage, "Luis")
    rows = await stage.sql("SELECT state, member_id FROM link")
    assert [tuple(row) for row in rows] == [("merged", stage.member("Luis"))]


async def test_kudos_between_the_two_are_taken_back_and_their_cards_say_so(apart: Stage) -> None:
    stage, luis = apart, apart["Luis"]
    await stage.telegram.say(stage["Luis"], stage.group, "/kudos @[Tom] thank you +1")
    await stage.slack.slash(luis, stage.slack_channel, "/kudos", "@[Zoë] thank you +1")
    # The two are told apart by their platforms, so only the service can bring them together in one kudos.
    await stage.quiet()
    younger = await owner(stage, luis)
    await stage.sql(
        "UPDATE identity SET member_id = :younger WHERE platform = 'teams' AND member_id = :older",
        younger=younger,
        older=stage.member("Luis"),
    )
    await stage.telegram.say(stage["Tom"], stage.group, "/kudos @[Luis] to the phone +3")
    await stage.quiet()
    await stage.sql(
        "UPDATE identity SET member_id = :luis WHERE platform = 'slack' AND member_id = :tom",
        luis=younger,
        tom=stage.member("Tom"),
    )
    await stage.slack.slash(stage["Tom"], stage.slack_channel, "/kudos", "@[Luis] between us +4")
    await stage.quiet()
    await stage.sql(
        "UPDATE identity SET member_id = :tom WHERE remote_id = :id", tom=stage.member("Tom"), id=stage["Tom"].slack_id
    )
    assert len(stage.posts("between us")) == 3
    await type_code(stage, "Luis", await code_of(stage, "Luis"))
    question = line(stage, "Luis")[-1]
    assert "1 kudos between the two is taken back" in question.text
    await stage.slack.press(luis, question, YES)
    await stage.quiet()
    assert stage.posts("between us") == []
    assert len(stage.posts("took back a kudos")) == 3
    assert await stage.earned("Luis") == 3
    assert await books_are_clean(stage)


async def test_no_means_no(stage: Stage) -> None:
    code = await code_of(stage)
    await type_code(stage, "Mei", code)
    [question] = line(stage)
    await stage.slack.press(stage["Ana"], question, NO)
    await stage.quiet()
    assert "Nothing was joined" in question.text
    assert await owner(stage, stage["Mei"]) is None
    assert "wrong, used or too old" in await type_code(stage, "Mei", code)
    assert await stage.count("link", "state = 'declined' AND remote_id = '' AND name = ''") == 1


async def test_the_own_code_and_an_account_that_is_mine_already(stage: Stage) -> None:
    code = await code_of(stage)
    refused = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/plaudit", f"link {code}")
    assert "the account that asked for the code" in json.dumps(refused.json())
    assert "yours already" in await type_code(stage, "Ana", code)
    assert await stage.count("link") == 0


@pytest.mark.parametrize("typed", ["", "x" * 22, "not-a-code", "x" * 3000, "\u202eabc"])
async def test_what_was_never_a_code(stage: Stage, typed: str) -> None:
    if not typed:
        assert "I do not know this organisation" in await type_code(stage, "Mei", typed)
        return
    assert "wrong, used or too old" in await type_code(stage, "Mei", typed)
    assert "wrong, used or too old" in await type_code(stage, "Tom", typed)
    assert (await stage.count("link"), await stage.count("member")) == (0, LINKED)


async def test_16_a_code_too_old_and_a_code_used(stage: Stage) -> None:
    code = await code_of(stage)
    await type_code(stage, "Mei", code)
    assert "wrong, used or too old" in await type_code(stage, "Mei", code)
    assert len(line(stage)) == 1
    code = await code_of(stage)
    await stage.sql("UPDATE action_token SET expires_at = clock_timestamp() - interval '1 second'")
    assert "wrong, used or too old" in await type_code(stage, "Mei", code)


async def test_36_the_question_closes(stage: Stage) -> None:
    await type_code(stage, "Mei", await code_of(stage))
    await stage.sql("UPDATE link SET claimed_at = claimed_at - interval '16 minutes'")
    [question] = line(stage)
    await stage.slack.press(stage["Ana"], question, YES)
    await stage.quiet()
    assert "This has closed" in stage.transcript.entries[-1].text
    assert await owner(stage, stage["Mei"]) is None


async def test_16_only_the_member_who_asked_answers(stage: Stage) -> None:
    await type_code(stage, "Mei", await code_of(stage))
    [question] = line(stage)
    await stage.slack.press(stage["Tom"], question, YES)
    await stage.quiet()
    assert "for somebody else" in stage.transcript.entries[-1].text
    assert await owner(stage, stage["Mei"]) is None


async def test_15_what_the_press_carries_beside_its_token_changes_nothing(stage: Stage) -> None:
    await type_code(stage, "Mei", await code_of(stage))
    code = await code_of(stage, "Tom")
    await stage.telegram.press_start(stage["Zoë"])
    await stage.quiet()
    [shown] = stage.telegram.posts(private(stage, "Zoë"))
    for data in (code, "link_confirm", "link_confirm:1"):
        await stage.telegram.press_data(stage["Zoë"], shown, data)
        await stage.quiet()
        assert "This has closed" in stage.transcript.entries[-1].text
    assert await stage.count("link", "state <> 'claimed'") == 0


async def test_25_a_code_of_another_company_does_not_exist(stage: Stage) -> None:
    other = await _found(stage.sessions)
    code = await code_of(stage)
    await stage.sql("UPDATE action_token SET workspace_id = :other WHERE verb = 'link'", other=other)
    assert "wrong, used or too old" in await type_code(stage, "Tom", code)
    refused = await stage.slack.slash(stage["Tom"], stage.slack_channel, "/plaudit", f"link {code}")
    assert "wrong, used or too old" in json.dumps(refused.json())
    assert await stage.count("press") == 0


async def test_whoever_left_joins_nothing(stage: Stage) -> None:
    await stage.sql("UPDATE member SET status = 'left' WHERE id = :id", id=stage.member("Tom"))
    assert "Your membership has ended" in await type_code(stage, "Tom", await code_of(stage))
    code = await code_of(stage, "Luis")
    await stage.sql("UPDATE member SET status = 'left' WHERE id = :id", id=stage.member("Luis"))
    assert "memberships has ended" in await type_code(stage, "Mei", code)
    assert await stage.count("link") == 0


async def test_a_code_that_others_read_is_void(stage: Stage) -> None:
    code = await code_of(stage)
    await stage.telegram.say(stage["Tom"], stage.group, f"/link {code}")
    await stage.quiet()
    assert "Delete your message" in stage.telegram.posts(stage.group)[-1].text
    assert "wrong, used or too old" in await type_code(stage, "Mei", code)
    assert await stage.count("link") == 0


async def test_the_code_is_shown_to_its_member_alone(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Ana"])
    await stage.quiet()
    await stage.telegram.say(stage["Ana"], stage.group, "/link")
    await stage.quiet()
    assert CODE.search(told(stage, "Ana"))
    assert not [message for message in stage.posts() if CODE.search(message.text)]


async def test_teams_asks_and_slack_types(stage: Stage) -> None:
    """An address joins the two by itself, so the account in Slack is made somebody else's first."""
    tom = stage["Tom"]
    await stage.sql(
        "WITH alone AS (INSERT INTO member (workspace_id) VALUES (:w) RETURNING id),"
        " named AS (INSERT INTO profile (workspace_id, member_id, display_name) SELECT :w, id, 'Tom' FROM alone)"
        " UPDATE identity SET member_id = alone.id FROM alone WHERE remote_id = :id",
        w=stage.workspace_id,
        id=tom.slack_id,
    )
    await stage.teams.install(tom)
    await stage.quiet()
    here = private(stage, "Tom", "teams")
    await stage.teams.say(tom, here, "/link")
    await stage.quiet()
    found = CODE.search(stage.teams.posts(here)[-1].text)
    assert found
    answer = await stage.slack.slash(tom, stage.slack_channel, "/plaudit", f"link {found[1]}")
    assert "Confirm it in Microsoft Teams" in json.dumps(answer.json())
    await stage.quiet()
    question = stage.teams.posts(here)[-1]
    assert "Is this you in Slack?" in question.text
    await stage.teams.press(tom, question, YES)
    await stage.quiet()
    rows = await stage.sql(
        "SELECT DISTINCT member_id FROM identity WHERE remote_id IN (:a, :b)", a=tom.slack_id, b=tom.teams_id
    )
    assert [tuple(row) for row in rows] == [(stage.member("Tom"),)]
    assert "is joined" in line(stage, "Tom")[-1].text
    assert await books_are_clean(stage)
