"""Messages about badges: of an act of giving, and of choosing what to give."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bots.views.forms import opening
from bots.views.scene import Scene
from cards import badge_forms
from cards import badges as cards
from cards.badge_forms import BadgeForm
from cards.badges import AwardView, OptionView
from cards.model import Card
from cards.people import Person, named
from cards.words import plain
from core.badges import choosing, queries
from core.badges.definition.template import render
from core.badges.models import Badge
from core.badges.queries import Story
from core.badges.service import definition_of
from core.people import queries as people

PICTURES = "/pictures/badges/"
OFFERED_MAX = 100


async def card(scene: Scene) -> Card | None:
    """The public card of an act; once all of it is revoked only a card that stands already is changed."""
    story = await queries.story(scene.session, scene.reference["act"], workspace_id=scene.home.id)
    if story is None:
        return None
    view = await award_view(scene, story, _holding(story))
    if not story.is_revoked:
        return cards.given(scene.words, view)
    return cards.revoked(scene.words, view, hides=view.is_secret) if scene.is_posted else None


async def crowd(scene: Scene) -> Card | None:
    """The public card of an evaluation that awarded many."""
    found = await queries.get(scene.session, scene.reference["badge"], workspace_id=scene.home.id)
    if found is None:
        return None
    emoji = definition_of(found).emoji
    return cards.crowd(scene.words, found.name, emoji, scene.reference["count"], hides=found.is_secret)


async def notice(scene: Scene) -> Card | None:
    """The direct message to one receiver."""
    story = await queries.story(scene.session, scene.reference["act"], workspace_id=scene.home.id)
    if story is None:
        return None
    reader = scene.reference["reader"]
    view = await award_view(scene, story, (reader,))
    if reader not in story.revoked_ids:
        return cards.received(scene.words, view)
    return cards.revoked(scene.words, view) if scene.is_posted else None


async def receipt(scene: Scene) -> Card | None:
    story = await queries.story(scene.session, scene.reference["act"], workspace_id=scene.home.id)
    if story is None or story.is_revoked:
        return None
    until = story.awarded_at + timedelta(minutes=scene.home.undo_minutes)
    return cards.receipt(scene.words, await award_view(scene, story, _holding(story)), until, now=scene.now)


async def taken_back(scene: Scene) -> Card | None:
    view = await of_act(scene)
    return cards.taken_back(scene.words, view) if view else None


async def liked(scene: Scene) -> Card | None:
    view = await of_act(scene)
    return cards.liked(scene.words, view) if view else None


async def which(scene: Scene) -> Card | None:
    draft = await choosing.get_draft(scene.session, scene.reference["draft"], workspace_id=scene.home.id)
    if draft is None:
        return None
    found = await queries.list_by_id(scene.session, draft.badge_ids, workspace_id=scene.home.id)
    options = tuple(_option(badge) for badge in found)
    return cards.which(scene.words, found[0].name, draft.draft_id, draft.giver_id, options) if found else None


async def form(scene: Scene) -> Card:
    """The badges that the reader may give at this moment."""
    reader = scene.reference["reader"]
    giver = (await people.people(scene.session, [reader], workspace_id=scene.home.id))[reader]
    offered = await queries.givable(scene.session, workspace=scene.home, giver=giver, now=scene.now)
    options = tuple((badge.id, f"{definition_of(badge).emoji} {badge.name}".strip()) for badge in offered[:OFFERED_MAX])
    return badge_forms.badge(scene.words, BadgeForm(await opening(scene), options))


def _option(badge: Badge) -> OptionView:
    defined = definition_of(badge)
    group = defined.reward_group or defined.reward_category or ""
    return OptionView(badge.id, defined.emoji, defined.rarity, defined.points, defined.description, group)


def _holding(story: Story) -> tuple[int, ...]:
    """The receivers who still have it; all of them once nobody has."""
    holding = tuple(member_id for member_id in story.receiver_ids if member_id not in story.revoked_ids)
    return holding or story.receiver_ids


async def of_act(scene: Scene) -> AwardView | None:
    story = await queries.story(scene.session, scene.reference["act"], workspace_id=scene.home.id)
    return await award_view(scene, story, _holding(story)) if story else None


async def award_view(scene: Scene, story: Story, receiver_ids: tuple[int, ...]) -> AwardView:
    givers = (story.giver_id,) if story.giver_id is not None else ()
    found = await scene.people([*receiver_ids, *givers])
    receivers = tuple(found[member_id] for member_id in receiver_ids)
    giver = found[story.giver_id] if story.giver_id is not None else None
    return AwardView(
        act_id=story.act_id,
        badge=story.name,
        emoji=story.definition.emoji,
        description=story.definition.description,
        rarity=story.definition.rarity,
        giver=giver,
        receivers=receivers,
        message=story.message,
        said=_said(scene, story, giver, receivers),
        points=story.points,
        picture=f"{scene.public_url}{PICTURES}{story.picture}.png" if scene.public_url else "",
        is_secret=story.definition.is_secret,
        likes=story.likes,
        comments=story.comments,
        why=_why(story, receiver_ids),
    )


def _why(story: Story, receiver_ids: tuple[int, ...]) -> Mapping[str, Any]:
    """What the awards tell of their origin; nothing if each of several tells something else."""
    first, *others = [story.whys.get(member_id, {}) for member_id in receiver_ids] or [{}]
    return first if all(other == first for other in others) else {}


def _args(why: Mapping[str, Any]) -> dict[str, object]:
    """The figures of a rule for the badge's own message: `args.rank`, `args.sales_count`, `args.value`, …"""
    figures = {name: value for rule in why.get("rules", ()) for name, value in rule.items()}
    return {**figures, **{name: why[name] for name in ("rank", "sales_count", "event") if name in why}}


def _said(scene: Scene, story: Story, giver: Person | None, receivers: tuple[Person, ...]) -> str:
    """The badge's own message, with names as they are now."""
    values: dict[str, dict[str, object]] = {
        "user": {"display_name": plain(named(scene.words, receivers))},
        "giver": {"display_name": giver.name} if giver else {},
        "badge": {"name": story.name, "reward": story.name, "points": story.points, "rarity": story.definition.rarity},
        "args": _args(_why(story, tuple(each.member_id for each in receivers))),
        "env": {"date": story.awarded_at.date().isoformat()},
    }
    return render(story.definition.message, values)
