"""What tests begin with, made by the product's own verbs: workspaces, members, places, kudos."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Role, Sessions
from core.kudos import service as kudos
from core.kudos.wording import Wording
from core.people import service as people
from core.people.models import Conversation, Member, Workspace
from core.people.queries import Person
from core.people.service import Contact
from core.points import service as points
from core.points.queries import Balances, balances

_numbers = count(1)
_ENTER = text("SELECT set_config('role', :role, true), set_config('plaudit.workspace_id', :workspace, true)")


async def enter(session: AsyncSession, workspace_id: int, *, role: Role = "app") -> None:
    """Go on with a transaction as a role, in a workspace."""
    await session.execute(_ENTER, {"role": f"plaudit_{role}", "workspace": str(workspace_id)})


async def make_workspace(session: AsyncSession, *, time_zone: str = "Etc/UTC", **policy: Any) -> Workspace:
    """A workspace as `plaudit run` makes one, with other figures of its policy; the session enters it as the app."""
    await enter(session, 0, role="ops")
    made = await people.create_workspace(session, name=f"Workspace {next(_numbers)}", time_zone=time_zone)
    await points.open_system_accounts(session, workspace_id=made.id)
    await kudos.seed_tags(session, workspace_id=made.id)
    for field, figure in policy.items():
        setattr(made, field, figure)
    await session.flush()
    await enter(session, made.id)
    return made


async def make_member(
    session: AsyncSession,
    workspace: Workspace,
    name: str = "Ana",
    *,
    platform: str = "slack",
    tenant: str = "T1",
    remote_id: str | None = None,
    email: str | None = None,
    status: str = "active",
) -> Person:
    contact = Contact(platform, tenant, remote_id or f"U{next(_numbers)}", name, email=email)
    person = await people.enrol(session, contact, workspace_id=workspace.id, is_provisional=False)
    if status == "active":
        return person
    await session.execute(update(Member).where(Member.id == person.member_id).values(status=status))
    return person._replace(status=status)


async def make_members(session: AsyncSession, workspace: Workspace, number: int) -> list[Person]:
    """Slack members of team T1 called Member 1, Member 2, …"""
    return [await make_member(session, workspace, f"Member {place}") for place in range(1, number + 1)]


async def make_place(
    session: AsyncSession,
    workspace: Workspace,
    *,
    platform: str = "slack",
    tenant: str = "T1",
    remote_id: str | None = None,
    kind: str = "channel",
    is_connected: bool = False,
    member: Person | None = None,
    reference: Mapping[str, Any] | None = None,
) -> Conversation:
    made = await people.keep_place(
        session,
        workspace_id=workspace.id,
        platform=platform,
        tenant=tenant,
        remote_id=remote_id or f"C{next(_numbers)}",
        kind=kind,
        name="somewhere",
        reference=reference or {},
        member_id=member.member_id if member else None,
    )
    if is_connected:
        await people.connect(session, made, is_connected=True)
    return made


async def make_company(database: Sessions, members: int, **policy: Any) -> tuple[Workspace, list[Person]]:
    """A committed workspace with members, for tests on a database of their own."""
    async with database.begin(role="ops") as (session, _):
        workspace = await make_workspace(session, **policy)
        return workspace, await make_members(session, workspace, members)


async def thank(
    session: AsyncSession,
    workspace: Workspace,
    giver: Person,
    receivers: Sequence[Person],
    *,
    now: datetime,
    message: str = "for staying late",
    tags: Sequence[str] = (),
    points_each: int | None = None,
    **more: Any,
) -> int:
    """Give a kudos; returns its id."""
    return await kudos.give(
        session,
        workspace=workspace,
        giver=giver,
        receivers=receivers,
        wording=Wording.of(message, tags),
        points_each=points_each,
        now=now,
        **more,
    )


async def current(session: AsyncSession, workspace: Workspace, member: Person, *, now: datetime) -> int:
    """A member's balance."""
    return (await figures(session, workspace, member, now=now)).current


async def figures(session: AsyncSession, workspace: Workspace, member: Person, *, now: datetime) -> Balances:
    period = points.allowance_period(workspace, now).key
    return await balances(session, workspace_id=workspace.id, member_id=member.member_id, period=period)
