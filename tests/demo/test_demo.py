"""The demo as a newcomer starts it: another process, a data folder of its own, the story, and books that hold."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from bots.demo.company import LEAVERS, SIZE, found
from bots.demo.history import Chronicle, Policy

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = "import sys, pathlib, bots.demo as demo; sys.exit(demo.run(once=True, root=pathlib.Path(sys.argv[1])))"
SECONDS_MAX = 120
DAY = date(2026, 3, 18)
# What a caller may have set; none of it may reach the demo.
ELSEWHERE = {
    "PLAUDIT_DATABASE_URL": "postgresql://nobody@192.0.2.1/somewhere-else",
    "PLAUDIT_MODE": "production",
    "PLAUDIT_SECRET_KEY": "",
    "PLAUDIT_PORT": "not a number",
    "PLAUDIT_TELEGRAM_MODE": "polling",
}


@pytest.fixture
def root() -> Iterator[Path]:
    # Not tmp_path: pytest closes its parent to everybody else, the server's user included.
    with tempfile.TemporaryDirectory(prefix="plaudit-demo-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "demo"


def told(root: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root)],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def test_the_story_is_told_and_the_books_hold(root: Path) -> None:
    demo = told(root, ELSEWHERE)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert demo.stderr == ""
    assert "The database is the demo's own" in demo.stdout
    for chat in ("Microsoft Teams · General", "Slack · thanks", "Telegram · Field crew"):
        assert demo.stdout.count(chat) >= 3, f"{chat} shows too little"
    cards = re.findall("@?Ana García thanked @?Luis Ortega and @?Zoë Müller", demo.stdout)
    assert len(cards) == 6, "three cards, each edited once"
    assert demo.stdout.count("[ Second it · 1 ]".replace(" ", "\u00a0")) == 3
    assert "You cannot thank yourself" in demo.stdout
    assert "Did you mean /kudos?" in demo.stdout
    assert "No puedes darte las gracias" in demo.stdout
    assert demo.stdout.count("Ana García took back a kudos.") == 3
    for badge in ("Above and beyond", "Happy birthday", "Always there", "Friday coffee", "Welcome aboard"):
        assert demo.stdout.count(badge) >= 4, f"{badge} is told in too few places"
    assert "the same entrants are drawn, in the same order" in " ".join(demo.stdout.split())
    assert demo.stdout.count("Last week’s recognition") == 3
    assert re.search(r"messages +\d\d sent, 0 given up", demo.stdout)
    assert re.search(r"All \d+ checks hold\.", demo.stdout)
    assert "\x1b" not in demo.stdout, "no colours where there is no terminal"


def test_the_company_and_its_history_are_the_same_every_time() -> None:
    policy = Policy(allowance=50, pair_max=20)
    one, other = found(DAY), found(DAY)
    assert one.colleagues == other.colleagues
    assert len({colleague.person.name for colleague in one.colleagues}) == SIZE
    assert len({colleague.person.email for colleague in one.colleagues}) == SIZE
    history = list(Chronicle(one.colleagues, policy, DAY).thanks())
    assert history == list(Chronicle(other.colleagues, policy, DAY).thanks())
    assert len(history) > 1000


def test_the_history_keeps_to_the_rules() -> None:
    company = found(DAY)
    history = list(Chronicle(company.colleagues, Policy(allowance=6, pair_max=4), DAY).thanks())
    spent: dict[tuple[int, str], int] = {}
    paired: dict[tuple[int, int, str], int] = {}
    for thanks in history:
        assert thanks.giver not in thanks.receivers
        assert thanks.at.date() < DAY
        if thanks.undone_at:
            continue
        purse = (thanks.giver, thanks.week)
        spent[purse] = spent.get(purse, 0) + thanks.points_each * len(thanks.receivers)
        for receiver in thanks.receivers:
            pair = (thanks.giver, receiver, thanks.week)
            paired[pair] = paired.get(pair, 0) + thanks.points_each
    assert max(spent.values()) <= 6
    assert max(paired.values()) <= 4


def test_who_left_neither_gives_nor_receives_afterwards() -> None:
    company = found(DAY)
    left = {colleague.number: colleague.left_on for colleague in company.colleagues if colleague.left_on}
    assert set(left) == set(LEAVERS)
    for thanks in Chronicle(company.colleagues, Policy(allowance=50, pair_max=20), DAY).thanks():
        for number in (thanks.giver, *thanks.receivers, *(number for number, _ in thanks.seconds)):
            assert number not in left or thanks.at.date() <= left[number]
