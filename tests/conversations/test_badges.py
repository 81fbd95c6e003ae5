"""/badge where people are: given, refused, asked back, taken back."""

import asyncio
import json
from typing import Any

import pytest

from bots.simulator import Message
from core.people import queries as people
from tests.conversations.stage import Stage
from tests.core.badges.stock import make_badge

WORDS = "for the night shift"


async def stocked(stage: Stage, **fields: Any) -> int:
    """A badge of the workspace; its id."""
    async with stage.sessions.begin(stage.workspace_id) as (session, _):
        workspace = await people.workspace(session, stage.workspace_id)
        given = {"reward": "Above and beyond", "points": 50, "multiple": True, **fields}
        return (await make_badge(session, workspace, **given)).id


async def slash(stage: Stage, words: str, *, giver: str = "Ana", verb: str = "/badge") -> str:
    """What Slack shows the giver."""
    delivery = await stage.slack.slash(stage[giver], stage.slack_channel, verb, words)
    await stage.quiet()
    return json.dumps(delivery.json(), ensure_ascii=False)


def card(stage: Stage, platform: str, containing: str = WORDS) -> Message:
    [found] = [message for message in stage.posts(containing) if message.conversation.platform == platform]
    return found


async def test_a_badge_given_in_slack_stands_in_all_three_chats(stage: Stage) -> None:
    await stocked(stage)
    receipt = await slash(stage, f'@[Luis] @[Tom] "Above and beyond" {WORDS}')
    assert "on its way" in receipt
    assert "50 points to each of them, from the company" in receipt
    assert "Take back" in receipt
    assert len(stage.posts("Above and beyond")) == len(stage.posts(WORDS)) == 3
    assert [await stage.earned(name) for name in ("Luis", "Tom", "Ana")] == [50, 50, 0]
    assert await stage.allowance_left("Ana") is None
    assert f'"user_id": "{stage["Luis"].slack_id}"' in json.dumps(card(stage, "slack").payload)


@pytest.mark.parametrize(
    "typed",
    [
        '"Above and beyond" ',
        '"ABOVE and  Beyond": ',
        "“Above and beyond” ",
        "„Above and beyond“, ",
        "«Above and beyond» ",
        "« Above and beyond » ",
        "above and beyond, ",
        "Above and beyond – ",
    ],
)
async def test_a_badge_is_named_in_many_ways(stage: Stage, typed: str) -> None:
    await stocked(stage)
    await stocked(stage, reward="Above")
    await slash(stage, f"@[Luis] {typed}{WORDS}")
    [row] = await stage.sql("SELECT badge.name, award.message FROM award JOIN badge ON badge.id = award.badge_id")
    assert tuple(row) == ("Above and beyond", WORDS)


async def test_a_badge_from_teams_and_telegram(stage: Stage) -> None:
    await stocked(stage)
    ana = stage["Ana"]
    await stage.teams.install(ana)
    await stage.teams.say(ana, stage.channel, f'@[Plaudit] /badge @[Luis] "above and beyond" {WORDS}')
    await stage.quiet()
    [receipt] = [m for m in stage.teams.posts(stage.world.personal("teams", ana)) if "on its way" in m.text]
    assert receipt.buttons == ("Take back",)
    spoken = await stage.telegram.say(stage["Tom"], stage.group, "I fixed the build")
    await stage.telegram.reply(ana, spoken.message, "/badge Above and beyond for the build")
    await stage.quiet()
    assert len(stage.posts(WORDS)) == len(stage.posts("for the build")) == 3
    assert [await stage.earned(name) for name in ("Luis", "Tom")] == [50, 50]
    assert len(stage.telegram.posts(stage.group)) == 2, "no receipt is said aloud"


async def test_people_behind_an_unquoted_name_are_no_words_of_the_message(stage: Stage) -> None:
    await stocked(stage)
    await slash(stage, f"Above and beyond @[Luis] {WORDS}")
    assert [row[0] for row in await stage.sql("SELECT message FROM award")] == [WORDS]


async def test_tags_and_amounts_in_a_badge(stage: Stage) -> None:
    await stocked(stage)
    await slash(stage, '@[Luis] "Above and beyond" great work #teamwork')
    assert [row[0] for row in await stage.sql("SELECT message FROM award")] == ["great work #teamwork"]
    assert "A badge brings its own points" in await slash(stage, '@[Tom] "Above and beyond" great work +5')
    for amount in ("+0", "+-5", "+1.5", "+true", "+1e400", "+NaN", "+9223372036854775808"):
        assert "brings its own points" in await slash(stage, f'@[Tom] "Above and beyond" great {amount}'), amount
    assert await stage.earned("Tom") == 0


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({}, '@[Luis] "Abvoe and beyond" x', "I know no badge called *Abvoe and beyond*. You can give, for example: *Above and beyond*"),
    ({}, "@[Luis] thank you", "Which badge?"),
    ({}, '"Above and beyond" thank you', "Who gets the badge *Above and beyond*?"),
    ({}, '@[Ana] "Above and beyond" me', "You cannot give yourself a badge"),
    ({}, '@luis "Above and beyond" x', "I cannot tell who"),
    ({"is_enabled": False}, '@[Luis] "Above and beyond" x', "is switched off"),
    ({"reward_type": "Achievement Badge"}, '@[Luis] "Above and beyond" x', "it comes by itself when its goal is reached"),
    ({"effective_date": "2999-01-01"}, '@[Luis] "Above and beyond" x', "can be given from 1 Jan 2999, 00:00 on"),
    ({"availability_rule": {"end_date": "2020-01-01"}}, '@[Luis] "Above and beyond" x', "is over"),
    ({"assigner": [{"job_code": ["CEO"]}]}, '@[Luis] "Above and beyond" x', "Who may: job code CEO"),
    ({"awardee": [{"departments": ["Sales"]}]}, '@[Luis] "Above and beyond" x', "It is for: department Sales"),
    ({"conditions": {"tenure_days": {"gte": 90}}}, '@[Luis] "Above and beyond" x', "days in the company must be at least 90"),
    ({}, '@[Luis] "Above and beyond" ' + "x" * 1001, "has 1,001 characters"),
    ({"is_secret": True, "assigner": [{"job_code": ["CEO"]}]}, '@[Luis] "Above and beyond" x', "no badge that you can give"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "words", "said"), REFUSED, ids=[said[:24] for _, _, said in REFUSED])
async def test_what_is_not_possible_says_why(stage: Stage, fields: dict[str, Any], words: str, said: str) -> None:
    await stocked(stage, **fields)
    assert said in plainly(await slash(stage, words))
    assert await stage.count("award") == 0
    assert stage.posts() == []


def plainly(shown: str) -> str:
    """The text beside the blocks, which sets what was typed apart."""
    text = json.loads(shown)
    runs = [run for block in text.get("blocks", []) for run in _runs(block)]
    return "".join(f"*{run['text']}*" if run.get("style", {}).get("bold") else run.get("text", "") for run in runs)


def _runs(block: Any) -> list[dict[str, Any]]:
    if isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str):
        return [block]
    children = block.get("elements", []) if isinstance(block, dict) else []
    return [run for child in children for run in _runs(child)]


async def test_a_window_is_told_by_the_databases_time(stage: Stage) -> None:
    """Case 36: what the clock of the database says now is what counts, whatever the member's zone or an old card say."""
    [[hour]] = await stage.sql("SELECT extract(hour FROM now() AT TIME ZONE 'Asia/Tokyo')::int")
    now, later = f"{hour:02}:00", f"{(hour + 1) % 24:02}:00"
    await stocked(stage, reward="Now", availability_rule={"start_time": now, "end_time": later}, timezone="Asia/Tokyo")
    await stocked(
        stage, reward="Later", availability_rule={"start_time": later, "end_time": now}, timezone="Asia/Tokyo"
    )
    refusal = await slash(stage, '@[Luis] "Later" x')
    if "has its times" in refusal:  # the hour may have ended meanwhile
        assert f"{later} on" in refusal
        assert "on its way" in await slash(stage, '@[Luis] "Now" x')


async def test_limits_say_when_the_next_is_possible(stage: Stage) -> None:
    await stocked(stage, reward="Once", multiple=False)
    await stocked(stage, reward="Monthly", timeframe="monthly")
    await stocked(stage, reward="Rolling", timeframe="rolling:30d")
    for name, said in (
        ("Once", "nobody gets it twice"),
        ("Monthly", "it is had once a month. The next is possible from 1 "),
        ("Rolling", "not long ago. The next is possible from"),
    ):
        assert "on its way" in await slash(stage, f'@[Luis] "{name}" first')
        assert said in await slash(stage, f'@[Luis] "{name}" second', giver="Tom")


async def test_of_forty_at_once_one_is_given(stage: Stage) -> None:
    await stocked(stage, multiple=False)
    names = [person.name for person in stage.world.people[:5] if person.name != stage["Luis"].name]
    await asyncio.gather(
        *(
            stage.slack.slash(
                stage[names[number % 4]], stage.slack_channel, "/badge", f'@[Luis] "Above and beyond" {number}'
            )
            for number in range(40)
        )
    )
    await stage.quiet(seconds=30)
    said = [entry.text for entry in stage.transcript.entries]
    assert sum("on its way" in each for each in said) == 1
    assert sum("nobody gets it twice" in each for each in said) == 39
    assert await stage.count("award") == 1
    assert await stage.earned("Luis") == 50
    assert len(stage.posts("gave")) == 3


async def test_the_same_again_within_30_seconds_counts_once(stage: Stage) -> None:
    await stocked(stage)
    tries = [await slash(stage, f'@[Luis] "Above and beyond" {WORDS}') for _ in range(3)]
    assert ["I counted it once" in each for each in tries] == [False, True, True]
    assert await stage.count("award") == 1
    assert "on its way" in await slash(stage, '@[Luis] "Above and beyond" for something else')


async def test_a_delivery_that_comes_again_has_one_effect(stage: Stage) -> None:
    await stocked(stage)
    said = await stage.teams.say(stage["Ana"], stage.channel, f'@[Plaudit] /badge @[Luis] "Above and beyond" {WORDS}')
    async with stage.replica() as other:
        copies = await asyncio.gather(
            *(stage.teams.redeliver(said.activity, url=url) for url in ("", f"{other}/api/messages") * 2)
        )
        assert all(copy.is_accepted for copy in copies)
        await stage.quiet()
    assert await stage.count("award") == 1
    assert len(stage.posts(WORDS)) == 3


async def which(stage: Stage) -> tuple[Message, list[int]]:
    ids = [await stocked(stage, points=5), await stocked(stage, points=7, rarity="rare")]
    shown = await slash(stage, f'@[Luis] "Above and beyond" {WORDS}')
    assert "Several badges are called" in shown
    [asked] = stage.slack.posts(stage.slack_channel, visible_to=stage["Ana"])
    return asked, ids


async def test_several_badges_of_one_name_are_asked_about(stage: Stage) -> None:
    asked, ids = await which(stage)
    assert asked.buttons == ("Number 1", "Number 2")
    assert await stage.count("award") == 0
    await stage.slack.press(stage["Ana"], asked, "Number 2")
    await stage.quiet()
    assert [tuple(row) for row in await stage.sql("SELECT badge_id, message FROM award")] == [(ids[1], WORDS)]
    assert "on its way" in asked.text
    assert len(stage.posts(WORDS)) == 3
    assert await stage.count("award_draft") == 0


async def test_a_choice_is_made_once_and_by_who_was_asked(stage: Stage) -> None:
    asked, _ = await which(stage)
    await stage.slack.press(stage["Tom"], asked, "Number 1")
    await stage.quiet()
    assert await stage.count("award") == 0
    await asyncio.gather(
        *(stage.slack.press(stage["Ana"], asked, label) for label in ("Number 1", "Number 2", "Number 1", "Number 2"))
    )
    await stage.quiet()
    assert await stage.count("award") == 1


async def test_what_was_refused_when_it_was_chosen_can_be_chosen_otherwise(stage: Stage) -> None:
    asked, ids = await which(stage)
    await stage.sql(
        "UPDATE badge SET is_enabled = false, definition = definition || '{\"is_enabled\": false}' WHERE id = :id",
        id=ids[0],
    )
    await stage.slack.press(stage["Ana"], asked, "Number 1")
    await stage.quiet()
    assert await stage.count("award") == 0
    await stage.slack.press(stage["Ana"], asked, "Number 2")
    await stage.quiet()
    assert await stage.count("award", "badge_id = :id", id=ids[1]) == 1


@pytest.mark.parametrize("way", ["button", "command"])
async def test_take_back(stage: Stage, way: str) -> None:
    await stocked(stage)
    ana = stage["Ana"]
    await slash(stage, f'@[Luis] @[Tom] "Above and beyond" {WORDS}')
    if way == "button":
        [receipt] = stage.slack.posts(stage.slack_channel, visible_to=ana)
        await asyncio.gather(*(stage.slack.press(ana, receipt, "Take back") for _ in range(4)))
    else:
        await stage.telegram.say(ana, stage.group, "/badge undo")
    await stage.quiet()
    assert [await stage.earned(name) for name in ("Luis", "Tom")] == [0, 0]
    assert len(stage.posts("was taken back")) == 3
    assert stage.posts(WORDS) == []
    assert await stage.count("transfer", "reason = 'badge_revoked'") == 2
    assert "You gave no badge" in await slash(stage, "undo")


async def test_take_back_is_the_givers_and_for_a_while(stage: Stage) -> None:
    await stocked(stage)
    await slash(stage, f'@[Luis] "Above and beyond" {WORDS}', giver="Tom")
    [receipt] = stage.slack.posts(stage.slack_channel, visible_to=stage["Tom"])
    await stage.slack.press(stage["Zoë"], receipt, "Take back")
    await stage.quiet()
    assert await stage.earned("Luis") == 50
    assert "You gave no badge" in await slash(stage, "undo", giver="Zoë")
    await stage.sql("UPDATE award SET awarded_at = awarded_at - interval '1 hour'")
    await stage.slack.press(stage["Tom"], receipt, "Take back")
    await stage.quiet()
    assert await stage.earned("Luis") == 50
    assert any("only administrators and coordinators" in entry.text for entry in stage.transcript.entries)


async def test_points_that_were_spent_are_owed(stage: Stage) -> None:
    await stocked(stage)
    await slash(stage, f'@[Luis] "Above and beyond" {WORDS}')
    async with stage.sessions.begin(stage.workspace_id) as (session, now):
        from core.points import service as points
        from tests.books import spending

        workspace = await people.workspace(session, stage.workspace_id)
        luis = (await people.people(session, [stage.member("Luis")], workspace_id=workspace.id))[stage.member("Luis")]
        await points.append(
            session,
            [await spending(session, workspace, luis, 30, "s")],
            workspace_id=workspace.id,
            actor_id=None,
            now=now,
        )
    await slash(stage, "undo")
    rows = await stage.sql("SELECT balance FROM account WHERE kind = 'receivable'")
    assert [row[0] for row in rows] == [30]


async def test_a_secret_badge_is_named_to_its_holders_alone(stage: Stage) -> None:
    await stocked(stage, is_secret=True, description="SECRET", message="SECRET")
    await slash(stage, f'@[Luis] "Above and beyond" {WORDS}')
    assert len(stage.posts("a secret badge")) == 3
    assert not [message for message in stage.posts() if "Above and beyond" in message.text or "SECRET" in message.text]
    told = [entry for entry in stage.transcript.entries if "gave you the badge Above and beyond" in entry.text]
    assert len(told) == 1


HOSTILE = ("<!channel> @here", "<b>bold</b> *bold*", "{{7*7}} {% x %}", "[x](https://evil.example)", "\u202eevil\u202c")


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_and_words_are_shown_as_they_are(stage: Stage, name: str) -> None:
    """Cases 18 to 20, in what administrators import and in what members write."""
    await stocked(stage, reward=name, description=name, emoji="🏆")
    shown = name.replace("\u202e", "").replace("\u202c", "")
    await stage.teams.say(stage["Ana"], stage.channel, f'@[Plaudit] /badge @[Luis] "{name}" words {name}')
    await stage.quiet()
    assert await stage.count("award") == 1
    assert len(stage.posts("the badge")) == 3
    for message in stage.posts():
        readable = message.text.replace("\u2060", "").replace("\\", "")
        assert readable.count(shown.split()[0]) >= 2


async def test_a_badge_of_another_tenant_is_not_there(stage: Stage) -> None:
    """Case 25."""
    from tests.factories import make_workspace

    async with stage.sessions.begin(role="ops") as (session, _):
        other = await make_workspace(session)
        foreign = await make_badge(session, other, reward="Theirs")
    await stocked(stage)
    assert "I know no badge called" in await slash(stage, '@[Luis] "Theirs" x')
    assert "Which badge?" in await slash(stage, "@[Luis] Theirs x")
    assert await stage.count("award") == 0
    assert foreign.workspace_id != stage.workspace_id


async def test_who_left_or_lost_a_role_is_refused(stage: Stage) -> None:
    """Case 27."""
    await stocked(stage)
    await stage.sql("UPDATE member SET status = 'left' WHERE id = :id", id=stage.member("Luis"))
    assert "has left and cannot receive badges" in await slash(stage, '@[Luis] "Above and beyond" x')
    assert "membership has ended" in await slash(stage, '@[Tom] "Above and beyond" x', giver="Luis")
    assert await stage.count("award") == 0


async def test_given_up_cards_are_told_in_private(stage: Stage) -> None:
    """As for kudos: who is mentioned on no card that stands learns of it by themselves."""
    await stocked(stage)
    await stage.sql("UPDATE conversation SET is_connected = (platform = 'slack')")
    await stage.sql(
        "UPDATE conversation SET remote_id = 'C0GONE' WHERE platform = 'slack' AND remote_id = :id",
        id=stage.slack_channel.id,
    )
    await stage.teams.install(stage["Luis"])
    await stage.slack.say(
        stage["Ana"], stage.world.personal("slack", stage["Ana"]), f'/badge @[Luis] "Above and beyond" {WORDS}'
    )
    await stage.quiet()
    assert await stage.count("outbox", "kind = 'badge_card' AND state = 'parked'") == 1
    assert await stage.count("outbox", "kind = 'badge_notice' AND state = 'sent'") == 1
    assert [entry for entry in stage.transcript.entries if "gave you the badge" in entry.text]


async def open_form(stage: Stage) -> Message:
    ana = stage["Ana"]
    await stage.teams.install(ana)
    await stage.teams.say(ana, stage.world.personal("teams", ana), "badge")
    await stage.quiet()
    return stage.teams.posts(stage.world.personal("teams", ana))[-1]


async def test_a_bare_badge_in_teams_is_a_form(stage: Stage) -> None:
    badge_id = await stocked(stage)
    await stocked(stage, reward="Not hers", assigner=[{"job_code": ["CEO"]}])
    form = await open_form(stage)
    assert "You can give Above and beyond." in form.text
    assert "Not hers" not in str(form.payload)
    values = {"people": f"{stage['Luis'].aad_id},{stage['Tom'].aad_id}", "badge": str(badge_id), "message": WORDS}
    answers = await asyncio.gather(*(stage.teams.press(stage["Ana"], form, "Send", values) for _ in range(4)))
    await stage.quiet()
    assert sum("on its way" in str(answer.body) for answer in answers) == 1
    assert await stage.count("award") == 2
    assert len(stage.posts(WORDS)) == 3


async def test_a_form_that_was_changed_gives_nothing_that_was_not_offered(stage: Stage) -> None:
    """Case 15: which badge and who may is the server's to judge; the form comes back with what is wrong."""
    from tests.factories import make_workspace

    badge_id = await stocked(stage)
    denied = await stocked(stage, reward="Not hers", assigner=[{"job_code": ["CEO"]}])
    secret = await stocked(stage, reward="Hush", is_secret=True, assigner=[{"job_code": ["CEO"]}])
    async with stage.sessions.begin(role="ops") as (session, _):
        foreign = (await make_badge(session, await make_workspace(session), reward="Theirs")).id
    people_chosen = stage["Luis"].aad_id
    form = await open_form(stage)
    for chosen, said in (
        (str(denied), "is not yours to give"),
        (str(secret), "Which badge?"),
        (str(foreign), "Which badge?"),
        ("-1", "Which badge?"),
        ("1e3", "Which badge?"),
        ("9" * 30, "Which badge?"),
        ("٣", "Which badge?"),
    ):
        answer = await stage.teams.press(
            stage["Ana"], form, "Send", {"people": people_chosen, "badge": chosen, "message": WORDS}
        )
        shown = str(answer.body)
        assert said in shown, chosen
        assert "Hush" not in shown
        assert WORDS in shown
    assert await stage.count("award") == 0
    sent = await stage.teams.press(
        stage["Ana"], form, "Send", {"people": people_chosen, "badge": str(badge_id), "message": WORDS}
    )
    assert "on its way" in str(sent.body)


async def test_a_bare_badge_where_nothing_can_be_given(stage: Stage) -> None:
    await slash(stage, "")
    [view] = stage.slack.views
    assert "no badge that you can give at the moment" in json.dumps(view.payload)
