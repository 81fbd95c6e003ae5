"""App Home: a member's own page, and what its buttons show."""

import json
from typing import Any

import pytest

from bots.simulator.slack import View
from tests.conversations.slack_views import CLEAR, WORDS, filled, receipts
from tests.conversations.stage import Stage

PUBLISH = "views.publish"


async def page(stage: Stage, name: str = "Ana") -> View:
    assert (await stage.slack.open_home(stage[name])).status == 200
    await stage.quiet()
    return stage.slack.workspace.homes[stage[name]]


def read(stage: Stage, view: View) -> str:
    """What stands in a view."""
    return json.dumps(view.payload["blocks"], ensure_ascii=False)


def published(stage: Stage) -> int:
    return len(stage.slack.server.called(PUBLISH))


async def modal(stage: Stage, view: View, button: str) -> View:
    """The modal that a button of a view opens or changes."""
    pressed = await stage.slack.press_in_view(view, button)
    assert (pressed.status, pressed.body) == (200, b"")
    return await stage.slack.wait_for_view(view.person)


async def thank(stage: Stage, giver: str, receiver: str, words: str) -> None:
    await stage.slack.slash(stage[giver], stage.slack_channel, "/kudos", f"@[{receiver}] {words} +5")
    await stage.quiet()


async def test_it_shows_the_figures_and_the_latest_kudos_of_its_member_alone(stage: Stage) -> None:
    await thank(stage, "Luis", "Ana", "for the cake")
    await thank(stage, "Ana", "Luis", "for the tea")
    await thank(stage, "Luis", "Zoë", "for the coffee")
    view = await page(stage)
    shown = read(stage, view)
    for words in ("Hello, Ana García", "5 points", "45 of 50", "for the cake", "for the tea"):
        assert words in shown
    assert "for the coffee" not in shown
    assert "for the coffee" in read(stage, await page(stage, "Zoë"))
    assert stage.slack.posts(stage.world.personal("slack", stage["Ana"])) == []


async def test_it_is_published_when_something_changed_and_not_before(stage: Stage) -> None:
    await page(stage)
    for _ in range(3):
        await page(stage)
    assert published(stage) == 1
    await thank(stage, "Luis", "Ana", WORDS)
    assert WORDS in read(stage, await page(stage))
    await page(stage)
    assert published(stage) == 2


async def test_only_the_home_tab_counts(stage: Stage) -> None:
    before = await stage.count("inbox")
    event = {"type": "app_home_opened", "user": stage["Ana"].slack_id, "channel": "D0ANA00001", "event_ts": "1.1"}
    for tab in ("messages", "about"):
        assert (await stage.slack.event({**event, "tab": tab})).status == 200
    assert (await stage.count("inbox"), published(stage)) == (before, 0)


async def test_kudos_from_the_page(stage: Stage) -> None:
    ana = stage["Ana"]
    view = await page(stage)
    form = await modal(stage, view, "Give kudos")
    assert form.payload["title"]["text"] == "Give kudos"
    assert (await stage.slack.submit(form, filled(stage, "Luis"))).json() == CLEAR
    await stage.quiet()
    assert len(stage.posts(WORDS)) == 3
    [receipt] = stage.slack.posts(stage.world.personal("slack", ana))
    assert (receipts(stage, "Ana"), receipt.buttons) == ([receipt.text], ("Undo",))
    assert WORDS in read(stage, await page(stage))


async def test_the_leaderboard_of_the_page_turns_in_its_modal(stage: Stage) -> None:
    await thank(stage, "Luis", "Ana", WORDS)
    board = await modal(stage, await page(stage), "Leaderboard")
    assert "submit" not in board.payload or board.payload["submit"] is None
    assert "this month" in board.payload["title"]["text"]
    assert "Ana García" in read(stage, board)
    turned = await modal(stage, board, "Week")
    assert turned is board
    assert "this week" in board.payload["title"]["text"]
    assert len([view for view in stage.slack.views if view.is_open]) == 1
    assert stage.slack.posts(stage.world.personal("slack", stage["Ana"])) == []


@pytest.mark.parametrize(("button", "shows"), [("Points history", "Kudos · Luis"), ("Help", "/leaderboard")])
async def test_what_else_its_buttons_show(stage: Stage, button: str, shows: str) -> None:
    await thank(stage, "Luis", "Ana", WORDS)
    shown = await modal(stage, await page(stage), button)
    assert shows in read(stage, shown)
    assert shown.payload["close"]["text"] == "Close"


async def test_its_buttons_work_for_more_than_a_month(stage: Stage) -> None:
    """They are the same ones every day, on a page that is not published again while nothing changes."""
    view = await page(stage)
    await stage.sql("UPDATE action_token SET expires_at = clock_timestamp() - interval '1 minute'")
    assert await page(stage) is view
    assert published(stage) == 1
    assert "Points" in (await modal(stage, view, "Leaderboard")).payload["title"]["text"]


async def test_a_button_whose_time_is_over_says_so_in_a_modal(stage: Stage) -> None:
    view = await page(stage)
    await stage.sql("UPDATE action_token SET expires_at = clock_timestamp() - interval '1 minute'")
    assert "This has closed" in read(stage, await modal(stage, view, "Help"))


async def test_16_a_button_of_somebody_elses_page(stage: Stage) -> None:
    view = await page(stage)
    stolen = View(stage["Luis"], view.payload)
    assert "for somebody else" in read(stage, await modal(stage, stolen, "Points history"))


async def test_a_modal_that_slack_does_not_show_becomes_a_message(stage: Stage) -> None:
    view = await page(stage)
    stage.slack.faults.fail(1, name="views.open")
    await stage.slack.press_in_view(view, "Help")
    await stage.quiet()
    [said] = stage.slack.posts(stage.world.personal("slack", stage["Ana"]))
    assert "/leaderboard" in said.text


async def test_03_a_press_on_the_page_replayed_shows_nothing_more(stage: Stage) -> None:
    view = await page(stage)
    pressed = await stage.slack.press_in_view(view, "Help")
    copies = await stage.slack.courier.deliver_copies(pressed.raw, 4)
    await stage.quiet()
    assert [(copy.status, copy.body) for copy in copies] == [(200, b"")] * 4
    assert len(stage.slack.views) == 1
    assert stage.slack.posts(stage.world.personal("slack", stage["Ana"])) == []


async def test_a_guest_reads_there_why_not(stage: Stage) -> None:
    assert "You are a guest here" in read(stage, await page(stage, "Gus"))
    assert stage.slack.posts(stage.world.personal("slack", stage["Gus"])) == []


async def test_somebody_new_gets_a_page_and_becomes_a_member(stage: Stage) -> None:
    shown = read(stage, await page(stage, "Mei"))
    assert stage["Mei"].name in shown
    assert "No kudos yet" in shown


async def test_18_to_20_hostile_names_and_words_are_literal(stage: Stage) -> None:
    words = "<!channel> @here *b* {{7*7}} <https://evil.example|x>"
    await stage.sql(
        "UPDATE profile SET display_name = :words WHERE member_id = :luis", words=words, luis=stage.member("Luis")
    )
    await thank(stage, "Luis", "Ana", words)
    view = await page(stage)
    texts = [thing for thing in _objects(view.payload["blocks"]) if words in str(thing.get("text"))]
    assert len(texts) >= 2
    assert {thing["type"] for thing in texts} == {"text"}


def _objects(value: Any) -> list[dict[str, Any]]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, dict) else []), *(found for item in inside for found in _objects(item))]


async def test_a_bot_has_no_page(stage: Stage) -> None:
    await stage.slack.open_home(stage["Other Bot"])
    await stage.quiet()
    assert published(stage) == 0
