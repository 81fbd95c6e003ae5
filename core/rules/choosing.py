"""Rules that choose some of many choose once: who has the right to, and among whom a lottery is held."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.badges import service as badges
from core.badges.definition.rules import RandomUsers
from core.badges.models import Badge
from core.people.models import Member, Workspace
from core.rules.asking import Asked
from core.rules.candidates import Wanted, candidates
from core.rules.models import RuleRun


async def claim(session: AsyncSession, wanted: Wanted, asked: Asked) -> bool:
    """Whether this is the evaluation that chooses in this period or run; whoever else asks waits for it, and then does nothing."""
    if asked.members is not None:
        raise ValueError("rules that choose are evaluated for everybody")
    made = await session.execute(
        insert(RuleRun)
        .values(
            workspace_id=asked.workspace_id,
            badge_id=asked.badge_id,
            run=wanted.run,
            seed=asked.seed,
            at=asked.now,
        )
        .on_conflict_do_nothing()
        .returning(RuleRun.run)
    )
    return made.first() is not None


async def release(session: AsyncSession, wanted: Wanted, asked: Asked) -> None:
    """Nobody was chosen: somebody may be later on."""
    await session.execute(
        delete(RuleRun).where(
            RuleRun.workspace_id == asked.workspace_id,
            RuleRun.badge_id == asked.badge_id,
            RuleRun.run == wanted.run,
        )
    )


def among_others(badge: Badge, asked: Asked, *, workspace: Workspace, now: datetime) -> ColumnElement[bool] | None:
    """What the rules beside RandomUsers ask of a member who is to take part in a badge's lottery; None: nothing."""
    definition = badges.definition_of(badge)
    others = [rule for rule in definition.rules if not isinstance(rule, RandomUsers)]
    if not others:
        return None
    narrower = definition.model_copy(update={"rules": others})
    terms = badges.terms_of(definition, workspace, now, source="draw")
    found = candidates(Wanted(narrower, terms, "draw"), asked).subquery()
    return Member.id.in_(select(found.c.member_id))
