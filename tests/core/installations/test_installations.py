"""Installations and the invitations to them, inside a transaction."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import tokens
from core.installations import invitations, service
from core.installations.invitations import HOURS, MINUTES, OtherBrowser
from core.installations.service import Count, Granted
from core.people.models import Workspace
from core.people.service import PlaceTaken
from core.tokens import AlreadyDone, Closed
from tests.factories import enter, make_workspace

TEAM = "T0ACME00001"
GRANTED = Granted(TEAM, "A1", "U1", "B1", ("chat:write", "commands"), installed_by="U2")
SECRET = b"s" * 32
MINE, THEIRS = "m" * 43, "t" * 43


async def install(session: AsyncSession, workspace: Workspace, *, sealed: bytes = b"sealed", team: str = TEAM) -> None:
    granted = Granted(team, "A1", "U1", "B1", ("chat:write",))
    await service.install(session, granted, workspace_id=workspace.id, sealed_token=sealed)


async def test_what_was_granted_is_found_by_its_team(session: AsyncSession, workspace: Workspace) -> None:
    await service.install(session, GRANTED, workspace_id=workspace.id, sealed_token=b"sealed")
    await enter(session, 0, role="ops")
    found = await service.get(session, TEAM)
    assert found == service.Installation(workspace.id, TEAM, "U1", "B1", b"sealed")
    assert "sealed_token" not in repr(found)
    assert await service.get(session, "T2") is None
    assert await service.count(session) == Count(1, 0)


async def test_the_latest_grant_stands(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    for sealed in (b"first", b"second"):
        await install(session, workspace, sealed=sealed)
    await enter(session, 0, role="ops")
    assert await service.revoke(session, TEAM, told_at=now + timedelta(days=1))
    assert await service.get(session, TEAM) is None
    await enter(session, workspace.id)
    await install(session, workspace, sealed=b"third")
    await enter(session, 0, role="ops")
    found = await service.get(session, TEAM)
    assert found
    assert found.sealed_token == b"third"
    assert await service.count(session) == Count(1, 0)


async def test_a_team_belongs_to_one_workspace(session: AsyncSession, workspace: Workspace) -> None:
    await install(session, workspace)
    other = await make_workspace(session)
    with pytest.raises(PlaceTaken):
        await install(session, other)


async def test_a_farewell_is_of_what_stood_before_it(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    await install(session, workspace)
    await enter(session, 0, role="ops")
    assert not await service.revoke(session, TEAM, told_at=now - timedelta(minutes=1))
    assert await service.get(session, TEAM)
    assert not await service.revoke(session, "T2", told_at=now + timedelta(minutes=1))
    # Slack tells the second in which it happened, and its clock is not ours.
    for _ in range(2):
        assert await service.revoke(session, TEAM, told_at=now.replace(microsecond=0) + timedelta(seconds=1))
    row = (await session.execute(text("SELECT sealed_token, revoked_at IS NOT NULL FROM slack_installation"))).one()
    assert tuple(row) == (None, True)
    assert await service.count(session) == Count(0, 1)


async def test_a_token_is_revoked_and_no_other(session: AsyncSession, workspace: Workspace) -> None:
    await install(session, workspace, sealed=b"old")
    await enter(session, 0, role="ops")
    old = await service.get(session, TEAM)
    assert old
    await enter(session, workspace.id)
    await install(session, workspace, sealed=b"new")
    await enter(session, 0, role="ops")
    assert not await service.revoke_token(session, old)
    new = await service.get(session, TEAM)
    assert new
    assert await service.revoke_token(session, new)
    assert not await service.revoke_token(session, new)
    assert await service.get(session, TEAM) is None


async def test_what_another_key_sealed_is_listed_page_by_page(session: AsyncSession, workspace: Workspace) -> None:
    for number, sealed in enumerate((b"\x01old1", b"\x01new2", b"\x01old3", b"\x01old4")):
        await install(session, workspace, sealed=sealed, team=f"T{number}")
    await enter(session, 0, role="ops")
    first = await service.standing(session, not_sealed_as=b"\x01new", limit=2)
    assert [each.team_id for each in first] == ["T0", "T2"]
    rest = await service.standing(session, after=(workspace.id, "T2"), not_sealed_as=b"\x01new", limit=2)
    assert [each.team_id for each in rest] == ["T3"]
    await service.reseal(session, rest[0], sealed_token=b"\x01new4")
    await service.reseal(session, rest[0], sealed_token=b"\x01late")  # it is another token by now
    found = await service.get(session, "T3")
    assert found
    assert found.sealed_token == b"\x01new4"


def test_what_a_token_is_sealed_for_tells_teams_and_workspaces_apart() -> None:
    assert len({service.about(*given) for given in ((1, "T1"), (1, "T2"), (2, "T1"), (11, "T"), (1, "1\0T"))}) == 5


async def invited(session: AsyncSession, workspace: Workspace, now: datetime) -> str:
    return await invitations.invite(session, workspace_id=workspace.id, secret=SECRET, now=now)


async def begun(session: AsyncSession, code: str, now: datetime, *, browser: str = MINE) -> str:
    return await invitations.begin(session, code, browser=browser, secret=SECRET, now=now)


async def test_an_invitation_leads_to_its_workspace(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    await enter(session, 0, role="ops")
    code = await invited(session, workspace, now)
    visit = await invitations.resume(session, await begun(session, code, now), browser=MINE)
    assert visit.workspace_id == workspace.id
    await enter(session, workspace.id)
    await invitations.accept(session, visit)
    with pytest.raises(AlreadyDone):
        await invitations.accept(session, visit)
    with pytest.raises(AlreadyDone):
        await begun(session, code, now)


async def test_each_invitation_and_each_visit_is_another(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    codes = [await invited(session, workspace, now) for _ in range(3)]
    states = [await begun(session, codes[0], now) for _ in range(3)]
    assert len({*codes, *states}) == 6


async def test_a_visit_ends_once_and_in_its_browser(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    state = await begun(session, await invited(session, workspace, now), now)
    for stranger in (THEIRS, "", MINE[:-1]):
        with pytest.raises(OtherBrowser):
            await invitations.resume(session, state, browser=stranger)
    await invitations.resume(session, state, browser=MINE)
    with pytest.raises(AlreadyDone):
        await invitations.resume(session, state, browser=MINE)


@pytest.mark.parametrize("age", [timedelta(hours=HOURS), timedelta(days=30)])
async def test_an_invitation_ends(session: AsyncSession, workspace: Workspace, now: datetime, age: timedelta) -> None:
    code = await invited(session, workspace, now - age)
    with pytest.raises(Closed):
        await begun(session, code, now)
    await begun(session, await invited(session, workspace, now - timedelta(hours=HOURS, minutes=-1)), now)


async def test_a_visit_ends_by_itself(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    code = await invited(session, workspace, now)
    state = await begun(session, code, now - timedelta(minutes=MINUTES))
    with pytest.raises(Closed):
        await invitations.resume(session, state, browser=MINE)


async def test_an_invitation_that_ended_during_the_visit(
    session: AsyncSession, workspace: Workspace, now: datetime
) -> None:
    state = await begun(session, await invited(session, workspace, now), now)
    visit = await invitations.resume(session, state, browser=MINE)
    await session.execute(
        text("UPDATE action_token SET expires_at = clock_timestamp() WHERE verb = 'slack_invitation'")
    )
    with pytest.raises(Closed):
        await invitations.accept(session, visit)


@pytest.mark.parametrize("code", ["", "x", "A" * 22, "\ud800"])
async def test_what_was_never_made(session: AsyncSession, code: str, now: datetime) -> None:
    with pytest.raises(Closed):
        await begun(session, code, now)
    with pytest.raises(Closed):
        await invitations.resume(session, code, browser=MINE)


async def test_other_codes_of_ours_open_nothing(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    """A code for a Telegram group, or a button, is no invitation; an invitation is no visit, and a visit no invitation."""
    grant = tokens.Grant(workspace.id, "connect", 1, "", None, "connect", tokens.SINGLE, now + timedelta(hours=1))
    [other] = await tokens.mint(session, [grant], secret=SECRET)
    code = await invited(session, workspace, now)
    state = await begun(session, code, now)
    for given in (other, state):
        with pytest.raises(Closed):
            await begun(session, given, now)
    for given in (other, code):
        with pytest.raises(Closed):
            await invitations.resume(session, given, browser=MINE)
