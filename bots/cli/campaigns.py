"""What `plaudit campaign` does: list, record, recount."""

import json
from collections.abc import Sequence
from pathlib import Path

from bots.cli.edge import FOUND, GOOD, CalledWrongly, workspace_named
from bots.cli.screen import say, show
from core.database import Sessions
from core.nominations import queries, records, recount
from core.nominations.models import CLOSED, Campaign


async def list_campaigns(sessions: Sessions, *, workspace: str | None) -> int:
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(workspace_id) as (session, _):
        found = [
            *await queries.list_open(session, workspace_id=workspace_id),
            *await queries.list_ended(session, workspace_id=workspace_id),
        ]
        rows = [_row(each, await queries.turnout(session, each)) for each in found]
    if not rows:
        say("There is no campaign yet; an admin opens one in a chat with /admin campaign open.")
        return GOOD
    show(("Number", "Campaign", "State", "Voting ends", "Turnout"), rows)
    return GOOD


def _row(campaign: Campaign, turnout: queries.Turnout) -> Sequence[str]:
    state = campaign.state if campaign.outcome is None else f"{campaign.state}, {campaign.outcome}"
    ends = campaign.voting_end_at.isoformat(" ", "minutes")
    return (str(campaign.id), campaign.name, state, ends, f"{turnout.ballots} of {turnout.electorate}")


async def write_record(sessions: Sessions, campaign_id: int, *, path: Path | None, workspace: str | None) -> int:
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(workspace_id) as (session, _):
        campaign = await queries.get(session, campaign_id, workspace_id=workspace_id)
        if campaign is None:
            raise CalledWrongly(f"there is no campaign {campaign_id}; `plaudit campaign list` shows their numbers")
        if campaign.state != CLOSED:
            raise CalledWrongly(
                f"campaign {campaign_id} is not closed ({campaign.state}); its record is made at the close"
            )
        made = {**await records.record(session, campaign), "names": await records.names(session, campaign)}
        sealed = campaign.record_digest.hex() if campaign.record_digest else ""
    _write(json.dumps(made, indent=1, ensure_ascii=False), path)
    if path is not None:
        say(f"{path}: {len(made['ballots'])} ballots, SHA-256 {made['digest']}")
    return _held_against(made["digest"], sealed)


def _write(told: str, path: Path | None) -> None:
    if path is None:
        say(told)
    else:
        path.write_text(f"{told}\n", encoding="utf-8")


def _held_against(digest: str, sealed: str) -> int:
    if digest == sealed:
        return GOOD
    say(f"This is not what was sealed at the close: SHA-256 {sealed}. Somebody changed the votes, or who stood.")
    return FOUND


def verify(path: Path, receipts: Sequence[str]) -> int:
    try:
        told, is_good = recount.report(recount.read(path), receipts)
    except recount.RecordInvalid as error:
        raise CalledWrongly(str(error)) from None
    for line in told:
        say(line)
    return GOOD if is_good else FOUND
