"""`/kudos @ana @luis why #tag +5`, `/kudos private …`, `/kudos undo`, `/kudos me`, and the buttons of its cards."""

import re
from dataclasses import replace

from bots.chat import Audience, Edited, Manner, Reply, Said
from bots.turn import Turn
from core.errors import Refusal
from core.kudos import queries, service
from core.kudos.wording import Wording
from core.people.queries import Person
from core.points.models import AMOUNT_MAX
from core.points.service import PointsInvalid

_AMOUNT = re.compile(r"\+(\d{1,10})")


class UnknownPerson(Refusal):
    """A hand-typed name: it identifies nobody."""

    code = "unknown_person"


class PointsTwice(Refusal):
    code = "points_twice"


class EditChangesPeople(Refusal):
    """An edit of a kudos that would change who receives it, or how much."""

    code = "edit_changes_people"


async def run(turn: Turn) -> Reply | None:
    if turn.command.subverb == "undo":
        kudos_id = await service.undo_latest(turn.session, workspace=turn.workspace, giver=turn.member, now=turn.now)
        return _taken_back(turn, kudos_id)
    if turn.command.subverb == "me":
        return Reply("kudos_mine", {"reader": turn.member.member_id})
    if turn.command.is_bare:
        return Reply("help_verb", {"verb": "kudos"}, Audience.QUIET)
    is_private = turn.command.subverb == "private"
    kudos_id = await service.give(
        turn.session,
        workspace=turn.workspace,
        giver=turn.member,
        receivers=_receivers(turn),
        wording=Wording.of(turn.command.text, turn.command.tags),
        points_each=_points(turn.command.points),
        is_private=is_private,
        source=service.Source(turn.conversation.id, turn.message_id),
        guards_repeats=turn.incoming.repeat_guard,
        now=turn.now,
    )
    audience = Audience.PRIVATE if is_private else Audience.ASIDE
    return Reply("kudos_receipt", {"kudos": kudos_id, "reader": turn.member.member_id}, audience)


def _receivers(turn: Turn) -> list[Person]:
    """Those named; else the author of the message that this one answers."""
    if turn.command.typed:
        raise UnknownPerson(name=turn.command.typed[0])
    act = turn.incoming.act
    answered = (act.replied_to,) if isinstance(act, Said | Edited) and act.replied_to else ()
    return [turn.person(account) for account in turn.command.receivers or answered]


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
    receivers = {person.member_id for person in _receivers(turn)}
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


async def undo(turn: Turn) -> Reply:
    assert turn.press is not None
    kudos_id = turn.press.object_id
    await service.undo(turn.session, workspace=turn.workspace, kudos_id=kudos_id, giver=turn.member, now=turn.now)
    return _taken_back(turn, kudos_id)


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
