"""Messages about one award for one reader: its story, and what a doubt or a role can do about it."""

from bots.views.badges import award_view, of_act
from bots.views.forms import opening
from bots.views.scene import Scene
from cards import awards as cards
from cards import badge_forms
from cards.awards import CommentView, StoryView
from cards.model import Card
from cards.people import Person
from core.badges import queries, reports, revoking
from core.badges.queries import Story
from core.people import queries as people

COMMENTS_MAX = 10


async def story(scene: Scene) -> Card | None:
    told = await queries.story(scene.session, scene.reference["act"], workspace_id=scene.home.id)
    if told is None:
        return None
    reader = scene.reference["reader"]
    person = (await people.people(scene.session, [reader], workspace_id=scene.home.id))[reader]
    is_party = reader in (told.giver_id, *told.receiver_ids)
    may_revoke = revoking.may_revoke(person)
    holding = tuple(member_id for member_id in told.receiver_ids if member_id not in told.revoked_ids)
    workspace_id = scene.home.id
    view = StoryView(
        award=await award_view(scene, told, holding or told.receiver_ids),
        reader_id=reader,
        given_at=told.awarded_at,
        zone=scene.home.time_zone,
        comments=await _comments(scene, told, reader, sees_all=may_revoke),
        hides=told.definition.is_secret and not (is_party or may_revoke or await _has_earned(scene, told, reader)),
        has_liked=await queries.likes(scene.session, told.act_id, reader, workspace_id=workspace_id),
        is_party=is_party,
        may_report=reader != told.giver_id
        and not await reports.has_reported(scene.session, told.act_id, reader, workspace_id=workspace_id),
        may_revoke=may_revoke,
        is_revoked=told.is_revoked,
        reason=_reason(told, is_concerned=is_party or may_revoke),
    )
    return cards.story(scene.words, view)


async def _has_earned(scene: Scene, told: Story, reader: int) -> bool:
    return await queries.has_earned(scene.session, told.badge_id, reader, workspace_id=scene.home.id)


def _reason(told: Story, *, is_concerned: bool) -> str:
    """Why a role revoked it. That the giver thought better of it needs no reason."""
    by_role = told.revoked_by is not None and told.revoked_by != told.giver_id
    return told.reason if is_concerned and by_role else ""


async def _comments(scene: Scene, told: Story, reader: int, *, sees_all: bool) -> tuple[CommentView, ...]:
    found = await queries.comments(scene.session, told.act_id, workspace_id=scene.home.id, limit=COMMENTS_MAX)
    persons: dict[int, Person] = await scene.people([each.member_id for each in found])
    return tuple(
        CommentView(
            each.comment_id,
            persons[each.member_id],
            each.text,
            each.at,
            is_removable=sees_all or each.member_id == reader,
        )
        for each in found
    )


async def comment_form(scene: Scene) -> Card:
    return badge_forms.comment(scene.words, await opening(scene))


async def report_question(scene: Scene) -> Card | None:
    view = await of_act(scene)
    return cards.report_question(scene.words, view, scene.reference["reader"]) if view else None


async def revoke_question(scene: Scene) -> Card | None:
    view = await of_act(scene)
    return cards.revoke_question(scene.words, view, scene.reference["reader"]) if view else None


async def reported(scene: Scene) -> Card:
    return cards.reported(scene.words, scene.reference["admins"])


async def dismissed(scene: Scene) -> Card:
    return cards.dismissed(scene.words)


async def revoked_by_role(scene: Scene) -> Card | None:
    """Of an act that still stands in part: those who hold the badge no more."""
    told = await queries.story(scene.session, scene.reference["act"], workspace_id=scene.home.id)
    if told is None:
        return None
    view = await award_view(scene, told, told.revoked_ids or told.receiver_ids)
    return cards.revoked_by_role(scene.words, view)


async def report_notice(scene: Scene) -> Card | None:
    """For an admin. Once it is decided only a message that stands already is changed."""
    view = await of_act(scene)
    if view is None:
        return None
    act_id, reader = scene.reference["act"], scene.reference["reader"]
    found = await reports.list_open(scene.session, act_id, workspace_id=scene.home.id)
    if found:
        reasons = tuple(each.reason for each in found)
        return cards.report_notice(scene.words, view, reader, reasons, str(found[0].report_id))
    if not scene.is_posted:
        return None
    told = await queries.story(scene.session, act_id, workspace_id=scene.home.id)
    is_revoked = told is not None and told.is_revoked
    return cards.revoked_by_somebody(scene.words, view) if is_revoked else cards.dismissed(scene.words)
