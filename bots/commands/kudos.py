"""`/kudos @ana @luis why #tag +5`, `/kudos private …`, `/kudos undo`, `/kudos me`, `/kudos top`, and the buttons of its cards."""

import re
from dataclasses import replace

from bots import forms
from bots.chat import Audience, Edited, Manner, Pressed, Reply, Said
from bots.grammar import written
from bots.turn import Turn
from core.errors import Refusal
from core.kudos import queries, service
from core.kudos.wording import Wording
from core.people import queries as people_queries
from core.people.queries import Person
from core.points.models import AMOUNT_MAX
from core.points.service import PointsInvalid

FORM = forms.Form(
    "kudos_form",
    {
        "no_message": "message",
        "message_too_long": "message",
        "repeated": "message",
        "tag_invalid": "tags",
        "too_many_tags": "tags",
        "points_invalid": "points",
        "points_twice": "points",
        "allowance_short": "points",
        "pair_limit": "points",
        "place_not_yours": "place",
    },
)

_AMOUNT = re.compile(r"\+(\d{1,10})")


class UnknownPerson(Refusal):
    """A hand-typed name: it identifies nobody."""

    code = "unknown_person"


class PointsTwice(Refusal):
    code = "points_twice"


class PlaceNotYours(Refusal):
    """A conversation that was not among those offered, or is none any more."""

    code = "place_not_yours"


class EditChangesPeople(Refusal):
    """An edit of a kudos that would change who receives it, or how much."""

    code = "edit_changes_people"


async def run(turn: Turn) -> Reply | None:
    if turn.command.subverb == "undo":
        kudos_id = await service.undo_latest(turn.session, workspace=turn.workspace, giver=turn.member, now=turn.now)
        return _taken_back(turn, kudos_id)
    if turn.command.subverb == "me":
        return Reply("kudos_mine", {"reader": turn.member.member_id})
    if turn.command.subverb == "top":
        return Reply("kudos_top", {"reader": turn.member.member_id}, Audience.QUIET)
    if turn.command.is_bare:
        return form(turn)
    is_private = turn.command.subverb == "private"
    kudos_id = await service.give(
        turn.session,
        workspace=turn.workspace,
        giver=turn.member,
        receivers=await receivers_of(turn),
        wording=Wording.of(turn.command.text, turn.command.tags),
        points_each=_points(turn.command.points),
        is_private=is_private,
        source=service.Source(turn.conversation.id, turn.message_id),
        guards_repeats=turn.incoming.repeat_guard,
        now=turn.now,
    )
    audience = Audience.PRIVATE if is_private else Audience.ASIDE
    return Reply("kudos_receipt", {"kudos": kudos_id, "reader": turn.member.member_id}, audience)


def form(turn: Turn) -> Reply:
    return forms.opened(turn, FORM.kind, accounts=forms.answered(turn))


async def send(turn: Turn) -> Reply:
    """The form is filled in: give what it says."""
    act = turn.incoming.act
    assert isinstance(act, Pressed)
    assert turn.press is not None
    text = written(act.inputs.get("message", ""))
    amount = act.inputs.get("points", "").strip().removeprefix("+")
    chosen = [name for name in act.inputs.get("tags", "").split(",") if name]
    is_private = act.inputs.get("privacy") == "private"
    place = await _place(turn, act.inputs.get("place", ""))
    kudos_id = await service.give(
        turn.session,
        workspace=turn.workspace,
        giver=turn.member,
        receivers=forms.chosen(turn),
        wording=Wording.of(text.text, (*text.tags, *chosen)),
        points_each=_points((*text.points, f"+{amount}") if amount else text.points),
        is_private=is_private,
        source=service.Source(place),
        now=turn.now,
    )
    if place and place == forms.visited(turn) and not is_private:
        # We cannot post there, the giver can: the card itself is the answer.
        return Reply("kudos_plain", {"kudos": kudos_id}, Audience.HERE)
    reference = {"kudos": kudos_id, "reader": turn.member.member_id}
    return Reply("kudos_receipt", reference, Audience.PRIVATE, Manner.EDIT)


async def _place(turn: Turn, chosen: str) -> int | None:
    """The conversation that was chosen, one of those that were offered; None stands for every connected one."""
    assert turn.press is not None
    asked_in = turn.press.object_id or None
    if not chosen:
        return asked_in
    if chosen == "0":
        return None
    offered = await queries.places(
        turn.session,
        turn.member.member_id,
        workspace_id=turn.workspace.id,
        asked_in=asked_in,
        visited=forms.visited(turn),
    )
    for found in offered:
        if str(found.conversation_id) == chosen:
            return found.conversation_id
    raise PlaceNotYours


async def receivers_of(turn: Turn) -> list[Person]:
    """Those named, and whoever is in the channels and groups named; else the author of the message that this one answers."""
    crowd = [turn.person(account) for members in turn.crowds.values() for account in members]
    crowd += await _in_groups(turn)
    others = [person for person in crowd if person.member_id != turn.member.member_id and not person.has_left]
    act = turn.incoming.act
    answered = (act.replied_to,) if isinstance(act, Said | Edited) and act.replied_to and not crowd else ()
    return [*(turn.person(account) for account in turn.command.receivers or answered), *others]


async def _in_groups(turn: Turn) -> list[Person]:
    """A hand-typed name is nobody's, but it may be the name of one of the company's groups."""
    found: list[Person] = []
    for name in turn.command.typed:
        members = await people_queries.in_group(
            turn.session, name, workspace_id=turn.workspace.id, limit=turn.workspace.receivers_max + 1
        )
        if not members:
            raise UnknownPerson(name=name)
        found += members
    return found


def _points(tokens: tuple[str, ...]) -> int | None:
    if not tokens:
        return None
    if len(tokens) > 1:
        raise PointsTwice
    match = _AMOUNT.fullmatch(tokens[0])
    if match is None:
        raise PointsInvalid(given=tokens[0][:40], limit=AMOUNT_MAX)
    return int(match[1])


async def edit(turn: Turn, kudos_id: int) -> Reply | None:
    """The message that gave a kudos was changed: its words may, its people and points may not."""
    told = await queries.story(turn.session, kudos_id, workspace_id=turn.workspace.id)
    if told is None or told.undone_at is not None or told.giver_id != turn.member.member_id:
        return None
    receivers = {person.member_id for person in await receivers_of(turn)}
    if turn.member.member_id in receivers:
        raise service.SelfKudos
    points = _points(turn.command.points)
    if receivers != set(told.receiver_ids) or (points is not None and points != told.points_each):
        raise EditChangesPeople
    wording = Wording.of(turn.command.text, turn.command.tags)
    if (wording.message, sorted(wording.tags)) == (told.message, [name for name, _ in told.tags]):
        return None
    await service.reword(turn.session, workspace=turn.workspace, kudos_id=kudos_id, giver=turn.member, wording=wording)
    return None


async def second(turn: Turn) -> Reply:
    assert turn.press is not None
    await service.second(
        turn.session, workspace=turn.workspace, kudos_id=turn.press.object_id, member=turn.member, now=turn.now
    )
    return Reply("kudos_seconded", {"kudos": turn.press.object_id}, Audience.QUIET, Manner.TOAST)


async def react(turn: Turn, kudos_id: int, *, added: bool) -> None:
    """A reaction under the card, or its end."""
    if not added:
        await service.unsecond(turn.session, workspace=turn.workspace, kudos_id=kudos_id, member=turn.member)
        return
    await service.second(
        turn.session,
        workspace=turn.workspace,
        kudos_id=kudos_id,
        member=turn.member,
        by_reaction=True,
        now=turn.now,
    )


async def undo(turn: Turn) -> Reply:
    assert turn.press is not None
    kudos_id = turn.press.object_id
    await service.undo(turn.session, workspace=turn.workspace, kudos_id=kudos_id, giver=turn.member, now=turn.now)
    return _taken_back(turn, kudos_id)


async def look(turn: Turn) -> Reply:
    """The public card, asked for anew by one of its readers: its giver sees Undo on it."""
    assert turn.press is not None
    kudos_id = turn.press.object_id
    told = await queries.story(turn.session, kudos_id, workspace_id=turn.workspace.id)
    if told is None or told.giver_id != turn.member.member_id:
        return Reply("kudos_plain", {"kudos": kudos_id}, Audience.HERE, Manner.EDIT)
    reference = {"kudos": kudos_id, "reader": turn.member.member_id}
    return Reply("kudos_own", reference, Audience.ASIDE, Manner.EDIT)


def _taken_back(turn: Turn, kudos_id: int) -> Reply:
    manner = Manner.EDIT if turn.press else Manner.POST
    return Reply("kudos_taken_back", {"kudos": kudos_id, "reader": turn.member.member_id}, Audience.PRIVATE, manner)


async def withdraw(turn: Turn, kudos_id: int) -> Reply | None:
    """The message that gave a kudos was deleted: so is the kudos, as long as its giver may still undo it."""
    try:
        await service.undo(turn.session, workspace=turn.workspace, kudos_id=kudos_id, giver=turn.member, now=turn.now)
    except (service.UndoTooLate, service.AlreadyUndone, service.NotYourKudos):
        return None
    return replace(_taken_back(turn, kudos_id), audience=Audience.ASIDE)
