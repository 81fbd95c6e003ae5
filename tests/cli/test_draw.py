"""`plaudit draw`: export a record, and verify it where there is no database."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from core.badges import drawing
from core.database import Sessions
from core.draws import service
from core.draws.models import Draw
from core.draws.service import Prize
from tests.cli.conftest import Command, lines
from tests.factories import make_company


async def hold(sessions: Sessions, *, steps: int) -> Draw:
    workspace, _ = await make_company(sessions, 5)
    async with sessions.begin(workspace.id) as (session, now):
        draw = await service.open_draw(
            session,
            workspace=workspace,
            name="Coffee",
            prize=Prize(points=5),
            winners=2,
            reserves=1,
            notice=timedelta(0),
            now=now,
        )
        assert draw is not None
        for _ in range(steps):
            await drawing.advance(session, workspace_id=workspace.id, draw_id=draw.id, now=now)
    return draw


async def test_no_draw(plaudit: Command, configured: Sessions) -> None:
    await make_company(configured, 0)
    assert (await plaudit("draw", "list")).out == "There has been no draw yet.\n"


async def test_record_and_verify(plaudit: Command, configured: Sessions, tmp_path: Path) -> None:
    draw = await hold(configured, steps=3)
    file = tmp_path / "record.json"

    listed = await plaudit("draw", "list")
    printed = await plaudit("draw", "record", str(draw.public_id))
    written = await plaudit("draw", "record", str(draw.public_id), "--out", str(file))
    verified = await plaudit("draw", "verify", str(file))

    assert str(draw.public_id) in listed.out
    assert "paid" in listed.out
    made = json.loads(printed.out)
    assert made == json.loads(file.read_text())
    assert made["commitment"][:16] in listed.out
    assert len(made["entrants"].splitlines()) == 5
    assert len(made["result"]) == 3
    assert (written.code, verified.code) == (0, 0)
    assert [line[:5] for line in lines(verified.out)] == ["ok   "] * 4


async def test_a_forgery_is_found(plaudit: Command, configured: Sessions, tmp_path: Path) -> None:
    draw = await hold(configured, steps=3)
    file = tmp_path / "record.json"
    await plaudit("draw", "record", str(draw.public_id), "--out", str(file))
    made = json.loads(file.read_text())
    made["result"].reverse()
    file.write_text(json.dumps(made))

    ended = await plaudit("draw", "verify", str(file))

    assert ended.code == 1
    assert "WRONG the same entrants are drawn" in ended.out


@pytest.mark.parametrize("steps", [0, 1])
async def test_there_is_no_record_before_the_draw(plaudit: Command, configured: Sessions, steps: int) -> None:
    draw = await hold(configured, steps=steps)

    ended = await plaudit("draw", "record", str(draw.public_id))

    assert ended.code == 2
    assert "there is a record once it is drawn" in ended.err
    assert draw.seed is None or draw.seed.hex() not in ended.out + ended.err


@pytest.mark.parametrize("wanted", ["17", "0b8f2c1e-8f5b-4c52-9d0c-3f0a5d2f7a11", "'; DROP TABLE draw"])
async def test_no_such_draw(plaudit: Command, configured: Sessions, wanted: str) -> None:
    await make_company(configured, 0)

    ended = await plaudit("draw", "record", wanted)

    assert ended.code == 2
    assert len(lines(ended.err)) == 1


async def test_verify_needs_no_database(plaudit: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAUDIT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    file = tmp_path / "record.json"
    file.write_text("{}")

    ended = await plaudit("draw", "verify", str(file))

    assert ended.code == 2
    assert "no record of a draw" in ended.err
