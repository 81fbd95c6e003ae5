"""Types, categories and groups of badges: the words of a workspace, kept as entities."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges.models import Badge, BadgeTerm
from core.database import constraint
from core.errors import Refusal
from core.text import clean_name

TERMS_MAX = 1000
NAME_MAX = 200


class TermTaken(Refusal):
    """There is one of this kind and name already."""

    code = "badge_term_taken"


class TermGone(Refusal):
    code = "badge_term_gone"


class TermInUse(Refusal):
    """Badges are sorted by it: `count`."""

    code = "badge_term_in_use"


async def list_terms(session: AsyncSession, *, workspace_id: int, kind: str) -> Sequence[BadgeTerm]:
    rows = await session.scalars(
        select(BadgeTerm)
        .where(BadgeTerm.workspace_id == workspace_id, BadgeTerm.kind == kind)
        .order_by(BadgeTerm.name)
        .limit(TERMS_MAX)
    )
    return rows.all()


async def get(session: AsyncSession, term_id: int, *, workspace_id: int) -> BadgeTerm | None:
    found: BadgeTerm | None = await session.scalar(
        select(BadgeTerm).where(BadgeTerm.workspace_id == workspace_id, BadgeTerm.id == term_id)
    )
    return found


async def create(
    session: AsyncSession, *, workspace_id: int, kind: str, name: str, description: str = "", emoji: str = ""
) -> int:
    """A new term; its id. Raises TermTaken."""
    made = await session.scalar(
        insert(BadgeTerm)
        .values(
            workspace_id=workspace_id, kind=kind, name=clean_name(name, NAME_MAX), description=description, emoji=emoji
        )
        .on_conflict_do_nothing()
        .returning(BadgeTerm.id)
    )
    if made is None:
        raise TermTaken(kind=kind, name=name)
    return int(made)


async def ensure(
    session: AsyncSession, *, workspace_id: int, names: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], int]:
    """The ids of terms by (kind, name); those that are missing are made."""
    wanted = sorted(set(names))
    if wanted:
        rows = [{"workspace_id": workspace_id, "kind": kind, "name": name} for kind, name in wanted]
        await session.execute(insert(BadgeTerm).values(rows).on_conflict_do_nothing())
    return await ids(session, workspace_id=workspace_id)


async def ids(session: AsyncSession, *, workspace_id: int) -> Mapping[tuple[str, str], int]:
    rows = await session.execute(
        select(BadgeTerm.kind, BadgeTerm.name, BadgeTerm.id).where(BadgeTerm.workspace_id == workspace_id)
    )
    return {(row.kind, row.name): row.id for row in rows}


_FIELDS = {"type": "reward_type", "category": "reward_category", "group": "reward_group"}
_RENAME_IN_DEFINITIONS = text(
    "UPDATE badge SET definition = jsonb_set(definition, ARRAY[CAST(:field AS text)], to_jsonb(CAST(:name AS text))),"
    " changed_at = now() WHERE workspace_id = :workspace_id AND :term_id IN (type_id, category_id, group_id)"
)


async def change(
    session: AsyncSession, term_id: int, *, workspace_id: int, name: str, description: str, emoji: str
) -> None:
    """Other words for a term; badges sorted by it follow. Raises TermGone, TermTaken."""
    cleaned = clean_name(name, NAME_MAX)
    try:
        async with session.begin_nested():
            kind = await session.scalar(
                update(BadgeTerm)
                .where(BadgeTerm.workspace_id == workspace_id, BadgeTerm.id == term_id)
                .values(name=cleaned, description=description, emoji=emoji)
                .returning(BadgeTerm.kind)
            )
    except IntegrityError as error:
        if constraint(error) != "uq_badge_term_name":
            raise
        raise TermTaken(name=name) from None
    if kind is None:
        raise TermGone
    values = {"workspace_id": workspace_id, "term_id": term_id, "field": _FIELDS[kind], "name": cleaned}
    await session.execute(_RENAME_IN_DEFINITIONS, values)


async def remove(session: AsyncSession, term_id: int, *, workspace_id: int) -> None:
    """Raises TermGone, TermInUse."""
    of_term = or_(Badge.type_id == term_id, Badge.category_id == term_id, Badge.group_id == term_id)
    used = (
        await session.scalars(select(Badge.id).where(Badge.workspace_id == workspace_id, of_term).limit(TERMS_MAX))
    ).all()
    if used:
        raise TermInUse(count=len(used))
    gone = await session.scalar(
        delete(BadgeTerm).where(BadgeTerm.workspace_id == workspace_id, BadgeTerm.id == term_id).returning(BadgeTerm.id)
    )
    if gone is None:
        raise TermGone
