"""/lottery in the three chats: opening, joining, sealing, the result, and what is refused."""

import json
from datetime import timedelta

import pytest

from bots.simulator import Message
from bots.ticker import hold_draws
from core.draws import proof, queries
from core.people import queries as people
from tests.conversations.slack_views import submission
from tests.conversations.stage import Stage
from tests.conversations.telegram_forms import alerts, open_form, press, say
from tests.core.badges.stock import make_badge

OPEN = 'open "Friday coffee" +50 2 2h'


async def typed(stage: Stage, name: str, words: str) -> str:
    delivery = await stage.slack.slash(stage[name], stage.slack_channel, "/lottery", words)
    return json.dumps(delivery.json(), ensure_ascii=False)


async def make(stage: Stage, name: str, role: str = "manager") -> None:
    await stage.sql("UPDATE member SET roles = ARRAY[:role] WHERE id = :id", role=role, id=stage.member(name))


async def opened(stage: Stage, words: str = OPEN) -> None:
    await make(stage, "Ana")
    await typed(stage, "Ana", words)
    await stage.quiet()


async def pass_time(stage: Stage) -> None:
    """The next instant that the draw waits for is now."""
    await stage.sql("UPDATE draw SET closes_at = clock_timestamp() - interval '1 s' WHERE state = 'open'")
    await stage.alter("ALTER TABLE draw DISABLE TRIGGER draw_is_sealed")
    await stage.sql("UPDATE draw SET draws_at = clock_timestamp() - interval '1 s' WHERE state = 'frozen'")
    await stage.alter("ALTER TABLE draw ENABLE TRIGGER draw_is_sealed")
    await hold_draws(stage.sessions)
    stage.application.deliverer.bell.ring()
    await stage.quiet()


def card(stage: Stage, place: int = 1) -> Message:
    simulator, conversation = stage.places[place]
    return next(post for post in simulator.posts(conversation) if "Friday coffee" in post.text)


async def test_from_the_first_word_to_the_result_in_three_chats(stage: Stage) -> None:
    await opened(stage)
    cards = stage.posts("Friday coffee")
    assert len(cards) == 3
    for post in cards:
        assert "2 winners get 50 points each. Opened by Ana García." in post.text
        assert "Join until" in post.text
        assert post.buttons == ("Join",)

    await stage.slack.press(stage["Luis"], card(stage, 1), "Join")
    await stage.quiet()
    await stage.telegram.press(stage["Zoë"], card(stage, 2), "Join · 1")
    await stage.quiet()
    await stage.teams.press(stage["Tom"], card(stage, 0), "Join · 2")
    await stage.quiet()
    assert all("Join · 3" in post.buttons for post in stage.posts("Friday coffee"))

    await pass_time(stage)
    sealed = stage.posts("3 people take part, and the list is sealed")
    assert len(sealed) == 3
    [[list_hash, commitment]] = await stage.sql("SELECT encode(list_hash, 'hex'), encode(commitment, 'hex') FROM draw")
    for post in sealed:
        assert list_hash in post.text
        assert commitment in post.text
        assert not any(label.startswith("Join") for label in post.buttons)

    await pass_time(stage)
    results = stage.posts("the result")
    assert len(results) == 3
    assert len(stage.posts("Friday coffee")) == 6
    winners = {row[0] for row in await stage.sql("SELECT paid_to FROM draw_result WHERE prize IS NOT NULL")}
    assert len(winners) == 2
    assert winners < {stage.member(name) for name in ("Luis", "Zoë", "Tom")}
    earned = await stage.sql("SELECT member_id FROM account WHERE kind = 'earned' AND balance = 50")
    assert {row[0] for row in earned} == winners
    assert await stage.count("outbox", "kind = 'draw_notice' AND state = 'sent'") == 2
    async with stage.sessions.begin(stage.workspace_id) as (session, _):
        draw = await queries.named(session, "friday COFFEE", workspace_id=stage.workspace_id)
        assert draw is not None
        record = await queries.record(session, draw)
    assert [wrong for _, wrong in proof.examine(record)] == [""] * 4


async def test_joining_twice_is_once_on_all_chats_together(stage: Stage) -> None:
    await opened(stage)
    await stage.slack.press(stage["Luis"], card(stage, 1), "Join")
    await stage.quiet()
    await stage.telegram.press(stage["Luis"], card(stage, 2), "Join · 1")
    await stage.teams.press(stage["Luis"], card(stage, 0), "Join · 1")
    assert "already. Once is enough" in await typed(stage, "Luis", 'join "Friday coffee"')
    await stage.quiet()
    assert await stage.count("draw_entrant") == 1


async def test_leaving_and_joining_again_by_words(stage: Stage) -> None:
    await opened(stage)
    assert "You are in the draw" in await typed(stage, "Luis", "join friday coffee")
    assert "You are out of the draw" in await typed(stage, "Luis", "leave")
    assert "You are not in the draw" in await typed(stage, "Luis", "leave")
    assert "You are in the draw" in await typed(stage, "Luis", 'join "Friday Coffee"')
    assert await stage.count("draw_entrant") == 1


async def test_an_old_card_joins_nobody(stage: Stage) -> None:
    await opened(stage)
    old = card(stage, 1)
    await stage.sql("UPDATE draw SET closes_at = clock_timestamp() - interval '1 s'")
    await stage.slack.press(stage["Luis"], old, "Join")
    await stage.quiet()
    assert "is closed" in stage.slack.posts(stage.slack_channel, visible_to=stage["Luis"])[-1].text
    assert await stage.count("draw_entrant") == 0
    await pass_time(stage)
    assert len(stage.posts("Nobody takes part, so nothing is drawn.")) == 3


async def test_the_list_offers_what_can_be_joined(stage: Stage) -> None:
    assert "There is no draw at the moment." in await typed(stage, "Luis", "")
    await opened(stage)
    told = await typed(stage, "Luis", "")
    assert "Join Friday coffee" in told
    assert "Open a draw" not in told
    assert "Open a draw" in await typed(stage, "Ana", "")
    offer = stage.slack.posts(stage.slack_channel, visible_to=stage["Luis"])[-1]
    await stage.slack.press(stage["Luis"], offer, "Join Friday coffee")
    await stage.quiet()
    assert await stage.count("draw_entrant") == 1
    assert "Join Friday coffee" not in await typed(stage, "Luis", "")


async def test_the_proof_tells_ones_own_line_and_the_seed_only_afterwards(stage: Stage) -> None:
    await opened(stage)
    await typed(stage, "Luis", "join")
    await pass_time(stage)
    [[ticket]] = await stage.sql("SELECT public_id::text FROM member WHERE id = :id", id=stage.member("Luis"))
    [[seed, listed]] = await stage.sql(
        "SELECT encode(seed, 'hex'), convert_from(draw_list.entrants, 'UTF8') FROM draw JOIN draw_list ON draw_id = id"
    )
    before = await typed(stage, "Luis", 'proof "Friday coffee"')
    assert ticket in before
    assert listed == f"{ticket} 1\n"
    assert seed not in before
    await pass_time(stage)
    assert seed in await typed(stage, "Luis", 'proof "Friday coffee"')
    shown = [message.text for simulator, place in stage.places for message in simulator.posts(place)]
    assert not any(seed in text for text in shown)


async def test_calling_off(stage: Stage) -> None:
    await opened(stage)
    assert "calls it off" in await typed(stage, "Luis", 'cancel "Friday coffee"')
    assert "is called off" in await typed(stage, "Ana", 'cancel "Friday coffee"')
    await stage.quiet()
    assert len(stage.posts("This draw was called off.")) == 3
    assert "is closed" in await typed(stage, "Luis", 'join "Friday coffee"')


REFUSED = [
    ('open "Coffee" 3 2h', "What can be won?"),
    ('open "Coffee" +50 0', "is no number of winners"),
    ('open "Coffee" +50 10001', "is no number of winners"),
    ('open "Coffee" +0', "is not an amount"),
    ('open "Coffee" +1.5', "is not an amount"),
    ('open "Coffee" +50 0m', "for 1 minute to 90 days"),
    ('open "Coffee" +50 91d', "for 1 minute to 90 days"),
    ('open "Coffee" +50 soon', "I do not understand"),
    ('open "Coffee" +50 +50', "I do not understand"),
    ('open "Coffee" +50 2h 3h', "I do not understand"),
    ('open "Coffee" +50 "No such badge"', "There is no badge that you can give"),
    (f'open "{"x" * 121}" +50', "has 1 to 120 characters"),
    ("open +50", "has 1 to 120 characters"),
    ('join "Tea"', "I know no draw called"),
    ("proof", "I know no draw called"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED)
async def test_what_is_refused_says_what_to_do(stage: Stage, words: str, said: str) -> None:
    await make(stage, "Ana")

    assert said in await typed(stage, "Ana", words)
    assert await stage.count("draw") == 0


async def test_only_roles_open_draws(stage: Stage) -> None:
    assert "Administrators, coordinators and managers open draws" in await typed(stage, "Luis", OPEN)
    assert await stage.count("draw") == 0
    await opened(stage)
    assert "Choose another name" in await typed(stage, "Ana", 'open "FRIDAY COFFEE" +1')


async def test_the_form_opens_a_draw_step_by_step(stage: Stage) -> None:
    await make(stage, "Ana", "admin")
    form = await open_form(stage, command="/lottery open")
    assert "Open a draw" in form.text
    await press(stage, "Open")
    assert "What can be won?" in " ".join(alerts(stage))
    for button, answer in (("✏️ What is it called?", "Cinema *night* <b>"), ("✏️ Points for each winner", "25")):
        await press(stage, button)
        await say(stage, answer)
    await press(stage, "Open")
    [[name, points, winners, span]] = await stage.sql("SELECT name, points, winners, closes_at - opened_at FROM draw")
    assert (name, points, winners, span) == ("Cinema *night* <b>", 25, 1, timedelta(hours=1))
    assert "is open until" in form.text
    assert len(stage.posts("Cinema")) == 3


async def test_the_form_comes_back_with_what_is_wrong(stage: Stage) -> None:
    await make(stage, "Ana", "coordinator")
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/lottery", "open")
    view = await stage.slack.wait_for_view(stage["Ana"])
    values = {"name": "Cinema", "points": "", "winners": "2", "closes": "1d"}
    refused = await stage.slack.courier.deliver(submission(stage, view, values))
    assert "What can be won?" in json.dumps(refused.json(), ensure_ascii=False)
    await stage.slack.courier.deliver(submission(stage, view, {**values, "points": "+5"}))
    await stage.quiet()
    [[winners, span]] = await stage.sql("SELECT winners, closes_at - opened_at FROM draw")
    assert (winners, span) == (2, timedelta(days=1))


async def test_a_badge_that_one_may_not_give_is_no_prize_of_ones_own(stage: Stage) -> None:
    await make(stage, "Ana")
    async with stage.sessions.begin(stage.workspace_id) as (session, _):
        workspace = await people.workspace(session, stage.workspace_id)
        await make_badge(session, workspace, reward="Board only", assigner=[{"groups": ["board"]}])
        await make_badge(session, workspace, reward="By rule", reward_type="Computed Badge", rules=["Birthday"])
        await make_badge(session, workspace, reward="Team player")
    assert "is not yours to give" in await typed(stage, "Ana", 'open "Coffee" "Board only"')
    assert "Nobody gives the badge" in await typed(stage, "Ana", 'open "Coffee" "By rule"')
    assert "is open until" in await typed(stage, "Ana", 'open "Coffee" "Team player"')
    await make(stage, "Ana", "admin")
    assert "is open until" in await typed(stage, "Ana", 'open "Tea" "By rule"')


async def test_another_company_sees_no_draw(stage: Stage) -> None:
    await opened(stage)
    await stage.sql(
        "WITH other AS (INSERT INTO workspace (name) VALUES ('Other') RETURNING id)"
        " INSERT INTO draw (workspace_id, name, points, winners, reserves, is_opt_in, opened_at, closes_at, notice_seconds)"
        " SELECT id, 'Their tea', 5, 1, 0, true, now(), now() + interval '1 h', 600 FROM other"
    )
    assert "I know no draw called" in await typed(stage, "Luis", 'join "Their tea"')
    assert "Their tea" not in await typed(stage, "Luis", "")
    assert await stage.count("draw_entrant") == 0


async def test_who_has_left_joins_nothing(stage: Stage) -> None:
    await opened(stage)
    await stage.sql("UPDATE member SET status = 'left' WHERE id = :id", id=stage.member("Luis"))
    assert "Your membership has ended" in await typed(stage, "Luis", "join")
    await stage.slack.press(stage["Luis"], card(stage), "Join")
    await stage.quiet()
    assert await stage.count("draw_entrant") == 0


async def test_words_of_every_language(stage: Stage) -> None:
    await make(stage, "Ana")
    delivery = await stage.slack.slash(
        stage["Ana"], stage.slack_channel, "/plaudit", 'verlosung eröffnen "Kaffee" +5 30m'
    )
    assert "Kaffee" in json.dumps(delivery.json())
    [[span]] = await stage.sql("SELECT closes_at - opened_at FROM draw")
    assert span == timedelta(minutes=30)
    await stage.quiet()
    delivery = await stage.slack.slash(stage["Luis"], stage.slack_channel, "/plaudit", 'sorteo participar "kaffee"')
    assert await stage.count("draw_entrant") == 1
