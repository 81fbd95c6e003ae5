"""Verbs on installations. Tokens come and go sealed: who holds the keys is the edge's business."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from core.installations.models import SlackInstallation as Row
from core.people import service as people

PLATFORM: Final = "slack"
CLOCKS_APART: Final = timedelta(seconds=1)
"""Slack tells the time of an event in whole seconds."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a team let us do, as Slack says it."""

    team_id: str
    app_id: str
    bot_user_id: str
    bot_id: str
    scopes: Sequence[str]
    enterprise_id: str = ""
    installed_by: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    """One that stands. `sealed_token` also tells it from an earlier one of the same team."""

    workspace_id: int
    team_id: str
    bot_user_id: str
    bot_id: str
    sealed_token: bytes = field(repr=False)


class Count(NamedTuple):
    standing: int
    revoked: int


_COUNT = text("SELECT count(*) FILTER (WHERE revoked_at IS NULL), count(revoked_at) FROM slack_installation")


def about(workspace_id: int, team_id: str) -> bytes:
    """What a token is sealed for: in another team's row, or another workspace's, it does not open."""
    return f"slack_installation\0{workspace_id}\0{team_id}".encode()


async def install(session: AsyncSession, granted: Granted, *, workspace_id: int, sealed_token: bytes) -> None:
    """Keep what a team granted, in place of what it granted before. Raises PlaceTaken if it belongs to another workspace."""
    await people.bind(session, workspace_id=workspace_id, platform=PLATFORM, tenant=granted.team_id)
    values = {
        "enterprise_id": granted.enterprise_id,
        "app_id": granted.app_id,
        "bot_user_id": granted.bot_user_id,
        "bot_id": granted.bot_id,
        "scopes": list(granted.scopes),
        "sealed_token": sealed_token,
        "installed_by": granted.installed_by,
    }
    made = upsert(Row).values(workspace_id=workspace_id, team_id=granted.team_id, **values)
    await session.execute(
        made.on_conflict_do_update(
            index_elements=["workspace_id", "team_id"],
            set_={**values, "installed_at": func.clock_timestamp(), "revoked_at": None},
        )
    )


async def get(session: AsyncSession, team_id: str) -> Installation | None:
    """The standing installation of a team. Run as ops: whose it is, is what is asked."""
    found = await session.scalar(select(Row).where(Row.team_id == team_id, Row.revoked_at.is_(None)))
    return None if found is None else _standing(found)


async def revoke(session: AsyncSession, team_id: str, *, told_at: datetime) -> bool:
    """The team uninstalled us. False: it installed us again since, or never did. Run as ops."""
    ended = (
        update(Row)
        .where(Row.team_id == team_id, Row.installed_at < told_at + CLOCKS_APART)
        .values(revoked_at=func.coalesce(Row.revoked_at, func.clock_timestamp()), sealed_token=None)
        .returning(Row.team_id)
    )
    return (await session.execute(ended)).first() is not None


async def revoke_token(session: AsyncSession, installation: Installation) -> bool:
    """Slack knows the token no more. False: the team has another by now, or none. Run as ops."""
    ended = (
        update(Row)
        .where(Row.team_id == installation.team_id, Row.sealed_token == installation.sealed_token)
        .values(revoked_at=func.clock_timestamp(), sealed_token=None)
        .returning(Row.team_id)
    )
    return (await session.execute(ended)).first() is not None


async def standing(
    session: AsyncSession, *, after: tuple[int, str] = (0, ""), not_sealed_as: bytes, limit: int
) -> Sequence[Installation]:
    """Installations by workspace and team whose token does not begin with a key's header. Run as ops."""
    rows = await session.scalars(
        select(Row)
        .where(
            Row.revoked_at.is_(None),
            func.substring(Row.sealed_token, 1, len(not_sealed_as)) != not_sealed_as,
            tuple_(Row.workspace_id, Row.team_id) > after,
        )
        .order_by(Row.workspace_id, Row.team_id)
        .limit(limit)
    )
    return [_standing(row) for row in rows]


async def reseal(session: AsyncSession, installation: Installation, *, sealed_token: bytes) -> None:
    """The same token under another key, unless it was replaced meanwhile. Run as ops."""
    await session.execute(
        update(Row)
        .where(Row.team_id == installation.team_id, Row.sealed_token == installation.sealed_token)
        .values(sealed_token=sealed_token)
    )


async def count(session: AsyncSession) -> Count:
    """Run as ops."""
    return Count(*(await session.execute(_COUNT)).one())


def _standing(row: Row) -> Installation:
    assert row.sealed_token is not None, "ck_slack_installation_token"
    return Installation(row.workspace_id, row.team_id, row.bot_user_id, row.bot_id, row.sealed_token)
