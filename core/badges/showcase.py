"""The badges that a member shows first: three places, which the key of their table holds."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Outrun
from core.errors import Refusal
from core.people.models import Workspace
from core.people.queries import Person

PLACES = 3

_OF_MEMBER = "workspace_id = :workspace_id AND member_id = :member_id"
_HELD = f"(SELECT badge_id FROM award WHERE {_OF_MEMBER} AND revoked_at IS NULL)"  # noqa: S608 - constants of this code
# A place whose badge was revoked is free.
_FREE = text(f"DELETE FROM award_showcase WHERE {_OF_MEMBER} AND badge_id NOT IN {_HELD}")  # noqa: S608
_SHOW = text(f"""
INSERT INTO award_showcase (workspace_id, member_id, place, badge_id)
SELECT :workspace_id, :member_id, min(free.place), :badge_id FROM generate_series(1, {PLACES}) AS free(place)
WHERE :badge_id IN {_HELD} AND NOT EXISTS (
    SELECT FROM award_showcase AS taken WHERE {_OF_MEMBER} AND (taken.place = free.place OR taken.badge_id = :badge_id))
HAVING count(*) > 0
ON CONFLICT DO NOTHING RETURNING place
""")  # noqa: S608
_HIDE = text(f"DELETE FROM award_showcase WHERE {_OF_MEMBER} AND badge_id = :badge_id")  # noqa: S608
_WHY_NOT = text(
    f"SELECT :badge_id IN {_HELD} AS is_held, count(*) FILTER (WHERE badge_id = :badge_id) > 0 AS is_shown, count(*) AS taken"  # noqa: S608
    f" FROM award_showcase WHERE {_OF_MEMBER}"
)


class ShowcaseFull(Refusal):
    code = "showcase_full"


class BadgeNotHeld(Refusal):
    code = "badge_not_held"


async def show(session: AsyncSession, *, workspace: Workspace, member: Person, badge_id: int) -> None:
    """Show a badge first; one that is shown stays. Raises ShowcaseFull, BadgeNotHeld, and Outrun if a place went meanwhile."""
    values = {"workspace_id": workspace.id, "member_id": member.member_id, "badge_id": badge_id}
    await session.execute(_FREE, {key: value for key, value in values.items() if key != "badge_id"})
    if (await session.execute(_SHOW, values)).first() is not None:
        return
    row = (await session.execute(_WHY_NOT, values)).one()
    if not row.is_held:
        raise BadgeNotHeld
    if row.is_shown:
        return
    if row.taken >= PLACES:
        raise ShowcaseFull(limit=PLACES)
    raise Outrun("another press took the place")


async def hide(session: AsyncSession, *, workspace: Workspace, member: Person, badge_id: int) -> None:
    """Show it among the others again; one that is not shown stays so."""
    values = {"workspace_id": workspace.id, "member_id": member.member_id, "badge_id": badge_id}
    await session.execute(_HIDE, values)
