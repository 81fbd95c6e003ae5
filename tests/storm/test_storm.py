"""Nothing acknowledged is lost or doubled, however the process dies; and a bot that claims apart from its effect is found out."""

import os
import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from core.database import Sessions
from tests.storm.process import Moment
from tests.storm.storm import Storm, gathering

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("bots", "cards", "core", "migrations", "web", "tests/storm")
SEED = int(os.environ.get("PLAUDIT_STORM_SEED", "20261120"))
KILLS = int(os.environ.get("PLAUDIT_STORM_KILLS", "22"))
ACKNOWLEDGED = int(os.environ.get("PLAUDIT_STORM_ACKS", "500"))

pytestmark = pytest.mark.xdist_group("storm")

CLAIM = """\
            if not await errand.claim(transaction):
                return await self._repeated(transaction, home.workspace_id, incomings)
"""
END = """\
            return await self._answered(transaction, home.workspace_id, replies, errand)
"""
ANOTHER_TRANSACTION = "        async with self.sessions.begin(home.workspace_id) as transaction:\n"
CLAIM_THEN_EFFECT = {CLAIM: CLAIM + ANOTHER_TRANSACTION}
EFFECT_THEN_CLAIM = {
    CLAIM: "",
    END: END.replace("return", "outcome =") + ANOTHER_TRANSACTION + CLAIM + "        return outcome\n",
}


def moments(kills: int) -> list[Moment]:
    """Each kind equally often, in an order of the seed."""
    mixed = [list(Moment)[number % len(Moment)] for number in range(kills)]
    Random(SEED).shuffle(mixed)
    return mixed


def told(storm: Storm) -> str:
    crowd = storm.crowd
    return (
        f"seed {SEED}: {storm.process.kills.total()} kills {dict(storm.process.kills)}, {crowd.acknowledged} acknowledged, "
        f"{crowd.repeated} repeated, {len(crowd.thanks)} kudos, {len(crowd.pressed)} seconds, "
        f"{storm.in_flight} messages interrupted, {storm.doubled} cards doubled"
    )


async def test_nothing_acknowledged_is_lost_or_doubled(database: Sessions, tmp_path: Path) -> None:
    async with gathering(database, tmp_path, sources=PROJECT, seed=SEED, pause=0.2) as storm:
        await storm.rage(moments(KILLS), acknowledged=ACKNOWLEDGED)
        await storm.clear()
        faults = await storm.faults()
        print(told(storm))
        assert faults == [], told(storm)
        log = (tmp_path / "bot.log").read_text(encoding="utf-8")
        assert log.count('"level": "error"') == 0, log[-4000:]
        assert storm.process.kills.total() >= KILLS
        assert min(Counter(storm.process.kills)[moment] for moment in Moment) >= KILLS // len(Moment) - 1
        assert sum(lag <= 0.005 for lag in storm.trap.lags) >= 2
        assert storm.crowd.acknowledged >= ACKNOWLEDGED
        assert storm.crowd.repeated >= ACKNOWLEDGED // 20
        assert sum(storm.crowd.pressed.values()) >= ACKNOWLEDGED // 20
        assert storm.in_flight > 0


@pytest.mark.parametrize(
    ("patch", "found"), [(CLAIM_THEN_EFFECT, "lost: for"), (EFFECT_THEN_CLAIM, "doubled: for")], ids=["before", "after"]
)
async def test_a_claim_in_a_transaction_of_its_own_is_found_out(
    database: Sessions, tmp_path: Path, patch: dict[str, str], found: str
) -> None:
    mutant = tmp_path / "mutant"
    plant(patch, mutant)
    async with gathering(database, tmp_path, sources=mutant, seed=SEED, pause=0.1) as storm:
        await storm.rage([Moment.COMMITTED] * 5, acknowledged=50)
        with suppress(TimeoutError):  # what it half did may fail again and again, which is a fault of its own
            await storm.clear(seconds=15)
        faults = await storm.faults()
    assert any(fault.startswith(found) for fault in faults), [told(storm), *faults]
    assert storm.process.kills[Moment.COMMITTED] >= 4


def plant(patch: dict[str, str], mutant: Path) -> None:
    """Copy the sources and replace each text, which stands there once, in the dispatcher."""
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, mutant / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "tests/__init__.py", mutant / "tests")
    dispatcher = mutant / "bots/dispatch.py"
    source = dispatcher.read_text(encoding="utf-8")
    for text, bug in patch.items():
        assert source.count(text) == 1, "bots/dispatch.py has changed: plant the bug anew"
        source = source.replace(text, bug)
    dispatcher.write_text(source, encoding="utf-8")
