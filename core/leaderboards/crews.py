"""Groups whose members are ranked among themselves: found by the name that somebody typed."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Refusal
from core.leaderboards.asking import CHANNEL, Crew
from core.people.models import Conversation

NAMES_READ_MAX = 1000
NAMES_TOLD_MAX = 5


class CrewUnknown(Refusal):
    """Nobody is in a group of that name: `typed`, and the `known` names nearest to it."""

    code = "crew_unknown"


class CrewUnnamed(Refusal):
    """A kind of group without a name, by somebody who is in none or in several: `typed`, and some that are `known`."""

    code = "crew_unnamed"


class CrewsMissing(Refusal):
    """The workspace knows no group of this kind at all."""

    code = "crews_missing"


class ChannelMissing(Refusal):
    """A private chat is no channel."""

    code = "channel_missing"


# Distinct values one by one from the index: as many steps as there are departments, however many people are in them.
_NAMES_OF_COLUMN = """
WITH RECURSIVE found AS (
    SELECT min({column}) AS name FROM profile WHERE workspace_id = :workspace_id AND {column} IS NOT NULL
    UNION ALL
    SELECT (SELECT min({column}) FROM profile WHERE workspace_id = :workspace_id AND {column} > found.name)
    FROM found WHERE found.name IS NOT NULL
)
SELECT name FROM found WHERE name IS NOT NULL LIMIT :limit
"""
_NAMES_OF_LIST = (
    "SELECT DISTINCT unnest({column}) AS name FROM profile WHERE workspace_id = :workspace_id ORDER BY 1 LIMIT :limit"
)
_IS_COLUMN = "EXISTS (SELECT FROM profile WHERE workspace_id = :workspace_id AND {column} = :name)"
_IS_IN_LIST = (
    "EXISTS (SELECT FROM profile WHERE workspace_id = :workspace_id AND {column} @> ARRAY[CAST(:name AS text)])"
)
_COLUMNS: Mapping[str, str] = {"department": "department", "location": "location", "job": "job_code"}
_LISTS: Mapping[str, str] = {"team": "groups", "program": "programs"}


def _each(of_column: str, of_list: str) -> Mapping[str, TextClause]:
    """A statement for each kind of group that stands in members' rows."""
    columns = {kind: text(of_column.format(column=column)) for kind, column in _COLUMNS.items()}
    return {**columns, **{kind: text(of_list.format(column=column)) for kind, column in _LISTS.items()}}


_NAMES = _each(_NAMES_OF_COLUMN, _NAMES_OF_LIST)
_IS_KNOWN = _each(f"SELECT {_IS_COLUMN}", f"SELECT {_IS_IN_LIST}")
_OF_MEMBER = " FROM profile WHERE workspace_id = :workspace_id AND member_id = :member_id"
_OWN = _each(f"SELECT {{column}} AS name{_OF_MEMBER}", f"SELECT unnest({{column}}) AS name{_OF_MEMBER} ORDER BY 1")


async def find(
    session: AsyncSession, *, workspace_id: int, kind: str, name: str, typed: str, member_id: int, place: Conversation
) -> Crew:
    """The group of a kind (see asking.CREWS) that a name means; without a name one's own, or the conversation it is asked in.

    `typed` is what to repeat where there is none. Raises the Refusals above.
    """
    if kind == CHANNEL:
        if place.kind == "personal":
            raise ChannelMissing
        return Crew(CHANNEL, str(place.id))
    values = {"workspace_id": workspace_id}
    if name and await session.scalar(_IS_KNOWN[kind], {**values, "name": name}):
        return Crew(kind, name)
    own = await _names(session, _OWN[kind], {**values, "member_id": member_id})
    if not name and len(own) == 1:
        return Crew(kind, own[0])
    names = await _names(session, _NAMES[kind], {**values, "limit": NAMES_READ_MAX})
    if not names:
        raise CrewsMissing(typed=typed)
    if not name:
        raise CrewUnnamed(typed=typed, known=", ".join((own or names)[:NAMES_TOLD_MAX]))
    meant = next((known for known in names if known.casefold() == name.casefold()), None)
    if meant is None:
        raise CrewUnknown(typed=typed, known=", ".join(_nearest(name, names)))
    return Crew(kind, meant)


async def _names(session: AsyncSession, statement: TextClause, values: Mapping[str, object]) -> list[str]:
    return [name for name in (await session.execute(statement, values)).scalars() if name]


def _nearest(typed: str, names: Sequence[str]) -> list[str]:
    def likeness(name: str) -> float:
        return -SequenceMatcher(None, typed.casefold(), name.casefold()).ratio()

    return sorted(names, key=likeness)[:NAMES_TOLD_MAX]
