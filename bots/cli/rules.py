"""`plaudit badges plan`: whom rules would award what. `plaudit why`: which rule holds for somebody, and which does not."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from bots import functions as own_functions
from bots.cli.admins import found_person
from bots.cli.edge import FOUND, GOOD, CalledWrongly, workspace_named
from bots.cli.screen import busy, say, show
from cards import reasons
from cards.refusals import sentence
from cards.words import plain, words_for
from core.badges import queries
from core.badges.definition.findings import nearest
from core.badges.definition.kinds import BY_RULE
from core.badges.models import Badge
from core.database import Sessions
from core.errors import Refusal
from core.people import queries as people
from core.rules import planning
from core.rules import why as asking
from core.rules.planning import Plan

STATEMENT_SECONDS = 120
_WORDS = words_for("en")


async def plan(
    sessions: Sessions, badge: str | None, *, functions: Path | None, shows_query: bool, workspace: str | None
) -> int:
    own_functions.load(functions)
    workspace_id = await workspace_named(sessions, workspace)
    plans: list[Plan] = []
    async with sessions.begin(workspace_id, statement_seconds=STATEMENT_SECONDS) as (session, now):
        home = await people.workspace(session, workspace_id)
        for each in await _badges(session, badge, workspace_id):
            with busy(f"Looking at {each.name}"):
                plans.append(await planning.plan(session, each, workspace=home, now=now, shows_query=shows_query))
    if not plans:
        say("There is no badge that rules award; import one with `plaudit import badges`.")
        return GOOD
    _report(plans)
    return GOOD


async def _badges(session: AsyncSession, wanted: str | None, workspace_id: int) -> Sequence[Badge]:
    """The badge that was named, else all that rules award. Raises CalledWrongly."""
    listed = await queries.list_badges(session, workspace_id=workspace_id)
    if wanted is None:
        return [badge for badge in listed if badge.kind in BY_RULE]
    fitting = [badge for badge in listed if wanted.strip().casefold() in {str(badge.reward_id), badge.name.casefold()}]
    if fitting:
        return fitting
    close = nearest(wanted.casefold(), {badge.name.casefold(): badge for badge in listed})
    known = next((badge.name for badge in listed if badge.name.casefold() == close), "")
    hint = f"; did you mean {known}?" if known else "; see what there is with `plaudit badges plan`"
    raise CalledWrongly(f"{wanted} names no badge that is enabled{hint}")


def _report(plans: Sequence[Plan]) -> None:
    show(
        ("Badge", "Reward id", "Would be awarded", "Why not"),
        [(each.badge.name, str(each.badge.reward_id), str(each.count), _why_not(each)) for each in plans],
    )
    for each in plans:
        if each.examples:
            say(
                f"{each.badge.name}{', drawn by lot when it is due; these take part and might win' if each.is_drawn else ''}:"
            )
        for example in each.examples:
            told = "; ".join(reasons.reason(_WORDS, rule) for rule in example.rules)
            say(f"  {example.name} ({example.member_id}){': ' if told else ''}{told}")
        if each.count > len(each.examples):
            say(f"  … and {each.count - len(each.examples)} more")
        for line in each.query:
            say(f"  | {line}")
    say("Nothing was awarded: this is a plan.")


def _why_not(each: Plan) -> str:
    if each.refused is not None:
        return _told(each.refused)
    return "chosen already in this period" if each.is_done else ""


def _told(refused: Refusal) -> str:
    return plain(sentence(_WORDS, refused.code, refused.details))


async def why(sessions: Sessions, member: str, badge: str, *, functions: Path | None, workspace: str | None) -> int:
    own_functions.load(functions)
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(workspace_id, statement_seconds=STATEMENT_SECONDS) as (session, now):
        home = await people.workspace(session, workspace_id)
        person = await found_person(session, member.strip(), workspace_id)
        if person is None:
            raise CalledWrongly(f"nobody is known as {member}; name them by e-mail address, id, or platform:tenant:id")
        chosen = (await _badges(session, badge, workspace_id))[0]
        answer = await asking.ask(session, chosen, workspace=home, member=person, now=now)
    say(f"{chosen.name} ({chosen.reward_id}), {person.name} ({person.member_id}):")
    for line in reasons.bullets(_WORDS, [(verdict.holds, verdict.told) for verdict in answer.verdicts]):
        say(f"  {line}")
    for obstacle in answer.obstacles:
        say(f"  ✗ {_told(obstacle)}")
    if not answer.verdicts and chosen.kind not in BY_RULE:
        say("  No rule awards this badge.")
    if answer.is_open:
        say("Nothing stands in the way.")
    return GOOD if answer.is_open else FOUND
