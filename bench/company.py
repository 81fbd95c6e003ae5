"""Who a bench is about: members of one company on Slack, with full allowances, and a connected channel that mentions them all."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from core.database import Sessions
from core.kudos import service as kudos
from core.people import service as people
from core.people.models import Workspace
from core.people.queries import Person
from core.people.service import Contact
from core.points import service as points

TEAM, CHANNEL = "T0BENCH0001", "C0BENCH0001"
GENEROUS = 1_000_000

_ACCOUNTS = text("SELECT member_id, kind, id FROM account WHERE workspace_id = :workspace_id AND member_id IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Company:
    """`accounts` are ids by member and kind."""

    workspace: Workspace
    members: Sequence[Person]
    accounts: dict[tuple[int, str], int]


def user(number: int) -> str:
    """The Slack account of a member."""
    return f"U0BENCH{number:04}"


async def found(sessions: Sessions, *, members: int) -> Company:
    """Nobody's allowance or pair comes to its end, however long a bench lasts."""
    async with sessions.begin(role="ops") as (session, _):
        workspace = await people.create_workspace(session, name="Bench", time_zone="Europe/Madrid")
        workspace.allowance_points = workspace.pair_points_max = GENEROUS
        await session.flush()
        await points.open_system_accounts(session, workspace_id=workspace.id)
        await kudos.seed_tags(session, workspace_id=workspace.id)
        await people.bind(session, workspace_id=workspace.id, platform="slack", tenant=TEAM)
    async with sessions.begin(workspace.id) as (session, now):
        contacts = [Contact("slack", TEAM, user(number), f"Member {number}") for number in range(members)]
        enrolled = [
            await people.enrol(session, contact, workspace_id=workspace.id, is_provisional=False)
            for contact in contacts
        ]
        place = await people.keep_place(
            session,
            workspace_id=workspace.id,
            platform="slack",
            tenant=TEAM,
            remote_id=CHANNEL,
            kind="channel",
            name="general",
            reference={},
            member_id=None,
        )
        await people.connect(session, place, is_connected=True)
        await points.open_earned(session, workspace_id=workspace.id, member_ids=[each.member_id for each in enrolled])
        for member in enrolled:
            await points.open_allowance(session, workspace=workspace, member_id=member.member_id, now=now)
        rows = await session.execute(_ACCOUNTS, {"workspace_id": workspace.id})
        return Company(workspace, enrolled, {(row.member_id, row.kind): row.id for row in rows})
