"""Answers to why."""

from zoneinfo import ZoneInfo

from bots.views.scene import Scene
from cards import why as cards
from cards.model import Card
from cards.why import BadgeWhy, Share
from core.badges import queries, why
from core.badges.definition.kinds import BY_RULE
from core.badges.models import Badge
from core.clock import period
from core.people import queries as people
from core.people.queries import Person as People
from core.points.queries import earned_by_reason
from core.rules import why as rules


async def points(scene: Scene) -> Card:
    month = period("month", scene.now, ZoneInfo(scene.home.time_zone))
    shares = await earned_by_reason(
        scene.session,
        workspace_id=scene.home.id,
        member_id=scene.reference["reader"],
        starts_at=month.starts_at,
        ends_at=month.ends_at,
    )
    return cards.points(scene.words, [Share(*share) for share in shares])


async def badge(scene: Scene) -> Card | None:
    reader, holder, workspace = scene.reference["reader"], scene.reference["holder"], scene.home
    found = await queries.get(scene.session, scene.reference["badge"], workspace_id=workspace.id)
    known = await people.people(scene.session, [reader, holder], workspace_id=workspace.id)
    if found is None or not {reader, holder} <= known.keys():
        return None
    held = await why.holding(scene.session, found.id, holder, workspace_id=workspace.id)
    if found.kind in BY_RULE:
        return await _by_rule(scene, found, known[reader], known[holder], held)
    question = why.Question(workspace, found, known[reader], scene.now)
    giving = await why.against_giving(scene.session, question)
    getting = await why.against_getting(scene.session, question, receiver=known[holder])
    named = await scene.people([holder, *((held.giver_id,) if held and held.giver_id else ())])
    return cards.badge(
        scene.words,
        BadgeWhy(
            badge=found.name,
            holder=named[holder],
            own=holder == reader,
            since=held.awarded_at if held else None,
            giver=named[held.giver_id] if held and held.giver_id else None,
            message=held.message if held else "",
            against_giving=tuple((refused.code, refused.details) for refused in giving),
            against_getting=tuple((refused.code, refused.details) for refused in getting),
            zone=workspace.time_zone,
            why=held.why if held else {},
        ),
    )


async def _by_rule(scene: Scene, badge: Badge, reader: People, holder: People, held: why.Holding | None) -> Card:
    """A badge that rules award. How the rules stand is for the member and for admins: it is about what somebody did."""
    named = await scene.people([holder.member_id])
    is_told = reader.is_admin or reader.member_id == holder.member_id
    answer = None
    if is_told:
        answer = await rules.ask(scene.session, badge, workspace=scene.home, member=holder, now=scene.now)
    return cards.badge(
        scene.words,
        BadgeWhy(
            badge=badge.name,
            holder=named[holder.member_id],
            own=reader.member_id == holder.member_id,
            since=held.awarded_at if held else None,
            giver=None,
            message="",
            against_giving=(),
            against_getting=tuple((each.code, each.details) for each in answer.obstacles) if answer else (),
            zone=scene.home.time_zone,
            why=held.why if held and is_told else {},
            verdicts=tuple((each.holds, each.told) for each in answer.verdicts) if answer else (),
            is_by_rule=True,
        ),
    )
