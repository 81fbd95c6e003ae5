"""What a file of definitions would change in a workspace, and the writing of it: all of it or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import terms
from core.badges.definition.findings import Fault, below, nearest
from core.badges.definition.model import Definition
from core.badges.definition.reading import Read
from core.badges.models import CATEGORY, GROUP, TYPE

Term = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A badge that is there and would be another. `fields` are the names of what changes."""

    definition: Definition
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Nothing may be written while there are `faults`. `terms` are those the import makes, as (kind, name)."""

    workspace_id: int
    new: tuple[Definition, ...]
    changed: tuple[Change, ...]
    unchanged: int
    terms: tuple[Term, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


class HasFaults(Exception):
    """A plan with faults is never written, not even in part."""


_HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended('badges', :workspace_id))")
_KNOWN = text("SELECT reward_id, definition FROM badge WHERE workspace_id = :workspace_id AND reward_id = ANY(:ids)")

_WRITE = text("""
INSERT INTO badge (workspace_id, reward_id, name, kind, type_id, category_id, group_id, points, rarity, is_secret, is_enabled, definition)
SELECT :workspace_id, reward_id, name, kind, type_id, category_id, group_id, points, rarity, is_secret, is_enabled, definition
FROM jsonb_to_recordset(:rows) AS given(reward_id bigint, name text, kind text, type_id bigint, category_id bigint, group_id bigint,
    points bigint, rarity text, is_secret boolean, is_enabled boolean, definition jsonb)
ON CONFLICT (workspace_id, reward_id) DO UPDATE SET
    name = excluded.name, kind = excluded.kind, type_id = excluded.type_id, category_id = excluded.category_id,
    group_id = excluded.group_id, points = excluded.points, rarity = excluded.rarity, is_secret = excluded.is_secret,
    is_enabled = excluded.is_enabled, definition = excluded.definition, changed_at = now()
""").bindparams(bindparam("rows", type_=JSONB))


async def hold(session: AsyncSession, *, workspace_id: int) -> None:
    """Keep other imports waiting until the end of the transaction; to be called before the plan that will be applied."""
    await session.execute(_HOLD, {"workspace_id": workspace_id})


async def plan(session: AsyncSession, read: Read, *, workspace_id: int, is_strict: bool = False) -> Plan:
    """Compare definitions with the workspace. `is_strict`: types, categories and groups that are missing are faults."""
    values = {"workspace_id": workspace_id, "ids": [each.reward_id for each in read.definitions]}
    known = {row.reward_id: row.definition for row in await session.execute(_KNOWN, values)}
    there = await terms.ids(session, workspace_id=workspace_id)
    wanted = {term: each.reward_id for each in reversed(read.definitions) for term in terms_of(each)}
    missing = tuple(sorted(set(wanted) - set(there)))
    faults = [_missing(term, read.paths[wanted[term]], there) for term in missing] if is_strict else []
    changes = [
        Change(each, fields)
        for each in read.definitions
        if each.reward_id in known and (fields := _differences(known[each.reward_id], each))
    ]
    new = tuple(each for each in read.definitions if each.reward_id not in known)
    return Plan(
        workspace_id=workspace_id,
        new=new,
        changed=tuple(changes),
        unchanged=len(read.definitions) - len(new) - len(changes),
        terms=missing,
        faults=(*read.faults, *faults),
        warnings=read.warnings,
    )


def terms_of(definition: Definition) -> list[Term]:
    named = ((TYPE, definition.reward_type), (CATEGORY, definition.reward_category), (GROUP, definition.reward_group))
    return [(kind, name) for kind, name in named if name is not None]


def _missing(term: Term, path: str, there: Mapping[Term, int]) -> Fault:
    kind, name = term
    close = nearest(name, [known for of, known in there if of == kind])
    return Fault(below(path, f"reward_{kind}"), "term_missing", {"kind": kind, "found": name, "nearest": close})


def stored(definition: Definition) -> dict[str, Any]:
    """A definition as its row keeps it: JSON, what is not set left out."""
    return definition.model_dump(mode="json", exclude_none=True)


def _differences(known: Mapping[str, Any], definition: Definition) -> tuple[str, ...]:
    given = stored(definition)
    return tuple(sorted(field for field in {*known, *given} if known.get(field) != given.get(field)))


async def apply(session: AsyncSession, plan: Plan) -> None:
    """Write what the plan says. Raises HasFaults."""
    if plan.faults:
        raise HasFaults
    definitions = [*plan.new, *(change.definition for change in plan.changed)]
    if not definitions:
        return
    names = [term for each in definitions for term in terms_of(each)]
    ids = await terms.ensure(session, workspace_id=plan.workspace_id, names=names)
    rows = [_row(each, ids) for each in definitions]
    await session.execute(_WRITE, {"workspace_id": plan.workspace_id, "rows": rows})


def _row(definition: Definition, ids: Mapping[Term, int]) -> Mapping[str, Any]:
    return {
        "reward_id": definition.reward_id,
        "name": definition.reward,
        "kind": definition.kind,
        "type_id": ids[TYPE, definition.reward_type],
        "category_id": ids.get((CATEGORY, definition.reward_category or "")),
        "group_id": ids.get((GROUP, definition.reward_group or "")),
        "points": definition.points,
        "rarity": definition.rarity,
        "is_secret": definition.is_secret,
        "is_enabled": definition.is_enabled,
        "definition": stored(definition),
    }


def of(badges: Sequence[Definition]) -> Read:
    """Definitions that are whole already, as a pack of them is."""
    return Read(tuple(badges), (), (), {each.reward_id: "$" for each in badges})
