"""`/vote ["Campaign"]`, the ballot, `/vote withdraw`, and their buttons. All of it is seen by the voter alone."""

from bots import forms
from bots.chat import Audience, Manner, Pressed, Reply
from bots.turn import Turn
from cards.ballots import CHOICES
from core.nominations import choosing, voting
from core.nominations.models import VOTING

CHOICES_READ_MAX = 1000

FORM = forms.Form(
    "vote_form",
    dict.fromkeys(
        (
            "vote_no_choice",
            "vote_too_many",
            "vote_twice",
            "candidate_gone",
            "vote_for_oneself",
            "voted_already",
            "voting_closed",
            "voting_not_open",
            "voter_not_eligible",
            "nominee_barred",
            "manager_barred",
            "campaign_gone",
        ),
        CHOICES,
    ),
)


async def run(turn: Turn) -> Reply:
    name = turn.command.quoted or (turn.command.text if turn.command.subverb != "withdraw" else "")
    campaign = await choosing.open_one(turn.session, name, workspace_id=turn.workspace.id, states=(VOTING,))
    if turn.command.subverb == "withdraw":
        return await _take_back(turn, campaign.id, Manner.POST)
    await voting.check(turn.session, workspace=turn.workspace, campaign_id=campaign.id, voter=turn.member)
    return _ballot(turn, campaign.id)


async def form(turn: Turn) -> Reply:
    """The ballot of the campaign whose button was pressed."""
    assert turn.press is not None
    await voting.check(turn.session, workspace=turn.workspace, campaign_id=turn.press.object_id, voter=turn.member)
    return _ballot(turn, turn.press.object_id)


def _ballot(turn: Turn, campaign_id: int) -> Reply:
    opened = forms.opened(turn, FORM.kind)
    return Reply(opened.kind, {**opened.reference, "place": campaign_id}, Audience.PRIVATE, Manner.FORM)


async def send(turn: Turn) -> Reply:
    """The ballot is filled in: cast it."""
    act = turn.incoming.act
    assert isinstance(act, Pressed)
    assert turn.press is not None
    made = await voting.vote(
        turn.session,
        workspace=turn.workspace,
        campaign_id=turn.press.object_id,
        voter=turn.member,
        choices=_chosen(act.inputs.get(CHOICES, "")),
    )
    return Reply(
        "voted", {"campaign": made.campaign_id, "reader": turn.member.member_id}, Audience.PRIVATE, Manner.EDIT
    )


def _chosen(value: str) -> list[int]:
    """Candidacies by their ids; what is no id of ours stands for nobody."""
    written = [each.strip() for each in value.split(",") if each.strip()][:CHOICES_READ_MAX]
    return [int(each) if each.isascii() and each.isdigit() and len(each) < 19 else 0 for each in written]


async def take_back(turn: Turn) -> Reply:
    assert turn.press is not None
    return await _take_back(turn, turn.press.object_id, Manner.EDIT)


async def _take_back(turn: Turn, campaign_id: int, manner: Manner) -> Reply:
    await voting.take_back(turn.session, workspace=turn.workspace, campaign_id=campaign_id, voter=turn.member)
    reference = {"campaign": campaign_id, "reader": turn.member.member_id}
    return Reply("vote_taken_back", reference, Audience.PRIVATE, manner)
