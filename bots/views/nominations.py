"""Messages about campaigns: the public card, lists, results, and what nominators and nominees are told."""

from collections.abc import Sequence

from bots.views.forms import opening
from bots.views.scene import Scene
from cards import ballots as forms
from cards import candidacies
from cards import nominations as cards
from cards.ballots import NominationForm
from cards.model import Card
from cards.nominations import PER_PAGE, TOP, CampaignView, CandidateView
from cards.people import Person
from core.badges import queries as badges
from core.badges.service import definition_of
from core.nominations import eligibility, queries
from core.nominations.comments import list_comments
from core.nominations.models import CLOSED, NOMINATION, OPEN, REMOVED, STANDING, TIED, Campaign
from core.nominations.queries import Candidate, Turnout
from core.nominations.service import TOO_FEW

NAMED = 5
COMMENTS_SHOWN = 3


async def card(scene: Scene) -> Card | None:
    """The public card of a campaign."""
    campaign = await _campaign(scene)
    return cards.campaign(scene.words, await view_of(scene, campaign)) if campaign else None


async def results(scene: Scene) -> Card | None:
    campaign = await _campaign(scene)
    if campaign is None or campaign.state != CLOSED:
        return None
    first = [each for each in await queries.candidates(scene.session, campaign, limit=TOP) if each.place is not None]
    return cards.results(scene.words, await view_of(scene, campaign), await _candidates(scene, first))


async def overview(scene: Scene) -> Card:
    """What is under way, without who stands: that is a press away."""
    found = await queries.list_open(scene.session, workspace_id=scene.home.id)
    return cards.overview(scene.words, tuple([await view_of(scene, each) for each in found[:NAMED]]))


async def candidates(scene: Scene) -> Card | None:
    campaign = await _campaign(scene)
    if campaign is None:
        return None
    page = max(1, scene.reference.get("page", 1))
    found = await queries.candidates(scene.session, campaign, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    listed = await _candidates(scene, found, with_comments=True)
    return cards.candidates(scene.words, await view_of(scene, campaign), listed, page)


async def nominated(scene: Scene) -> Card | None:
    found = await _candidacy(scene)
    if found is None:
        return None
    campaign, candidate, person = found
    left = scene.reference.get("left", 0)
    told = await view_of(scene, campaign)
    return candidacies.nominated(
        scene.words,
        told,
        person,
        candidacy_id=candidate.candidacy_id,
        reader_id=scene.reference["reader"],
        left=left,
    )


async def notice(scene: Scene) -> Card | None:
    """What a nominee is told; somebody who stands no more is told only where it was said before."""
    found = await _candidacy(scene)
    if found is None:
        return None
    campaign, candidate, _ = found
    told = await view_of(scene, campaign)
    if candidate.state == REMOVED:
        return candidacies.taken_off(scene.words, told, candidate.reason) if scene.is_posted else None
    if candidate.state != STANDING:
        return candidacies.declined(scene.words, told) if scene.is_posted else None
    [shown] = await _candidates(scene, [candidate], with_comments=True)
    return candidacies.notice(
        scene.words,
        told,
        shown,
        candidacy_id=candidate.candidacy_id,
        reader_id=scene.reference["reader"],
        may_decline=campaign.state in OPEN,
    )


async def declined(scene: Scene) -> Card | None:
    campaign = await _campaign(scene)
    return candidacies.declined(scene.words, await view_of(scene, campaign)) if campaign else None


async def about_nominee(scene: Scene) -> Card | None:
    """What happened to a nominee, for who did it."""
    found = await _candidacy(scene)
    if found is None:
        return None
    campaign, _, person = found
    return candidacies.about_nominee(scene.words, scene.reference["what"], await view_of(scene, campaign), person)


async def tie(scene: Scene) -> Card | None:
    """For those who may decide, as long as nobody has."""
    campaign = await _campaign(scene)
    if campaign is None:
        return None
    told = await view_of(scene, campaign)
    if campaign.outcome != TIED:
        return cards.results(scene.words, told, ()) if scene.is_posted else None
    first = [each for each in await queries.candidates(scene.session, campaign) if each.place == 1]
    people = await scene.people([each.member_id for each in first])
    tied = tuple((each.candidacy_id, people[each.member_id]) for each in first)
    return candidacies.tie(scene.words, told, tied, scene.reference["reader"])


async def nominate_form(scene: Scene) -> Card:
    """The campaigns that take nominations at this moment."""
    found = await queries.list_open(scene.session, workspace_id=scene.home.id, states=(NOMINATION,))
    offered = tuple((each.id, each.name) for each in found)
    return forms.nominate(scene.words, NominationForm(await opening(scene), offered))


async def _campaign(scene: Scene) -> Campaign | None:
    return await queries.get(scene.session, scene.reference["campaign"], workspace_id=scene.home.id)


async def _candidacy(scene: Scene) -> tuple[Campaign, Candidate, Person] | None:
    candidacy_id, workspace_id = scene.reference["candidacy"], scene.home.id
    candidacy = await queries.get_candidacy(scene.session, candidacy_id, workspace_id=workspace_id)
    if candidacy is None:
        return None
    campaign = await queries.get(scene.session, candidacy.campaign_id, workspace_id=workspace_id)
    assert campaign is not None
    [found] = await queries.candidates(scene.session, campaign, standing=False, only=candidacy_id)
    return campaign, found, (await scene.people([found.member_id]))[found.member_id]


async def view_of(scene: Scene, campaign: Campaign) -> CampaignView:
    """A campaign as everybody may see it now."""
    badge = await badges.get(scene.session, campaign.badge_id, workspace_id=scene.home.id)
    assert badge is not None
    config = eligibility.config_of(campaign)
    stand = await queries.candidates(scene.session, campaign, limit=NAMED)
    about = await _about(scene, campaign)
    people = await scene.people([each.member_id for each in (*stand, *about)])
    turnout = await queries.turnout(scene.session, campaign) if campaign.state in _COUNTED else Turnout(0, 0)
    return CampaignView(
        campaign_id=campaign.id,
        name=campaign.name,
        emoji=definition_of(badge).emoji,
        state=campaign.state,
        starts_at=campaign.starts_at,
        nominations_end_at=campaign.nominations_end_at,
        voting_end_at=campaign.voting_end_at,
        zone=scene.home.time_zone,
        points=badge.points,
        is_secret=config.ballot == "secret",
        is_runoff=campaign.runoff_of is not None,
        candidates=await queries.count_standing(scene.session, campaign),
        standing=tuple(people[each.member_id] for each in stand),
        ballots=turnout.ballots,
        electorate=turnout.electorate,
        outcome=campaign.outcome or "",
        winners=tuple(people[each.member_id] for each in about),
        votes=(about[0].votes or 0) if about else 0,
        reason="" if campaign.reason == TOO_FEW else campaign.reason,
        too_few=config.min_nominations_to_proceed if campaign.reason == TOO_FEW else 0,
        digest=campaign.record_digest.hex() if campaign.record_digest else "",
    )


_COUNTED = frozenset({"voting", CLOSED})
_ABOUT_WINNERS = frozenset({"won", "shared"})
_ABOUT_FIRST = frozenset({"tied", "runoff"})


async def _about(scene: Scene, campaign: Campaign) -> Sequence[Candidate]:
    """Whom the outcome names: the winners, or those who tie."""
    if campaign.outcome not in _ABOUT_WINNERS | _ABOUT_FIRST:
        return ()
    found = await queries.candidates(scene.session, campaign)
    if campaign.outcome in _ABOUT_FIRST:
        return [each for each in found if each.place == 1]
    return [each for each in found if each.is_winner]


async def _candidates(
    scene: Scene, found: Sequence[Candidate], *, with_comments: bool = False
) -> tuple[CandidateView, ...]:
    said = {
        each.candidacy_id: await list_comments(
            scene.session, each.candidacy_id, workspace_id=scene.home.id, limit=COMMENTS_SHOWN
        )
        if with_comments and each.comments
        else []
        for each in found
    }
    writers = [comment.member_id for comments in said.values() for comment in comments]
    people = await scene.people([*(each.member_id for each in found), *writers])
    return tuple(
        CandidateView(
            person=people[each.member_id],
            nominations=each.nominations,
            comments=each.comments,
            reasons=each.reasons,
            said=tuple((people[comment.member_id], comment.text) for comment in said[each.candidacy_id]),
            votes=each.votes,
            place=each.place,
        )
        for each in found
    )
