"""One of each card about campaigns."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from cards import ballots, candidacies, nominations
from cards.ballots import BallotView, NominationForm
from cards.forms import Opening
from cards.model import Card
from cards.nominations import CampaignView, CandidateView
from cards.words import Words
from tests.cards.cast import ANA, CROWD, INES, LUIS, MADRID, MESSAGE, NEXT_MONDAY, NOW, ZOE

NAME = "Best <b>colleague</b> of *November*"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
RECEIPT = "MFRG-GZDF-MZTW-Q2LK"


def campaign_view(**changes: Any) -> CampaignView:
    usual: dict[str, Any] = {
        "campaign_id": 12,
        "name": NAME,
        "emoji": "🏆",
        "state": "voting",
        "starts_at": NOW - timedelta(days=7),
        "nominations_end_at": NOW,
        "voting_end_at": NEXT_MONDAY,
        "zone": MADRID,
        "points": 5000,
        "is_secret": True,
        "is_runoff": False,
        "candidates": 42,
        "standing": (ANA, LUIS, INES, ZOE, CROWD[0]),
        "ballots": 18,
        "electorate": 240,
    }
    return CampaignView(**{**usual, **changes})


def closed_view(**changes: Any) -> CampaignView:
    return campaign_view(
        **{"state": "closed", "outcome": "won", "winners": (ANA,), "votes": 90, "digest": DIGEST, **changes}
    )


CANDIDATES = (
    CandidateView(ANA, 3, 1, (MESSAGE, "she never gives up <@U1>"), ((ZOE, "Well deserved, *all* of it"),), 90, 1),
    CandidateView(LUIS, 1, 0, ("he listens",), (), 71, 2),
    CandidateView(INES, 1, 0, (), (), 0, 3),
)
OPENING = Opening(reader=1, nonce="1f", place=12)
ROLL = tuple((100 + number, person) for number, person in enumerate((ANA, LUIS, INES, ZOE, *CROWD[:46])))


def ballot(words: Words, **changes: Any) -> Card:
    usual: dict[str, Any] = {
        "opening": OPENING,
        "campaign": campaign_view(),
        "candidates": ROLL,
        "choices_max": 1,
        "may_change": False,
    }
    return ballots.ballot(words, BallotView(**{**usual, **changes}))


CAMPAIGNS: Mapping[str, Callable[[Words], Card]] = {
    "campaign_draft": lambda words: nominations.campaign(
        words, campaign_view(state="draft", starts_at=NEXT_MONDAY, candidates=0, standing=())
    ),
    "campaign_nomination": lambda words: nominations.campaign(
        words, campaign_view(state="nomination", nominations_end_at=NEXT_MONDAY, candidates=2, standing=(ANA, LUIS))
    ),
    "campaign_nobody": lambda words: nominations.campaign(
        words, campaign_view(state="nomination", nominations_end_at=NEXT_MONDAY, candidates=0, standing=())
    ),
    "campaign_voting": lambda words: nominations.campaign(words, campaign_view()),
    "campaign_voting_open": lambda words: nominations.campaign(words, campaign_view(is_secret=False, is_runoff=True)),
    "campaign_closed": lambda words: nominations.campaign(words, closed_view()),
    "campaign_cancelled": lambda words: nominations.campaign(
        words, campaign_view(state="cancelled", reason="We moved it to *May* <b>")
    ),
    "campaign_too_few": lambda words: nominations.campaign(words, campaign_view(state="cancelled", too_few=3)),
    "campaign_results": lambda words: nominations.results(words, closed_view(), CANDIDATES),
    "campaign_results_shared": lambda words: nominations.results(
        words, closed_view(outcome="shared", winners=(ANA, LUIS), votes=80), CANDIDATES
    ),
    "campaign_results_no_quorum": lambda words: nominations.results(
        words, closed_view(outcome="no_quorum", winners=(), votes=0), CANDIDATES
    ),
    "campaigns": lambda words: nominations.overview(
        words, (campaign_view(state="nomination", nominations_end_at=NEXT_MONDAY), campaign_view())
    ),
    "campaigns_none": lambda words: nominations.overview(words, ()),
    "candidates": lambda words: nominations.candidates(words, campaign_view(), CANDIDATES, 2),
    "nominated": lambda words: candidacies.nominated(
        words, campaign_view(), ANA, candidacy_id=7, reader_id=LUIS.member_id, left=2
    ),
    "nomination_notice": lambda words: candidacies.notice(
        words, campaign_view(), CANDIDATES[0], candidacy_id=7, reader_id=ANA.member_id, may_decline=True
    ),
    "nomination_taken_off": lambda words: candidacies.taken_off(words, campaign_view(), "is on the jury"),
    "nomination_declined": lambda words: candidacies.declined(words, campaign_view()),
    "nominee_withdrawn": lambda words: candidacies.about_nominee(words, "withdrawn", campaign_view(), ANA),
    "nominee_listed": lambda words: candidacies.about_nominee(words, "listed", campaign_view(), ANA),
    "nominee_removed": lambda words: candidacies.about_nominee(words, "removed", campaign_view(), ANA),
    "nominee_commented": lambda words: candidacies.about_nominee(words, "commented", campaign_view(), ANA),
    "campaign_tie": lambda words: candidacies.tie(
        words, closed_view(outcome="tied", winners=(ANA, LUIS), votes=80), ((7, ANA), (8, LUIS)), ZOE.member_id
    ),
    "vote_form": ballot,
    "vote_form_several": lambda words: ballot(
        words,
        candidates=ROLL[:4],
        choices_max=3,
        may_change=True,
        chosen=(100, 101),
        campaign=campaign_view(is_secret=False),
    ),
    "voted": lambda words: ballots.voted(
        words, campaign_view(), reader_id=9, receipt=RECEIPT, chosen=(ANA, LUIS), may_change=True
    ),
    "voted_and_closed": lambda words: ballots.voted(
        words, closed_view(), reader_id=9, receipt="", chosen=(), may_change=True
    ),
    "vote_taken_back": lambda words: ballots.taken_back(words, campaign_view()),
    "vote_reminder": lambda words: ballots.reminder(words, campaign_view()),
    "ballot_counted": lambda words: ballots.found(words, closed_view(), (ANA, LUIS)),
    "ballot_in_box": lambda words: ballots.found(words, campaign_view(), ()),
    "nominate_form": lambda words: ballots.nominate(words, NominationForm(OPENING, ((12, NAME), (13, "Best team")))),
    "nominate_form_none": lambda words: ballots.nominate(words, NominationForm(OPENING, ())),
}
