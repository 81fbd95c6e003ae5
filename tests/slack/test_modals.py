"""Through real HTTP: which answers open a view, what a view carries, and what a submission is answered."""

import json
from typing import Any

import pytest
from aiohttp import web

from bots.chat import Answer, Audience, Manner, Pressed
from bots.slack.modals import ERROR_MAX
from cards import refusals
from cards.render import Rendered
from cards.words import Words, locale_names
from tests.slack.slack_side import Client, FakeDesk, deliver, recorded
from tests.slack.web_api import FakeSlack

BLOCKS = [{"type": "divider"}]
VIEW = {"type": "modal", "blocks": BLOCKS, "private_metadata": "token_of_ours"}
EXPIRED = {"ok": False, "error": "expired_trigger_id"}
URL = "https://hooks.slack.com/commands/T0ACME001/1234567890/AbCdEfGhIj"


def form() -> Answer:
    rendered = Rendered({"text": "Give kudos", "blocks": BLOCKS, "view": VIEW})
    return Answer(rendered, "Give kudos", Audience.PRIVATE, Manner.FORM)


def refusal(text: str, wrong_input: str = "") -> Answer:
    return Answer(Rendered({"text": text, "blocks": BLOCKS}), text, Audience.QUIET, Manner.TOAST, wrong_input)


def carried(slack: FakeSlack) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(slack.calls[-1].arguments["view"]["private_metadata"])
    return metadata


OPENING = {
    "slash_kudos": {"channel": "C0GENERAL", "response_url": URL},
    "message_action": {
        "channel": "C0GENERAL",
        "thread": "1795599000.000100",
        "response_url": "https://hooks.slack.com/app/T0ACME001/1234567892/UvWxYz",
    },
    "shortcut": {},
    "block_actions": {
        "channel": "C0GENERAL",
        "thread": "1795600001.000100",
        "response_url": "https://hooks.slack.com/actions/T0ACME001/1234567891/KlMnOpQrSt",
    },
    "block_actions_home": {"channel": "D0ANABOT1"},
}


@pytest.mark.parametrize("name", OPENING)
async def test_a_form_opens_with_the_way_back_to_where_it_was_asked_for(
    client: Client, desk: FakeDesk, slack: FakeSlack, name: str
) -> None:
    desk.answer_next = form()
    slack.calls.clear()
    assert await deliver(client, recorded(name)) == (200, "")
    assert slack.methods == ["views.open"]
    assert slack.calls[0].arguments["trigger_id"] == recorded(name)["trigger_id"]
    assert slack.calls[0].arguments["view"]["blocks"] == BLOCKS
    assert carried(slack) == {"token": "token_of_ours", **OPENING[name]}
    assert desk.owed == []


async def test_what_is_pressed_in_a_modal_changes_it(client: Client, desk: FakeDesk, slack: FakeSlack) -> None:
    desk.answer_next = form()
    assert await deliver(client, recorded("block_actions_modal")) == (200, "")
    assert slack.methods[-1] == "views.update"
    assert slack.calls[-1].arguments["view_id"] == "V0FORM0001"


@pytest.mark.parametrize("name", OPENING)
async def test_what_slack_does_not_show_is_owed(client: Client, desk: FakeDesk, slack: FakeSlack, name: str) -> None:
    desk.answer_next = answer = form()
    slack.answers["views.open"] = [EXPIRED]
    assert await deliver(client, recorded(name)) == (200, "")
    [(incoming, owed)] = desk.owed
    assert (list(desk.answered.values()), owed) == ([incoming], answer)


@pytest.mark.parametrize("answered", [web.Response(status=502), {"ok": False, "error": "ratelimited"}])
async def test_whatever_breaks_is_owed(
    client: Client, desk: FakeDesk, slack: FakeSlack, answered: dict[str, Any] | web.Response
) -> None:
    desk.answer_next = form()
    slack.answers["views.open"] = [answered]
    assert await deliver(client, recorded("shortcut")) == (200, "")
    assert len(desk.owed) == 1


async def test_what_this_very_press_has_opened_is_not_owed_once_more(
    client: Client, desk: FakeDesk, slack: FakeSlack
) -> None:
    desk.answer_next = form()
    slack.answers["views.open"] = [{"ok": False, "error": "exchanged_trigger_id"}]
    assert await deliver(client, recorded("block_actions_home")) == (200, "")
    assert desk.owed == []


async def test_a_view_carries_no_more_than_slack_keeps(client: Client, desk: FakeDesk, slack: FakeSlack) -> None:
    desk.answer_next = form()
    await deliver(client, {**recorded("slash_kudos"), "response_url": URL + "x" * 3000})
    assert carried(slack) == {"token": "token_of_ours", "channel": "C0GENERAL"}


async def test_a_submission_is_the_desks_and_what_is_not_refused_closes_it(client: Client, desk: FakeDesk) -> None:
    status, text = await deliver(client, recorded("view_submission"))
    assert (status, json.loads(text)) == (200, {"response_action": "clear"})
    [incoming] = desk.answered.values()
    assert isinstance(incoming.act, Pressed)
    assert [manner for manner in Manner if incoming.carries(manner)] == [Manner.TOAST]
    assert "token" not in desk.bodies[0]


@pytest.mark.parametrize(
    ("wrong_input", "block"), [("points", "points"), ("", "people"), ("badge", "people"), ("people", "people")]
)
async def test_a_refusal_stands_under_an_input_of_the_view(
    client: Client, desk: FakeDesk, wrong_input: str, block: str
) -> None:
    desk.answer_next = refusal("No <!here>", wrong_input)
    _, text = await deliver(client, recorded("view_submission"))
    assert json.loads(text) == {"response_action": "errors", "errors": {block: "No <!here>"}}


async def test_a_long_refusal_is_cut(client: Client, desk: FakeDesk) -> None:
    desk.answer_next = refusal("x" * 200)
    _, text = await deliver(client, recorded("view_submission"))
    assert json.loads(text)["errors"]["people"] == "x" * (ERROR_MAX - 1) + "…"


async def test_a_view_without_inputs_closes(client: Client, desk: FakeDesk) -> None:
    desk.answer_next = refusal("No")
    body = recorded("view_submission")
    _, text = await deliver(client, {**body, "view": {**body["view"], "blocks": BLOCKS}})
    assert json.loads(text) == {"response_action": "clear"}


@pytest.mark.parametrize("name", ["view_submission", "message_action", "shortcut", "block_actions_home"])
async def test_a_failing_desk_is_shown_by_slack(client: Client, desk: FakeDesk, name: str) -> None:
    desk.failure = RuntimeError("the database is away")
    assert await deliver(client, recorded(name)) == (500, "")


async def test_one_submission_twice_is_one_delivery(client: Client, desk: FakeDesk) -> None:
    for _ in range(2):
        await deliver(client, recorded("view_submission"))
    assert len(desk.answered) == 1
    other = recorded("view_submission")
    await deliver(client, {**other, "view": {**other["view"], "id": "V0FORM0002"}})
    assert len(desk.answered) == 2


WORST: dict[str, dict[str, Any]] = {
    "allowance_short": {"needed": 1000, "left": 50, "resets_at": "2025-11-23T23:00:00+00:00", "zone": "Europe/Madrid"},
    "pair_limit": {
        "name": "Ana García López",
        "limit": 20,
        "left": 10,
        "resets_at": "2025-11-23T23:00:00+00:00",
        "zone": "Europe/Madrid",
    },
    "points_invalid": {"given": "+12345678901", "limit": 1_000_000_000},
    "points_twice": {},
    "no_message": {},
    "message_too_long": {"length": 3000, "limit": 1000},
    "tag_invalid": {"tag": "#" + "_" * 20},
    "too_many_tags": {"count": 12, "limit": 10},
    "place_not_yours": {},
    "too_many_receivers": {"count": 60, "limit": 50},
    "self_kudos": {},
    "receiver_left": {"name": "Ana García López"},
    "receiver_is_bot": {"name": "Ana García López"},
    "closed": {},
    "already_done": {},
    "broken": {"reference": "0123abcd"},
}


@pytest.mark.parametrize("locale", locale_names())
@pytest.mark.parametrize("code", WORST)
def test_no_refusal_of_a_form_is_cut_in_any_language(code: str, locale: str) -> None:
    """What is cut would be the end of it: what to do instead."""
    assert len(refusals.refusal(Words(locale), code, WORST[code]).summary) <= ERROR_MAX
