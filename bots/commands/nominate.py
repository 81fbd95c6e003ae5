"""`/nominate @ana "Campaign" because …`, its form, `withdraw`, `decline` and `comment`, and the buttons of what it answers."""

from bots import forms
from bots.chat import Audience, Manner, Pressed, Reply
from bots.commands.kudos import UnknownPerson
from bots.turn import Turn
from cards.ballots import CAMPAIGN, REASON
from core.errors import Refusal
from core.nominations import choosing, comments, nominating, queries, standing
from core.nominations.models import NOMINATION, OPEN, VOTING, Campaign, Candidacy
from core.nominations.nominating import Nominated
from core.people.queries import Person

FORM = forms.Form(
    "nominate_form",
    {
        "nomination_reason_missing": REASON,
        "nomination_reason_too_long": REASON,
        "campaign_none": CAMPAIGN,
        "campaign_gone": CAMPAIGN,
        "campaign_unnamed": CAMPAIGN,
        "nominations_closed": CAMPAIGN,
        "nominations_not_open": CAMPAIGN,
        "nominations_used_up": CAMPAIGN,
        "nominator_not_eligible": CAMPAIGN,
    },
)


class NomineeMissing(Refusal):
    code = "nominee_missing"


class NomineeSeveral(Refusal):
    """A nomination is for one: `count` were named."""

    code = "nominee_several"


async def run(turn: Turn) -> Reply:
    match turn.command.subverb:
        case "withdraw":
            return await _withdraw(turn)
        case "decline":
            return await _decline(turn)
        case "comment":
            return await _comment(turn)
    if turn.command.is_bare:
        return form(turn)
    nominee = nominee_of(turn)
    campaign = await _open(turn, (NOMINATION,))
    return await _nominate(turn, campaign.id, nominee, turn.command.text, Manner.POST)


def nominee_of(turn: Turn) -> Person:
    """The one person whom a command names. Raises UnknownPerson, NomineeMissing, NomineeSeveral."""
    if turn.command.typed:
        raise UnknownPerson(name=turn.command.typed[0])
    accounts = turn.command.receivers
    if not accounts and not turn.command.subverb:
        accounts = forms.answered(turn)
    people = {turn.person(account).member_id: turn.person(account) for account in accounts}
    if not people:
        raise NomineeMissing
    if len(people) > 1:
        raise NomineeSeveral(count=len(people))
    return next(iter(people.values()))


async def _open(turn: Turn, states: tuple[str, ...]) -> Campaign:
    return await choosing.open_one(turn.session, turn.command.quoted, workspace_id=turn.workspace.id, states=states)


async def _nominate(turn: Turn, campaign_id: int, nominee: Person, reason: str, manner: Manner) -> Reply:
    made: Nominated = await nominating.nominate(
        turn.session,
        workspace=turn.workspace,
        campaign_id=campaign_id,
        nominator=turn.member,
        nominee=nominee,
        reason=reason,
    )
    reference = {"candidacy": made.candidacy_id, "reader": turn.member.member_id, "left": made.left}
    return Reply("nominated", reference, Audience.PRIVATE, manner)


def form(turn: Turn) -> Reply:
    """The form; asked for by a button, with that campaign chosen."""
    opened = forms.opened(turn, FORM.kind, accounts=forms.answered(turn))
    place = turn.press.object_id if turn.press else 0
    return Reply(opened.kind, {**opened.reference, "place": place}, opened.audience, opened.manner)


async def send(turn: Turn) -> Reply:
    """The form is filled in."""
    act = turn.incoming.act
    assert isinstance(act, Pressed)
    chosen = forms.chosen(turn)
    if not chosen:
        raise NomineeMissing
    if len(chosen) > 1:
        raise NomineeSeveral(count=len(chosen))
    value = act.inputs.get(CAMPAIGN, "")
    campaign_id = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
    return await _nominate(turn, campaign_id, chosen[0], act.inputs.get(REASON, ""), Manner.EDIT)


async def _withdraw(turn: Turn) -> Reply:
    nominee = nominee_of(turn)
    campaign = await _open(turn, (NOMINATION,))
    return await _taken_back(turn, campaign, nominee.member_id, Manner.POST)


async def withdraw(turn: Turn) -> Reply:
    """The button of the receipt."""
    assert turn.press is not None
    candidacy = await _pressed(turn)
    campaign = await queries.get(turn.session, candidacy.campaign_id, workspace_id=turn.workspace.id)
    assert campaign is not None
    return await _taken_back(turn, campaign, candidacy.member_id, Manner.EDIT)


async def _taken_back(turn: Turn, campaign: Campaign, nominee_id: int, manner: Manner) -> Reply:
    await standing.withdraw(
        turn.session,
        workspace=turn.workspace,
        campaign_id=campaign.id,
        nominator=turn.member,
        nominee_id=nominee_id,
        now=turn.now,
    )
    return await about(turn, "withdrawn", campaign, nominee_id, manner)


async def about(turn: Turn, what: str, campaign: Campaign, nominee_id: int, manner: Manner = Manner.POST) -> Reply:
    """What happened to a nominee, told to who did it."""
    candidacy = await queries.candidacy_of(turn.session, campaign, nominee_id)
    assert candidacy is not None
    reference = {"candidacy": candidacy.id, "what": what, "reader": turn.member.member_id}
    return Reply("nominee", reference, Audience.PRIVATE, manner)


async def _decline(turn: Turn) -> Reply:
    campaign = await _open(turn, (NOMINATION, VOTING))
    candidacy = await queries.candidacy_of(turn.session, campaign, turn.member.member_id)
    if candidacy is None:
        raise standing.NotStanding
    return await _declined(turn, candidacy.id, Manner.POST)


async def decline(turn: Turn) -> Reply:
    """The button of the notice."""
    return await _declined(turn, (await _pressed(turn)).id, Manner.EDIT)


async def _declined(turn: Turn, candidacy_id: int, manner: Manner) -> Reply:
    campaign = await standing.decline(
        turn.session, workspace=turn.workspace, candidacy_id=candidacy_id, member=turn.member
    )
    reference = {"campaign": campaign.id, "reader": turn.member.member_id}
    return Reply("nomination_declined", reference, Audience.PRIVATE, manner)


async def _pressed(turn: Turn) -> Candidacy:
    assert turn.press is not None
    found = await queries.get_candidacy(turn.session, turn.press.object_id, workspace_id=turn.workspace.id)
    if found is None:
        raise standing.NotStanding
    return found


async def _comment(turn: Turn) -> Reply:
    nominee = nominee_of(turn)
    campaign = await _open(turn, OPEN)
    candidacy = await queries.candidacy_of(turn.session, campaign, nominee.member_id)
    if candidacy is None:
        raise standing.NotStanding
    await comments.comment(
        turn.session,
        workspace=turn.workspace,
        candidacy_id=candidacy.id,
        member=turn.member,
        words=turn.command.text,
    )
    return await about(turn, "commented", campaign, nominee.member_id)
