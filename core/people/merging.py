"""What becomes of a member's accounts, chats and personal row when the member is merged into another."""

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.people.service import hold_enrolments

_LOCK = text(
    "SELECT id, status, merged_into FROM member WHERE workspace_id = :workspace_id AND id = ANY(:members)"
    " ORDER BY created_at, id FOR NO KEY UPDATE"
)

# An address leads to the one who lives on whoever of the two had it, so the younger's row stays where both have one.
_PROFILE = (
    text(
        "WITH kept AS (SELECT * FROM profile WHERE workspace_id = :workspace_id AND member_id = :younger),"
        " freed AS (UPDATE profile SET email = CASE WHEN mine.email IS NULL THEN NULL ELSE profile.email END, locale = NULL,"
        " time_zone = NULL, job_code = NULL, department = NULL, location = NULL, groups = '{}', programs = '{}', hire_date = NULL,"
        " birth_year = NULL, birth_month = NULL, birth_day = NULL, attributes = '{}' FROM profile AS mine"
        " WHERE profile.workspace_id = :workspace_id AND profile.member_id = :younger"
        " AND mine.workspace_id = :workspace_id AND mine.member_id = :older RETURNING profile.member_id)"
        " SELECT email, locale, time_zone, job_code, department, location, groups, programs, hire_date, birth_year, birth_month,"
        " birth_day, attributes FROM kept JOIN freed USING (member_id)"
    ),
    text(
        "UPDATE profile SET email = coalesce(email, CAST(:email AS text)), locale = coalesce(locale, CAST(:locale AS text)),"
        " time_zone = coalesce(time_zone, CAST(:time_zone AS text)), job_code = coalesce(job_code, CAST(:job_code AS text)),"
        " department = coalesce(department, CAST(:department AS text)), location = coalesce(location, CAST(:location AS text)),"
        " groups = ARRAY(SELECT DISTINCT unnest(groups || CAST(:groups AS text[])) ORDER BY 1),"
        " programs = ARRAY(SELECT DISTINCT unnest(programs || CAST(:programs AS text[])) ORDER BY 1),"
        " hire_date = least(hire_date, CAST(:hire_date AS date)),"
        " birth_year = coalesce(birth_year, CAST(:birth_year AS smallint)),"
        " birth_month = CASE WHEN birth_month IS NULL THEN CAST(:birth_month AS smallint) ELSE birth_month END,"
        " birth_day = CASE WHEN birth_month IS NULL THEN CAST(:birth_day AS smallint) ELSE birth_day END,"
        " attributes = :attributes || attributes WHERE workspace_id = :workspace_id AND member_id = :older"
    ).bindparams(bindparam("attributes", type_=JSONB)),
    text("DELETE FROM profile WHERE workspace_id = :workspace_id AND member_id = :younger AND email IS NULL"),
)

_MOVE = (
    text(
        "UPDATE identity SET member_id = :older, linked_at = clock_timestamp()"
        " WHERE workspace_id = :workspace_id AND member_id = :younger"
    ),
    text("UPDATE conversation SET member_id = :older WHERE workspace_id = :workspace_id AND member_id = :younger"),
    text(
        "UPDATE member SET manager_id = nullif(:older, id)"
        " WHERE workspace_id = :workspace_id AND manager_id = :younger AND id <> :younger"
    ),
    text("UPDATE member SET merged_into = :older WHERE workspace_id = :workspace_id AND merged_into = :younger"),
    text(
        "UPDATE member SET roles = ARRAY(SELECT DISTINCT unnest(member.roles || gone.roles) ORDER BY 1),"
        " manager_id = coalesce(member.manager_id, nullif(gone.manager_id, member.id)),"
        " is_provisional = member.is_provisional AND gone.is_provisional,"
        " hides_rank = member.hides_rank OR gone.hides_rank FROM member AS gone"
        " WHERE member.workspace_id = :workspace_id AND member.id = :older"
        " AND gone.workspace_id = :workspace_id AND gone.id = :younger"
    ),
    text(
        "UPDATE member SET merged_into = :older, manager_id = NULL WHERE workspace_id = :workspace_id AND id = :younger"
    ),
)


async def lock(session: AsyncSession, member_ids: list[int], *, workspace_id: int) -> list[tuple[int, str, int | None]]:
    """Let nobody enrol or merge until the end of the transaction; (id, status, merged_into) of the members, the oldest first."""
    await hold_enrolments(session, workspace_id=workspace_id)
    rows = await session.execute(_LOCK, {"workspace_id": workspace_id, "members": member_ids})
    return [(row.id, row.status, row.merged_into) for row in rows]


async def merge(session: AsyncSession, *, workspace_id: int, younger: int, older: int) -> None:
    """The younger's accounts on platforms, private chats, roles and reports are the older's; what the older's personal row
    lacks is taken from the younger's, of which at most a second address stays."""
    values = {"workspace_id": workspace_id, "younger": younger, "older": older}
    free, fill, forget = _PROFILE
    kept = (await session.execute(free, values)).mappings().first()
    if kept is not None:
        await session.execute(fill, {**values, **kept})
        await session.execute(forget, values)
    for statement in _MOVE:
        await session.execute(statement, values)
