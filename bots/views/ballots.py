"""Messages about votes, each for its voter alone. What was voted is never in what a message is about: it is read with the
campaign's key as long as there is one."""

from collections.abc import Sequence

from bots.views.forms import opening
from bots.views.nominations import view_of
from bots.views.scene import Scene
from cards import ballots as cards
from cards.ballots import BallotView
from cards.model import Card
from cards.people import Person
from core.nominations import eligibility, queries, secrecy
from core.nominations.models import VOTING, Campaign
from core.nominations.service import CANDIDATES_MAX


async def form(scene: Scene) -> Card | None:
    """The ballot: those who stand at this moment, without oneself where nobody votes for themselves."""
    campaign = await queries.get(scene.session, scene.reference["place"], workspace_id=scene.home.id)
    if campaign is None:
        return None
    reader, config = scene.reference["reader"], eligibility.config_of(campaign)
    found = await queries.candidates(scene.session, campaign, limit=CANDIDATES_MAX)
    people = await scene.people([each.member_id for each in found])
    offered = tuple(
        (each.candidacy_id, people[each.member_id])
        for each in found
        if config.allow_self_nomination or each.member_id != reader
    )
    view = BallotView(
        opening=await opening(scene),
        campaign=await view_of(scene, campaign),
        candidates=offered,
        choices_max=min(config.max_votes_per_user, len(offered)) or 1,
        may_change=config.allow_vote_change,
        chosen=tuple(await queries.choices_of(scene.session, campaign, reader)),
    )
    return cards.ballot(scene.words, view)


async def voted(scene: Scene) -> Card | None:
    """The receipt. Once the voting has ended nobody can tell any more what it says."""
    campaign = await _campaign(scene)
    if campaign is None:
        return None
    reader, config = scene.reference["reader"], eligibility.config_of(campaign)
    chosen = await queries.choices_of(scene.session, campaign, reader)
    code = secrecy.receipt(secrecy.tag(campaign.ballot_key, reader)) if campaign.ballot_key else ""
    return cards.voted(
        scene.words,
        await view_of(scene, campaign),
        reader_id=reader,
        receipt=code if chosen else "",
        chosen=await _people(scene, campaign, chosen),
        may_change=config.allow_vote_change,
    )


async def taken_back(scene: Scene) -> Card | None:
    campaign = await _campaign(scene)
    return cards.taken_back(scene.words, await view_of(scene, campaign)) if campaign else None


async def reminder(scene: Scene) -> Card | None:
    """Nothing to be said to who has voted meanwhile, or where it is too late."""
    campaign = await _campaign(scene)
    if campaign is None or campaign.state != VOTING or await queries.is_over(scene.session, campaign):
        return None
    if await queries.choices_of(scene.session, campaign, scene.reference["reader"]):
        return None
    return cards.reminder(scene.words, await view_of(scene, campaign))


async def found(scene: Scene) -> Card | None:
    """The ballot of a receipt."""
    code = secrecy.read_receipt(scene.reference["code"])
    known = await queries.by_receipt(scene.session, code, workspace_id=scene.home.id) if code else None
    if known is None:
        return None
    campaign, choices = known
    return cards.found(scene.words, await view_of(scene, campaign), await _people(scene, campaign, choices))


async def _campaign(scene: Scene) -> Campaign | None:
    return await queries.get(scene.session, scene.reference["campaign"], workspace_id=scene.home.id)


async def _people(scene: Scene, campaign: Campaign, choices: Sequence[int]) -> tuple[Person, ...]:
    if not choices:
        return ()
    stood = {each.candidacy_id: each for each in await queries.candidates(scene.session, campaign, standing=False)}
    people = await scene.people([each.member_id for each in stood.values()])
    return tuple(people[stood[each].member_id] for each in choices if each in stood)
