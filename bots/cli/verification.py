"""`plaudit verify`: the books, recomputed."""

from bots.cli.edge import FOUND, GOOD
from bots.cli.screen import progress, say, show
from bots.settings import Settings
from core.database import Sessions
from core.nominations.verify import CHECKS
from core.points.verify import STATEMENT_SECONDS, Outcome, examine


async def verify(_: Settings, sessions: Sessions) -> int:
    outcomes = []
    with progress("Verifying", len(CHECKS)) as bar:
        for check in CHECKS:
            # A transaction each: none is held open for minutes.
            async with sessions.begin(role="ops", statement_seconds=STATEMENT_SECONDS) as (session, _now):
                outcomes.append(await examine(session, check))
            bar.advance()
    return _report(outcomes)


def _report(outcomes: list[Outcome]) -> int:
    wrong = [outcome for outcome in outcomes if outcome.faults]
    if not wrong:
        say(f"All {len(outcomes)} checks hold.")
        return GOOD
    findings = [finding for outcome in wrong for finding in outcome.findings]
    show(
        ("Code", "Workspace", "What", "Expected", "Found"),
        [(each.code, str(each.workspace_id), each.ids, each.expected, each.found) for each in findings],
    )
    show(
        ("Check", "Faults"),
        [(f"{outcome.check.code}: {outcome.check.about}", str(outcome.faults)) for outcome in wrong],
    )
    total = sum(outcome.faults for outcome in wrong)
    hidden = total - len(findings)
    say(
        f"Faults: {total}, in {len(wrong)} of {len(outcomes)} checks"
        + (f"; {hidden} are not shown." if hidden else ".")
    )
    return FOUND
