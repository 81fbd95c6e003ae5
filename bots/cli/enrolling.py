"""What `plaudit journeys enroll` does: find the journey, let the cohort set out, say who did."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from bots import functions as own_functions
from bots.cli.edge import GOOD, CalledWrongly, workspace_named
from bots.cli.screen import busy, say
from cards.refusals import sentence
from cards.words import ENGLISH, plain, words_for
from core.badges.definition.people import Entry
from core.badges.models import Badge
from core.database import Sessions
from core.errors import Refusal
from core.journeys import queries, service
from core.people import queries as people

STATEMENT_SECONDS = 300
NAMED_MAX = 10
LISTED_MAX = 20


async def enroll(
    sessions: Sessions,
    named: str,
    chosen: Mapping[str, tuple[str, ...]],
    *,
    everybody: bool,
    is_dry_run: bool,
    workspace: str | None,
    functions: Path | None,
) -> int:
    """`chosen` are fields of an Entry. Raises CalledWrongly."""
    if bool(chosen) == everybody:
        raise CalledWrongly("say who is to set out: --department, --group, --job-code, --program, or --everybody alone")
    own_functions.load(functions)
    workspace_id = await workspace_named(sessions, workspace)
    entries = [Entry(**chosen)] if chosen else []
    async with sessions.begin(workspace_id, statement_seconds=STATEMENT_SECONDS) as (session, now):
        home = await people.workspace(session, workspace_id)
        badge = await _found(session, named, workspace_id)
        work = service.plan_cohort if is_dry_run else service.enrol_cohort
        try:
            with busy(f"Looking who may set out on {badge.name}"):
                made = await work(session, workspace=home, badge=badge, entries=entries, now=now)
        except Refusal as refusal:
            raise CalledWrongly(plain(sentence(words_for(ENGLISH), refusal.code, refusal.details))) from None
        known = await people.people(session, made.members[:NAMED_MAX], workspace_id=workspace_id)
    _tell(badge.name, made.many, sorted(person.name for person in known.values()), is_dry_run=is_dry_run)
    return GOOD


async def _found(session: AsyncSession, named: str, workspace_id: int) -> Badge:
    """The journey of a name or a reward_id. Raises CalledWrongly."""
    badges = [trail.badge for trail in await queries.trails(session, workspace_id=workspace_id)]
    wanted = named.strip().casefold()
    fitting = [badge for badge in badges if wanted in {badge.name.casefold(), str(badge.reward_id)}]
    if len(fitting) == 1:
        return fitting[0]
    if not badges:
        raise CalledWrongly("there is no journey that is enabled; bring one in with `plaudit import badges`")
    listed = ", ".join(f"{badge.reward_id} ({badge.name})" for badge in (fitting or badges)[:LISTED_MAX])
    problem = f"{named} names {'more than one journey' if fitting else 'no journey that is enabled'}"
    raise CalledWrongly(f"{problem}; write the reward_id of one of: {listed}")


def _tell(badge: str, many: int, names: Sequence[str], *, is_dry_run: bool) -> None:
    for name in names:
        say(f"  {name}")
    if many > len(names):
        say(f"  … and {many - len(names)} more")
    if is_dry_run:
        say(f"{many} would set out on {badge}. Nothing was written: leave out --dry-run to enroll them.")
        return
    say(f"{many} set out on {badge}. Whoever is on the way, or may not have the badge, was left out.")
