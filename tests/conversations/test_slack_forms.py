"""Slack's modals: opened by a bare command or a button, sent once, and refused under the input that is wrong."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from bots.simulator.slack import View
from tests.conversations.slack_views import CLEAR, WORDS, filled, opened, receipts, send_state, submission
from tests.conversations.stage import Stage
from tests.conversations.test_limits import hurry

OPEN = "views.open"


async def refused(stage: Stage, view: View, **values: Any) -> dict[str, str]:
    """Send the form, which must not be taken, and return what stands under which input."""
    answer = await stage.slack.submit(view, {**filled(stage, "Luis"), **values})
    assert answer.json()["response_action"] == "errors"
    assert view.is_open
    return dict(view.errors)


async def test_a_bare_command_opens_the_form_whose_answer_is_one_private_receipt(stage: Stage) -> None:
    view = await opened(stage)
    assert view.payload["title"]["text"] == "Give kudos"
    answer = await stage.slack.submit(view, filled(stage, "Luis", "Zoë", message=f"{WORDS} #teamwork", points="3"))
    assert answer.json() == CLEAR
    assert not view.is_open
    await stage.quiet()
    assert len(stage.posts(WORDS)) == 3
    assert await stage.count("kudos", "points_each = 3 AND message = :words", words=WORDS) == 1
    assert await stage.count("kudos_tag") == 1
    [receipt] = stage.slack.posts(stage.slack_channel, visible_to=stage["Ana"])
    assert (receipts(stage, "Ana"), receipt.buttons) == ([receipt.text], ("Undo",))
    await stage.slack.press(stage["Ana"], receipt, "Undo")
    await stage.quiet()
    assert "taken back" in receipt.text
    assert await stage.earned("Luis") == 0


async def test_the_form_is_in_the_readers_language(stage: Stage) -> None:
    await stage.sql("UPDATE profile SET locale = 'es' WHERE member_id = :ana", ana=stage.member("Ana"))
    view = await opened(stage)
    labels = {key: view.payload[key]["text"] for key in ("title", "submit", "close")}
    assert labels == {"title": "Dar kudos", "submit": "Enviar", "close": "Cancelar"}
    assert "no es una cantidad" in (await refused(stage, view, points="1.5"))["points"]


async def test_what_is_chosen_is_done(stage: Stage) -> None:
    view = await opened(stage)
    await stage.slack.submit(view, filled(stage, "Luis", privacy="private", tags="helpful"))
    await stage.quiet()
    assert await stage.count("kudos", "is_private") == 1
    assert not stage.posts(WORDS)
    seen = [entry for entry in stage.transcript.entries if WORDS in entry.text and entry.kind == "posted"]
    assert {entry.conversation for entry in seen} == {f"Luis and {stage.world.bot.name}"}
    assert len(receipts(stage, "Ana")) == 1


@pytest.mark.parametrize(
    ("values", "block", "says"),
    [
        ({"points": "1.5"}, "points", "1.5 is not an amount"),
        ({"points": "51"}, "points", "This needs 51 points"),
        ({"message": "thanks +3", "points": "2"}, "points", "two amounts"),
        ({"message": "#only #tags"}, "message", "What for?"),
        ({"message": "x #_"}, "tags", "cannot be a tag"),
        ({"people": ["Ana"]}, "people", "cannot thank yourself"),
        ({"people": ["Luis", "Ana"]}, "people", "cannot thank yourself"),
        ({"people": ["Other Bot"]}, "people", "is a bot"),
        ({"people": ["Gus"]}, "people", "is a guest"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_refusal_stands_under_what_is_wrong_and_the_form_can_be_sent_again(
    stage: Stage, values: dict[str, Any], block: str, says: str
) -> None:
    """Cases 17 and 23 too: nothing is stored, nothing is used."""
    view = await opened(stage)
    if "people" in values:
        values = {"people": [stage[name] for name in values["people"]]}
    errors = await refused(stage, view, **values)
    assert list(errors) == [block]
    assert says in errors[block]
    assert await stage.count("kudos") == await stage.count("press") == 0
    assert (await stage.slack.submit(view, filled(stage, "Luis"))).json() == CLEAR
    await stage.quiet()
    assert await stage.count("kudos") == 1
    assert len(receipts(stage, "Ana")) == 1


@pytest.mark.parametrize(
    ("changed", "block"),
    [
        ({"place": {"type": "radio_buttons", "selected_option": {"value": "999999"}}}, "place"),
        ({"place": {"type": "radio_buttons", "selected_option": {"value": "1e3"}}}, "place"),
        ({"points": {"type": "plain_text_input", "value": "-5"}}, "points"),
        ({"points": {"type": "plain_text_input", "value": "9223372036854775808"}}, "points"),
        ({"points": {"type": "plain_text_input", "value": "true"}}, "points"),
        ({"message": {"type": "plain_text_input", "value": "x" * 2000}}, "message"),
        ({"message": {"type": "plain_text_input", "value": None}}, "message"),
        ({"people": {"type": "multi_users_select", "selected_users": []}}, "people"),
        ({"people": {"type": "multi_users_select", "selected_users": ["U0NOBODY99"]}}, "people"),
        ({"people": {"type": "multi_users_select", "selected_users": [7, None, {}]}}, "people"),
        ({"people": {"type": "plain_text_input", "value": "@luis"}}, "people"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_15_what_was_not_offered_is_refused(stage: Stage, changed: dict[str, Any], block: str) -> None:
    """And case 37: people are what was picked, whatever is typed."""
    view = await opened(stage)
    answer = await send_state(stage, view, changed)
    assert answer.status == 200
    assert list(answer.json()["errors"]) == [block]
    assert await stage.count("kudos") == 0


async def test_15_inputs_that_nobody_asked_for_change_nothing(stage: Stage) -> None:
    view = await opened(stage)
    extra = {"giver": {"value": stage["Tom"].slack_id}, "workspace": {"value": "2"}, "points_each": {"value": "50"}}
    assert (await send_state(stage, view, extra)).json() == CLEAR
    await stage.quiet()
    assert await stage.count("kudos", "giver_id = :ana AND points_each = 1", ana=stage.member("Ana")) == 1


async def test_16_a_view_is_its_openers_only(stage: Stage) -> None:
    view = await opened(stage)
    stolen = submission(stage, view, filled(stage, "Zoë"), by=stage["Luis"])
    answer = await stage.slack.courier.deliver(stolen)
    assert "for somebody else" in str(answer.json()["errors"])
    payload = stage.slack.payloads.view_submission(stage["Ana"], view.payload)
    foreign = {
        **payload,
        "user": {**payload["user"], "team_id": "T0ELSEWHERE"},
        "team": {"id": "T0ELSEWHERE", "domain": "x"},
    }
    elsewhere = await stage.slack.courier.deliver(stage.slack.interactive(foreign))
    assert "another organisation" in str(elsewhere.json()["errors"])
    assert await stage.count("kudos") == 0


@pytest.mark.parametrize(
    "metadata", ["", "{}", "nonsense", '{"token": 5}', '{"token": "AAAAAAAAAAAAAAAAAAAAAA"}', "[]"]
)
async def test_a_token_that_we_never_issued_has_closed(stage: Stage, metadata: str) -> None:
    view = await opened(stage)
    answer = await stage.slack.courier.deliver(submission(stage, view, filled(stage, "Luis"), metadata=metadata))
    assert "This has closed" in str(answer.json()["errors"])
    assert await stage.count("kudos") == 0


async def test_another_channel_in_the_metadata_gives_nothing_away(stage: Stage) -> None:
    """The receipt is whispered to the sender wherever it says, and stands in their own chat where nothing can be."""
    view = await opened(stage)
    closed = stage.world.channel("slack", "board", [stage["Luis"]])
    forged = {**json.loads(view.payload["private_metadata"]), "channel": closed.id, "response_url": ""}
    sent = submission(stage, view, filled(stage, "Luis"), metadata=json.dumps(forged))
    assert (await stage.slack.courier.deliver(sent)).json() == CLEAR
    await stage.quiet()
    assert stage.slack.posts(closed) == []
    assert len(receipts(stage, "Ana")) == 1
    assert "on its way" in stage.slack.posts(stage.world.personal("slack", stage["Ana"]))[-1].text


async def test_36_a_view_after_its_time(stage: Stage) -> None:
    view = await opened(stage)
    await stage.sql("UPDATE action_token SET expires_at = clock_timestamp() - interval '1 second'")
    assert "This has closed" in str(await refused(stage, view))
    assert await stage.count("kudos") == 0


async def test_a_view_sent_forty_times_at_once_counts_once(stage: Stage) -> None:
    """However long some of them wait for each other: what is not answered in time is answered later."""
    view = await opened(stage)
    raws = [submission(stage, view, filled(stage, "Luis")) for _ in range(40)]
    answers = [
        answer for answer in await asyncio.gather(*(stage.slack.courier.deliver(raw) for raw in raws)) if answer.status
    ]
    await stage.quiet(seconds=60)
    assert {answer.status for answer in answers} == {200}
    assert await stage.count("kudos") == 1
    assert await stage.earned("Luis") == 1
    assert len(receipts(stage, "Ana")) == 1
    done = [answer for answer in answers if "already done" in answer.body.decode()]
    assert len(done) + sum(answer.json() == CLEAR for answer in answers) == len(answers)
    assert await stage.count("outbox", "state = 'parked'") == 0


async def test_03_a_submission_replayed_here_and_on_another_replica(stage: Stage) -> None:
    view = await opened(stage)
    sent = await stage.slack.submit(view, filled(stage, "Luis"))
    async with stage.replica() as other:
        urls = [stage.slack.courier.url, f"{other}/slack/events"]
        copies = await stage.slack.courier.deliver_copies(sent.raw, 4, urls=urls)
        await stage.quiet()  # before the replica stops, perhaps with the receipt in its hands
    assert all("already done" in copy.body.decode() for copy in copies)
    assert await stage.count("kudos") == len(receipts(stage, "Ana")) == 1


async def test_each_opening_can_be_sent(stage: Stage) -> None:
    for _ in range(2):
        assert (await stage.slack.submit(await opened(stage), filled(stage, "Luis"))).json() == CLEAR
    await stage.quiet()
    assert await stage.count("kudos") == 2


async def test_24_twenty_forms_at_once_with_allowance_for_ten(stage: Stage) -> None:
    await stage.sql("UPDATE workspace SET allowance_points = 10, pair_points_max = 100")
    views = [await opened(stage) for _ in range(20)]
    raws = [submission(stage, view, filled(stage, "Luis")) for view in views]
    answers = await asyncio.gather(*(stage.slack.courier.deliver(raw) for raw in raws))
    await stage.quiet(seconds=60)
    assert await stage.count("kudos") == 10
    assert (await stage.earned("Luis"), await stage.allowance_left("Ana")) == (10, 0)
    assert len(receipts(stage, "Ana")) == 10
    assert sum('"points"' in answer.body.decode() for answer in answers) <= 10


@pytest.mark.parametrize(
    "words", ["<!channel> @here <@U012345> @everyone", "<b>*_x_*</b> `{{7*7}}` {% raw %} <https://evil.example|x>"]
)
async def test_18_to_20_hostile_words_are_literal(stage: Stage, words: str) -> None:
    """In the form that is filled in again, on the cards, and under the input."""
    view = await opened(stage)
    await refused(stage, view, message=words, points=words[:11])
    await stage.slack.submit(view, filled(stage, "Luis", message=words))
    await stage.quiet()
    [card] = [message for message in stage.slack.posts(stage.slack_channel) if "thanked" in message.text]
    assert words in card.text
    kinds = {thing.get("type") for thing in _objects(card.payload["blocks"])}
    assert not kinds & {"mrkdwn", "broadcast", "channel", "usergroup", "link"}
    assert {thing["user_id"] for thing in _objects(card.payload["blocks"]) if thing.get("type") == "user"} == {
        stage["Ana"].slack_id,
        stage["Luis"].slack_id,
    }


def _objects(value: Any) -> list[dict[str, Any]]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, dict) else []), *(found for item in inside for found in _objects(item))]


@pytest.mark.parametrize("fault", ["expired", "throttled", "hanging", "failing"])
async def test_a_form_that_slack_does_not_show_is_led_to_by_a_button(hasty_stage: Stage, fault: str) -> None:
    ana = hasty_stage["Ana"]
    if fault == "expired":
        raw = hasty_stage.slack.form(
            hasty_stage.slack.payloads.slash(ana, hasty_stage.slack_channel, "/kudos", []), "slash"
        )
        for trigger in hasty_stage.slack.workspace.triggers.values():
            trigger.made_at -= hasty_stage.slack.workspace.patience + 1
        delivery = await hasty_stage.slack.courier.deliver(raw)
    else:
        faults = hasty_stage.slack.faults
        break_down: dict[str, Any] = {"throttled": faults.throttle, "hanging": faults.hang, "failing": faults.fail}
        break_down[fault](1, name=OPEN)
        delivery = await hasty_stage.slack.slash(ana, hasty_stage.slack_channel, "/kudos")
    assert (delivery.status, delivery.body) == (200, b"")
    assert delivery.latency < 3
    await hasty_stage.quiet()
    assert hasty_stage.slack.faults.pending == 0
    assert hasty_stage.slack.views == []
    [leading] = hasty_stage.slack.posts(hasty_stage.slack_channel, visible_to=ana)
    assert leading.buttons == ("Give kudos",)
    pressed = await hasty_stage.slack.press(ana, leading, "Give kudos")
    assert (pressed.status, pressed.body) == (200, b"")
    await hasty_stage.slack.submit(await hasty_stage.slack.wait_for_view(ana), filled(hasty_stage, "Luis"))
    await hasty_stage.quiet()
    assert await hasty_stage.count("kudos") == len(receipts(hasty_stage, "Ana")) == 1


async def test_a_message_cannot_open_a_form_and_leads_to_it(stage: Stage) -> None:
    ana = stage["Ana"]
    chat = stage.world.personal("slack", ana)
    await stage.slack.say(ana, chat, "kudos")
    await stage.quiet()
    [leading] = stage.slack.posts(chat)
    assert leading.buttons == ("Give kudos",)
    for number in range(2):  # it leads there as often as it is pressed
        await stage.slack.press(ana, leading, "Give kudos")
        view = await stage.slack.wait_for_view(ana)
        assert (await stage.slack.submit(view, filled(stage, "Luis", message=f"{WORDS} {number}"))).json() == CLEAR
    await stage.quiet()
    assert await stage.count("kudos") == 2
    assert len(receipts(stage, "Ana")) == 2


async def test_the_opener_of_somebody_else_opens_nothing(stage: Stage) -> None:
    ana, luis = stage["Ana"], stage["Luis"]
    await stage.slack.say(ana, stage.world.personal("slack", ana), "kudos")
    await stage.quiet()
    [leading] = stage.slack.posts(stage.world.personal("slack", ana))
    await stage.slack.press(luis, leading, "Give kudos")
    await stage.quiet()
    assert stage.slack.views == []


async def test_a_press_that_opens_a_form_is_replayed_in_silence(stage: Stage) -> None:
    ana = stage["Ana"]
    await stage.slack.say(ana, stage.world.personal("slack", ana), "kudos")
    await stage.quiet()
    [leading] = stage.slack.posts(stage.world.personal("slack", ana))
    pressed = await stage.slack.press(ana, leading, "Give kudos")
    before = len(stage.transcript.entries)
    copies = await stage.slack.courier.deliver_copies(pressed.raw, 4)
    await stage.quiet()
    assert [(copy.status, copy.body) for copy in copies] == [(200, b"")] * 4
    assert len(stage.slack.views) == 1
    assert len(stage.transcript.entries) == before


async def test_a_slow_database_closes_the_form_and_answers_later(hasty_stage: Stage) -> None:
    view = await opened(hasty_stage)
    async with hasty_stage.sessions.engine.begin() as connection:
        await connection.execute(text("LOCK TABLE kudos IN ACCESS EXCLUSIVE MODE"))
        sent = await hasty_stage.slack.submit(view, filled(hasty_stage, "Luis"))
        assert sent.json() == CLEAR
        assert sent.latency < 2.6
    for _ in range(6):
        await hurry(hasty_stage)
    await hasty_stage.quiet(seconds=20)
    assert len(hasty_stage.posts(WORDS)) == 3
    assert len(receipts(hasty_stage, "Ana")) == 1


async def test_a_form_sent_once_more_while_the_database_is_slow_leaves_the_receipt_alone(hasty_stage: Stage) -> None:
    view = await opened(hasty_stage)
    sent = await hasty_stage.slack.submit(view, filled(hasty_stage, "Luis"))
    await hasty_stage.quiet()
    async with hasty_stage.sessions.engine.begin() as connection:
        await connection.execute(text("LOCK TABLE press IN ACCESS EXCLUSIVE MODE"))
        assert (await hasty_stage.slack.courier.deliver(sent.raw)).json() == CLEAR
    for _ in range(6):
        await hurry(hasty_stage)
    await hasty_stage.quiet(seconds=20)
    whispered = [
        message.text for message in hasty_stage.slack.posts(hasty_stage.slack_channel, visible_to=hasty_stage["Ana"])
    ]
    assert [said for said in whispered if "already done" in said] == whispered[1:]
    assert len(receipts(hasty_stage, "Ana")) == await hasty_stage.count("kudos") == 1
    assert await hasty_stage.count("outbox", "state = 'parked' OR error <> ''") == 0


async def test_a_slow_database_refuses_later_and_in_private(hasty_stage: Stage) -> None:
    view = await opened(hasty_stage)
    async with hasty_stage.sessions.engine.begin() as connection:
        await connection.execute(text("LOCK TABLE press IN ACCESS EXCLUSIVE MODE"))
        assert (await hasty_stage.slack.submit(view, filled(hasty_stage, "Luis", points="51"))).json() == CLEAR
    for _ in range(6):
        await hurry(hasty_stage)
    await hasty_stage.quiet(seconds=20)
    [whispered] = hasty_stage.slack.posts(hasty_stage.slack_channel, visible_to=hasty_stage["Ana"])
    assert "This needs 51 points" in whispered.text
    assert await hasty_stage.count("kudos") == 0


async def test_a_bug_is_said_under_the_first_input_and_in_the_log(stage: Stage) -> None:
    view = await opened(stage)
    await stage.alter("ALTER TABLE kudos RENAME TO kudos_away")
    errors = await refused(stage, view)
    assert "Something went wrong on my side" in errors["people"]
    await stage.alter("ALTER TABLE kudos_away RENAME TO kudos")
    assert (await stage.slack.submit(view, filled(stage, "Luis"))).json() == CLEAR


async def test_where_the_bot_is_no_member_the_receipt_still_arrives(stage: Stage) -> None:
    ana = stage["Ana"]
    closed = stage.world.channel("slack", "closed", [ana], has_bot=False)
    for is_late in (False, True):
        await stage.slack.slash(ana, closed, "/kudos")
        view = await stage.slack.wait_for_view(ana)
        if is_late:
            for url in stage.slack.workspace.response_urls.values():
                url.made_at -= 3600
        await stage.slack.submit(view, filled(stage, "Luis", message=f"{WORDS} {is_late}", place="0"))
        await stage.quiet()
    assert ["on its way" in message.text for message in stage.slack.posts(closed, visible_to=ana)] == [True]
    assert ["on its way" in message.text for message in stage.slack.posts(stage.world.personal("slack", ana))] == [True]
    assert await stage.count("outbox", "state = 'parked'") == 0


async def test_a_view_that_is_closed_is_no_delivery(stage: Stage) -> None:
    view = await opened(stage)
    closed = stage.slack.payloads.view_closed(stage["Ana"], view.payload)
    before = await stage.count("inbox")
    answer = await stage.slack.courier.deliver(stage.slack.interactive(closed))
    assert (answer.status, answer.body) == (200, b"")
    assert await stage.count("inbox") == before
