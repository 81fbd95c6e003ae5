"""`/journey`, `/journey "Name"`, `/journey enroll "Name" [@…]`, `/journey tick "Step" @… ["Name"]`, and their buttons."""

from bots.chat import Audience, Manner, Reply
from bots.commands.kudos import UnknownPerson, receivers_of
from bots.turn import Turn
from core.badges import queries as badges
from core.badges.models import Badge
from core.journeys import offering, service
from core.journeys.models import KINDS
from core.journeys.refusals import JourneyNotYours, JourneyStepUnnamed
from core.tokens import Closed


async def run(turn: Turn) -> Reply:
    command = turn.command
    if command.typed:
        raise UnknownPerson(name=command.typed[0])
    if command.subverb == "tick":
        return await tick(turn)
    name = (command.quoted or command.text).strip()
    if command.subverb == "enroll":
        return await enrol(turn, name)
    if not name:
        return Reply("journeys", {"reader": turn.member.member_id}, Audience.PRIVATE)
    badge = await _named(turn, name)
    member = turn.person(command.receivers[0]) if command.receivers else turn.member
    if member.member_id != turn.member.member_id and not service.may_guide(turn.member):
        raise JourneyNotYours(journey=badge.name)
    return _one(turn, badge, member.member_id)


async def enrol(turn: Turn, name: str) -> Reply:
    """Oneself, unless others are named."""
    badge = await _named(turn, name)
    members = await receivers_of(turn)
    ids = sorted({member.member_id for member in members})
    if ids in ([], [turn.member.member_id]):
        return await _set_out(turn, badge)
    await service.enrol(
        turn.session, workspace=turn.workspace, badge=badge, members=members, actor=turn.member, now=turn.now
    )
    reference = {"badge": badge.id, "members": ids, "reader": turn.member.member_id}
    return Reply("journey_enrolled", reference, Audience.PRIVATE)


async def _set_out(turn: Turn, badge: Badge, manner: Manner = Manner.POST) -> Reply:
    await service.enrol(
        turn.session, workspace=turn.workspace, badge=badge, members=[turn.member], actor=turn.member, now=turn.now
    )
    return _one(turn, badge, turn.member.member_id, manner)


async def tick(turn: Turn) -> Reply:
    """A coordinator says that colleagues have done a step; the journey is the one that has it, unless it is named behind."""
    members, step = await receivers_of(turn), turn.command.quoted
    if not step or not members:
        raise JourneyStepUnnamed
    name = turn.command.text.strip().strip('"“”„«»')
    if not service.may_guide(turn.member):
        raise JourneyNotYours(journey=name or step)
    if name:
        badge = await _named(turn, name)
    else:
        badge = await offering.by_step(turn.session, step, members[0], workspace=turn.workspace)
    moved = await service.tick(
        turn.session,
        workspace=turn.workspace,
        badge=badge,
        step=step,
        members=members,
        actor=turn.member,
        now=turn.now,
    )
    reference = {
        "badge": badge.id,
        "step": moved[0].steps[0],
        "members": sorted({each.member_id for each in moved}),
        "completed": sum(each.award_id is not None for each in moved),
        "reader": turn.member.member_id,
    }
    return Reply("journey_ticked", reference, Audience.PRIVATE)


async def look(turn: Turn) -> Reply:
    return _one(turn, await _pressed(turn), turn.member.member_id, Manner.EDIT)


async def set_out(turn: Turn) -> Reply:
    return await _set_out(turn, await _pressed(turn), Manner.EDIT)


async def _pressed(turn: Turn) -> Badge:
    assert turn.press is not None
    badge = await badges.get(turn.session, turn.press.object_id, workspace_id=turn.workspace.id)
    if badge is None or badge.kind not in KINDS:
        raise Closed
    return badge


async def _named(turn: Turn, name: str) -> Badge:
    return await offering.by_name(turn.session, name, workspace=turn.workspace, member=turn.member)


def _one(turn: Turn, badge: Badge, member_id: int, manner: Manner = Manner.POST) -> Reply:
    reference = {"badge": badge.id, "member": member_id, "reader": turn.member.member_id}
    return Reply("journey", reference, Audience.PRIVATE, manner)
