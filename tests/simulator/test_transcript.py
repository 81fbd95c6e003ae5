"""What people see on three platforms is one record; deliveries can be copied to several replicas."""

import ast
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout

from bots import simulator
from bots.simulator import SlackSimulator, TelegramSimulator, Transcript, example_world
from bots.simulator.reading.adaptive import read_card
from bots.simulator.world import World
from tests.simulator.conftest import Listener

_SHORT = ClientTimeout(total=0.1)
MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


async def test_three_chats_in_one_record(listener: Listener) -> None:
    world, transcript = example_world(clock=lambda: MOMENT), Transcript()
    ana = world.person("Ana")
    general = world.channel("slack", "general", [ana])
    async with (
        SlackSimulator(world, bot_url=listener.url, signing_secret="s", transcript=transcript) as slack,
        TelegramSimulator(world, transcript=transcript) as telegram,
    ):
        slack.write(ana, general, "Thanks @[Luis], " + "well done " * 12)
        await telegram.press_start(ana)
    lines = transcript.render(60).splitlines()
    assert lines[0].startswith("── Slack · general ──")
    assert lines[1] == "09:30 Ana García"
    assert lines[2].startswith("      Thanks @Luis Ortega, well done")
    assert max(map(len, lines)) <= 60
    assert "── Telegram · Ana and Plaudit ──" in lines[-3]
    assert lines[-1] == "      /start"


async def test_waiting_in_vain_shows_what_came_instead() -> None:
    transcript = Transcript()
    with pytest.raises(TimeoutError, match="the transcript is"):
        await transcript.wait_for(lambda _: True, timeout=0.01)


async def test_the_same_request_four_times_at_once_to_two_replicas(world: World, listener: Listener) -> None:
    ana = world.person("Ana")
    async with SlackSimulator(world, bot_url="http://127.0.0.1:9/bot", signing_secret="s") as sim:
        raw = sim.form(sim.payloads.slash(ana, world.personal("slack", ana), "/kudos", []), "slash")
        deliveries = await sim.courier.deliver_copies(raw, 4, urls=[listener.url, sim.courier.url])
    assert sorted(delivery.status for delivery in deliveries) == [0, 0, 200, 200]
    assert all(delivery.error for delivery in deliveries if not delivery.status)
    assert all(delivery.latency > 0 for delivery in deliveries)
    assert len(set(listener.bodies)) == 1


async def test_a_call_that_is_never_answered_has_no_effect_unless_asked(world: World) -> None:
    ana = world.person("Ana")
    group = world.group("telegram", "Team", [ana])
    async with TelegramSimulator(world) as sim, ClientSession() as session:
        url = f"{sim.url}/bot{sim.token}/sendMessage"
        for has_effect in (False, True):
            sim.faults.hang(has_effect=has_effect)
            with pytest.raises(TimeoutError):
                async with session.post(url, json={"chat_id": group.id, "text": "x"}, timeout=_SHORT):
                    pass
            assert len(sim.posts(group)) == int(has_effect)


def test_a_card_is_read_in_order() -> None:
    cell = [{"type": "TableCell", "items": [{"type": "TextBlock", "text": text}]} for text in ("1", "<at>Ana</at>")]
    card = {
        "body": [
            {"type": "Container", "items": [{"type": "TextBlock", "text": "Top"}]},
            {"type": "Table", "rows": [{"type": "TableRow", "cells": cell}]},
            {"type": "FactSet", "facts": [{"title": "Points", "value": "5"}]},
            {"type": "ActionSet", "actions": [{"type": "Action.Execute", "title": "Next"}]},
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open"}],
    }
    reading = read_card(card)
    assert reading.lines == ("Top", "1 | Ana", "Points: 5")
    assert reading.buttons == ("Next", "Open")


def test_worlds_with_one_seed_are_equal() -> None:
    first, second = example_world(), example_world()
    assert first.people == second.people
    assert first.channel("teams", "General", first.people).id == second.channel("teams", "General", second.people).id
    assert len({person.slack_id for person in first.people}) == len(first.people)


def test_the_simulator_uses_no_sdk_and_nothing_else_of_ours() -> None:
    sources = list(Path(simulator.__path__[0]).rglob("*.py"))
    imported = {
        name
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        for name in _names(node)
    }
    allowed = {"aiohttp", "jwt", "cryptography", *sys.stdlib_module_names}
    assert len(sources) > 20
    assert {
        name for name in imported if name.split(".")[0] not in allowed and not name.startswith("bots.simulator")
    } == set()


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
