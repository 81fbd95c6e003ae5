"""What every command begins with: the workspace, the place it was said in, and the members behind the accounts, read at once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Hot
from core.people.models import Conversation, Workspace
from core.people.queries import Person

_WORKSPACE = [column.name for column in Workspace.__table__.columns]
_PLACE = [column.name for column in Conversation.__table__.columns]


class Surroundings(NamedTuple):
    """`home` is the workspace that the place is bound to, `place` None for one that nobody kept yet. `people` are by remote id; accounts that nobody knows are missing. What is
    here was read and is not the session's: changing it changes no row."""

    home: int | None
    workspace: Workspace
    place: Conversation | None
    people: Mapping[str, Person]


_READ = Hot(f"""
SELECT (SELECT workspace_id FROM binding WHERE platform = :platform AND tenant = :tenant AND remote_id IN ('', :remote_id)
        ORDER BY remote_id DESC LIMIT 1) AS home,
       (SELECT ROW({", ".join(_WORKSPACE)}) FROM workspace WHERE id = :workspace_id) AS workspace,
       (SELECT ROW({", ".join(_PLACE)}) FROM conversation WHERE workspace_id = :workspace_id AND platform = :platform
        AND tenant = :tenant AND remote_id = :remote_id) AS place,
       ARRAY(SELECT ROW(identity.remote_id, member.id, coalesce(profile.display_name, ''), member.status, member.roles,
                        member.is_provisional, profile.locale, profile.time_zone)
             FROM identity JOIN member ON member.workspace_id = identity.workspace_id AND member.id = identity.member_id
             LEFT JOIN profile ON profile.workspace_id = member.workspace_id AND profile.member_id = member.id
             WHERE identity.workspace_id = :workspace_id AND identity.platform = :platform AND identity.tenant = :tenant
             AND identity.remote_id = ANY(CAST(:accounts AS text[]))) AS people
""")  # noqa: S608 - names of columns

_ALONE = Hot(f"SELECT ROW({', '.join(_WORKSPACE)}) AS workspace FROM workspace WHERE id = :workspace_id")  # noqa: S608


async def surroundings(
    session: AsyncSession, *, workspace_id: int, platform: str, tenant: str, remote_id: str, accounts: Sequence[str]
) -> Surroundings:
    """`remote_id` is the place's, `accounts` those of people."""
    place = {"platform": platform, "tenant": tenant, "remote_id": remote_id}
    row = await _READ.one(session, {"workspace_id": workspace_id, **place, "accounts": list(accounts)})
    return Surroundings(
        row.home,
        _workspace(row.workspace),
        Conversation(**dict(zip(_PLACE, row.place, strict=True))) if row.place is not None else None,
        {each[0]: _person(each[1:]) for each in row.people},
    )


async def workspace(session: AsyncSession, workspace_id: int) -> Workspace:
    """The workspace alone."""
    return _workspace((await _ALONE.one(session, {"workspace_id": workspace_id})).workspace)


def _workspace(row: Sequence[Any]) -> Workspace:
    return Workspace(**dict(zip(_WORKSPACE, row, strict=True)))


def _person(row: Sequence[Any]) -> Person:
    member_id, name, status, roles, *rest = row
    return Person(member_id, name, status, tuple(roles), *rest)
