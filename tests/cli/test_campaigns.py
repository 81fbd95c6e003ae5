"""Campaigns can be listed, recorded and recounted on the command line."""

import json
from pathlib import Path

from sqlalchemy import text

from core.database import Sessions
from core.nominations import advancing
from tests.cli.conftest import Command, lines
from tests.core.nominations.stock import Stage, make_committed_stage, move_on, nominate, put_off, vote


async def voted(configured: Sessions) -> Stage:
    stage = await make_committed_stage(configured, 6)
    async with configured.begin(stage.workspace.id) as (session, now):
        ana = await nominate(session, stage, stage.people[2], stage.people[0])
        await nominate(session, stage, stage.people[3], stage.people[1])
        await move_on(session, stage, now)
        for voter in stage.people[2:]:
            await vote(session, stage, voter, ana)
    return stage


async def close(configured: Sessions, stage: Stage) -> None:
    async with configured.begin(stage.workspace.id) as (session, now):
        await put_off(session, stage, voting_end_at="-1 second")
        await advancing.advance(session, stage.id, workspace_id=stage.workspace.id, now=now)


async def test_list(plaudit: Command, configured: Sessions) -> None:
    stage = await voted(configured)
    ended = await plaudit("campaign", "list")
    assert ended.code == 0
    assert any(
        "Best colleague" in line and "voting" in line and "3 of 6" in line and str(stage.id) in line
        for line in lines(ended.out)
    )


async def test_a_record_is_written_and_recounted(plaudit: Command, configured: Sessions, tmp_path: Path) -> None:
    stage = await voted(configured)
    path = tmp_path / "record.json"
    ended = await plaudit("campaign", "record", str(stage.id), "--out", str(path))
    assert (ended.code, path.exists()) == (2, False)
    assert "not closed (voting)" in ended.err
    await close(configured, stage)
    ended = await plaudit("campaign", "record", str(stage.id), "--out", str(path))
    assert (ended.code, ended.err) == (0, "")
    receipt = json.loads(path.read_text())["ballots"][0]["receipt"]
    ended = await plaudit("campaign", "verify", str(path), receipt)
    assert ended.code == 0
    assert f"{stage.people[0].name}: 3 (winner)" in ended.out
    assert f"receipt {receipt}: counted for {stage.people[0].name}" in ended.out
    assert (await plaudit("campaign", "verify", str(path), "AAAA-AAAA-AAAA-AAAA")).code == 1


async def test_what_was_changed_after_the_close_is_found(
    plaudit: Command, configured: Sessions, tmp_path: Path
) -> None:
    stage = await voted(configured)
    await close(configured, stage)
    async with configured.begin(stage.workspace.id) as (session, _):
        await session.execute(
            text(
                "UPDATE vote SET choice = (SELECT max(id) FROM candidacy) WHERE voter_tag = (SELECT min(voter_tag) FROM vote)"
            )
        )
    path = tmp_path / "record.json"
    ended = await plaudit("campaign", "record", str(stage.id), "--out", str(path))
    assert ended.code == 1
    assert "not what was sealed" in ended.out
    ended = await plaudit("campaign", "verify", str(path))
    assert ended.code == 1
    assert "votes, the result says 3" in ended.out
    ended = await plaudit("verify")
    assert ended.code == 1
    assert "campaign_count" in ended.out


async def test_called_wrongly(plaudit: Command, configured: Sessions, tmp_path: Path) -> None:
    await make_committed_stage(configured, 2)
    for arguments, told in (
        (("record", "99"), "no campaign 99"),
        (("verify", str(tmp_path / "none.json")), "cannot be read"),
    ):
        ended = await plaudit("campaign", *arguments)
        assert ended.code == 2
        assert told in ended.err
