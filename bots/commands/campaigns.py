"""`/campaigns ["Name"]`: what is under way, and who stands; and `/admin campaign …`, which opens, moves and ends them."""

from collections.abc import Mapping

from bots.chat import Audience, Manner, Reply
from bots.commands.nominate import about, nominee_of
from bots.turn import Run, Turn
from core.errors import Refusal
from core.nominations import advancing, choosing, closing, nominating, queries, service, standing
from core.nominations.models import NOMINATION, OPEN, VOTING, Campaign
from core.tokens import Closed


class CampaignActionUnknown(Refusal):
    """Neither open, next, cancel, add, remove nor tie."""

    code = "campaign_action_unknown"


async def run(turn: Turn) -> Reply:
    name = turn.command.quoted or turn.command.text
    if not name:
        return Reply("campaigns", {"reader": turn.member.member_id}, Audience.QUIET)
    campaign = await choosing.open_one(turn.session, name, workspace_id=turn.workspace.id, states=OPEN)
    return _candidates(turn, campaign.id, 1, Manner.POST)


async def show(turn: Turn) -> Reply:
    """A page of those who stand. On the public card the first page is a message of the presser's own; the rest is turned in
    place."""
    assert turn.press is not None
    is_page = turn.press.member_id is not None
    return _candidates(turn, turn.press.object_id, int(turn.press.argument), Manner.EDIT if is_page else Manner.POST)


def _candidates(turn: Turn, campaign_id: int, page: int, manner: Manner) -> Reply:
    reference = {"campaign": campaign_id, "page": page, "reader": turn.member.member_id}
    return Reply("candidates", reference, Audience.PRIVATE, manner)


async def administer(turn: Turn) -> Reply:
    """`/admin campaign open|next|cancel|add|remove|tie`. Raises CampaignRoleMissing and what the services raise."""
    service.check_organiser(turn.member)
    action = turn.command.subverb.partition(" ")[2]
    if action not in ACTIONS:
        raise CampaignActionUnknown
    reply = await ACTIONS[action](turn)
    assert reply is not None
    return reply


async def _open(turn: Turn) -> Reply:
    name = turn.command.quoted or turn.command.text
    badge = await choosing.badge_named(turn.session, name, workspace_id=turn.workspace.id)
    campaign = await service.open_campaign(
        turn.session,
        workspace=turn.workspace,
        badge=badge,
        actor=turn.member,
        conversation_id=turn.conversation.id or None,
        now=turn.now,
    )
    return _moved(turn, campaign)


async def _next(turn: Turn) -> Reply:
    campaign = await _named(turn, OPEN, turn.command.quoted or turn.command.text)
    return _moved(
        turn,
        await advancing.move_on(
            turn.session, workspace=turn.workspace, campaign_id=campaign.id, actor=turn.member, now=turn.now
        ),
    )


async def _cancel(turn: Turn) -> Reply:
    campaign = await _named(turn, OPEN, turn.command.quoted)
    ended = await service.cancel(
        turn.session,
        workspace=turn.workspace,
        campaign_id=campaign.id,
        actor=turn.member,
        reason=turn.command.text,
        now=turn.now,
    )
    return _moved(turn, ended)


async def _add(turn: Turn) -> Reply:
    nominee = nominee_of(turn)
    campaign = await _named(turn, (NOMINATION,), turn.command.quoted)
    await nominating.put_on_list(
        turn.session,
        workspace=turn.workspace,
        campaign_id=campaign.id,
        actor=turn.member,
        nominee=nominee,
        reason=turn.command.text,
    )
    return await about(turn, "listed", campaign, nominee.member_id)


async def _remove(turn: Turn) -> Reply:
    nominee = nominee_of(turn)
    campaign = await _named(turn, (NOMINATION, VOTING), turn.command.quoted)
    candidacy = await queries.candidacy_of(turn.session, campaign, nominee.member_id)
    if candidacy is None:
        raise standing.NotStanding
    await standing.remove(
        turn.session,
        workspace=turn.workspace,
        candidacy_id=candidacy.id,
        actor=turn.member,
        reason=turn.command.text,
    )
    return await about(turn, "removed", campaign, nominee.member_id)


async def _tie(turn: Turn) -> Reply:
    nominee = nominee_of(turn)
    campaign = await choosing.tied_one(turn.session, turn.command.quoted, workspace_id=turn.workspace.id)
    return await _decided(turn, campaign.id, nominee.member_id, Manner.POST)


async def decide(turn: Turn) -> Reply:
    """The button of the notice of a tie."""
    assert turn.press is not None
    candidacy = await queries.get_candidacy(turn.session, turn.press.object_id, workspace_id=turn.workspace.id)
    if candidacy is None:
        raise Closed
    return await _decided(turn, candidacy.campaign_id, candidacy.member_id, Manner.EDIT)


async def _decided(turn: Turn, campaign_id: int, member_id: int, manner: Manner) -> Reply:
    campaign = await closing.break_tie(
        turn.session,
        workspace=turn.workspace,
        campaign_id=campaign_id,
        actor=turn.member,
        member_id=member_id,
        now=turn.now,
    )
    return Reply("results", {"campaign": campaign.id, "reader": turn.member.member_id}, Audience.PRIVATE, manner)


async def _named(turn: Turn, states: tuple[str, ...], name: str) -> Campaign:
    return await choosing.open_one(turn.session, name, workspace_id=turn.workspace.id, states=states)


def _moved(turn: Turn, campaign: Campaign) -> Reply:
    """Where it is now, for who moved it; everybody sees it on the public card."""
    return _candidates(turn, campaign.id, 1, Manner.POST)


ACTIONS: Mapping[str, Run] = {
    "open": _open,
    "next": _next,
    "cancel": _cancel,
    "add": _add,
    "remove": _remove,
    "tie": _tie,
}
