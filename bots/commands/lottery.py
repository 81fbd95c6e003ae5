"""`/lottery`, `/lottery join "Draw"`, `leave`, `proof`; who may also `open "Draw" +50 3 2h` and `cancel`; the form, and the buttons."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bots import forms
from bots.chat import Audience, Manner, PlaceKind, Pressed, Reply
from bots.turn import Run, Turn
from core.badges import choosing, drawing, queries
from core.badges.models import Badge
from core.draws import joining, service, stages
from core.draws import queries as draws
from core.draws.models import WINNERS_MAX, Draw
from core.draws.service import DrawGone, Prize
from core.errors import Refusal
from core.points.models import AMOUNT_MAX
from core.points.service import PointsInvalid

CLOSES_IN = timedelta(hours=1)
"""How long members can join if nobody says."""

FORM = forms.Form(
    "draw_form",
    {
        "draw_name_invalid": "name",
        "draw_name_taken": "name",
        "draw_not_allowed": "name",
        "draw_prize_missing": "points",
        "points_invalid": "points",
        "draw_winners_invalid": "winners",
        "draw_time_invalid": "closes",
        "badge_unnamed": "badge",
        "badge_disabled": "badge",
        "badge_not_by_hand": "badge",
        "badge_not_yet": "badge",
        "badge_closed": "badge",
        "badge_over": "badge",
        "badge_not_yours": "badge",
    },
)
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "t": "days", "j": "days"}
_SPAN = re.compile(r"(\d{1,5})(m|min|h|d|t|j)", re.IGNORECASE)
_WHOLE = re.compile(r"\d{1,9}")
_AMOUNT = re.compile(r"\+(\d{1,12})")
_QUOTED = re.compile(r"[\"“„«]\s*([^\"“”„«»]+?)\s*[\"“”»]")
TYPED_MAX = 40


class DrawWordUnknown(Refusal):
    """A word of `/lottery open` that is neither prize nor winners nor time."""

    code = "draw_word_unknown"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be opened, as it was typed. `badge` is the name of the prize."""

    badge: str = ""
    points: str = ""
    winners: str = ""
    closes: str = ""


async def run(turn: Turn) -> Reply:
    command = turn.command
    if command.subverb in SUBVERBS:
        reply = await SUBVERBS[command.subverb](turn)
        assert reply is not None
        return reply
    if command.quoted:
        return _status(turn, await _named(turn))
    return Reply("draw_list", {"reader": turn.member.member_id}, Audience.QUIET)


def _status(turn: Turn, draw: Draw) -> Reply:
    return Reply("draw_proof", {"draw": draw.id, "reader": turn.member.member_id}, Audience.QUIET)


async def _named(turn: Turn) -> Draw:
    """The draw of the name in quotation marks, or without them of all the words; without any the latest. Raises DrawGone."""
    name = turn.command.quoted or turn.command.text
    draw = await draws.named(turn.session, name, workspace_id=turn.workspace.id)
    if draw is None:
        raise DrawGone(typed=name[:TYPED_MAX] or "–")
    return draw


async def join(turn: Turn) -> Reply:
    return await _join(turn, await _named(turn), Manner.POST)


async def press_join(turn: Turn) -> Reply:
    return await _join(turn, await _pressed(turn), Manner.TOAST)


async def _join(turn: Turn, draw: Draw, manner: Manner) -> Reply:
    await drawing.join(turn.session, workspace=turn.workspace, draw=draw, member=turn.member, now=turn.now)
    return Reply("draw_joined", {"draw": draw.id}, Audience.QUIET, manner)


async def leave(turn: Turn) -> Reply:
    draw = await _named(turn)
    await joining.leave(turn.session, draw=draw, member=turn.member)
    return Reply("draw_left", {"draw": draw.id}, Audience.QUIET)


async def proof(turn: Turn) -> Reply:
    return _status(turn, await _named(turn))


async def press_proof(turn: Turn) -> Reply:
    return _status(turn, await _pressed(turn))


async def _pressed(turn: Turn) -> Draw:
    assert turn.press is not None
    draw = await draws.get(turn.session, turn.press.object_id, workspace_id=turn.workspace.id)
    if draw is None:
        raise DrawGone(typed="–")
    return draw


async def cancel(turn: Turn) -> Reply:
    draw = await stages.hold(turn.session, (await _named(turn)).id, workspace_id=turn.workspace.id)
    assert draw is not None, "draws are never deleted"
    await stages.call_off(turn.session, draw, actor=turn.member, now=turn.now)
    return Reply("draw_cancelled", {"draw": draw.id}, Audience.PRIVATE)


async def open_typed(turn: Turn) -> Reply:
    service.check_may_open(turn.member)
    command = turn.command
    if not command.quoted and not command.text:
        return form(turn)
    wanted = understood(command.text)
    badge = await _prize(turn, wanted.badge) if wanted.badge else None
    return await _open(turn, command.quoted, wanted, badge, _place(turn, turn.conversation.id), Manner.POST)


def understood(text: str) -> Wanted:
    """`+50 3 2h "Team player"`, in any order, each once. Raises DrawWordUnknown."""
    wanted = Wanted()
    if quoted := _QUOTED.search(text):
        wanted, text = replace(wanted, badge=quoted[1]), text[: quoted.start()] + " " + text[quoted.end() :]
    for word in text.split():
        field = next((name for name, shape in _SHAPES.items() if shape.fullmatch(word)), "")
        if not field or getattr(wanted, field):
            raise DrawWordUnknown(typed=word[:TYPED_MAX])
        wanted = replace(wanted, **{field: word})
    return wanted


_SHAPES: Mapping[str, re.Pattern[str]] = {"points": re.compile(r"\+\S+"), "closes": _SPAN, "winners": _WHOLE}


async def _prize(turn: Turn, name: str) -> Badge:
    who: dict[str, Any] = {"workspace": turn.workspace, "giver": turn.member, "now": turn.now}
    found = await choosing.by_name(turn.session, name, **who)
    if len(found) > 1:
        raise await choosing.unnamed(turn.session, **who)
    return found[0]


def form(turn: Turn) -> Reply:
    service.check_may_open(turn.member)
    return forms.opened(turn, FORM.kind)


async def send(turn: Turn) -> Reply:
    """The form is filled in: open what it says."""
    act = turn.incoming.act
    assert isinstance(act, Pressed)
    assert turn.press is not None
    service.check_may_open(turn.member)
    given = act.inputs
    amount = given.get("points", "").strip().removeprefix("+")
    wanted = Wanted(
        points=f"+{amount}" if amount else "", winners=given.get("winners", "").strip(), closes=given.get("closes", "")
    )
    badge = await _chosen(turn, given.get("badge", ""))
    return await _open(turn, given.get("name", ""), wanted, badge, turn.press.object_id or None, Manner.EDIT)


async def _chosen(turn: Turn, value: str) -> Badge | None:
    """The badge of an id of the form; none is an answer too."""
    if value in {"", "0"}:
        return None
    badge_id = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
    badge = await queries.get(turn.session, badge_id, workspace_id=turn.workspace.id)
    if badge is None:
        raise await choosing.unnamed(turn.session, workspace=turn.workspace, giver=turn.member, now=turn.now)
    return badge


def _place(turn: Turn, conversation_id: int) -> int | None:
    return None if turn.incoming.place.kind is PlaceKind.PERSONAL else conversation_id


async def _open(
    turn: Turn, name: str, wanted: Wanted, badge: Badge | None, conversation_id: int | None, manner: Manner
) -> Reply:
    if badge is not None:
        await drawing.check_prize(turn.session, badge, workspace=turn.workspace, opener=turn.member, now=turn.now)
    draw = await service.open_draw(
        turn.session,
        workspace=turn.workspace,
        opener=turn.member,
        name=name,
        prize=Prize(badge.id if badge else None, _points(wanted.points)),
        winners=_winners(wanted.winners),
        closes_at=turn.now + _span(wanted.closes),
        conversation_id=conversation_id,
        now=turn.now,
    )
    assert draw is not None, "nothing else asks for a draw without a source"
    return Reply("draw_opened", {"draw": draw.id}, Audience.PRIVATE, manner)


def _points(typed: str) -> int:
    if not typed:
        return 0
    amount = _AMOUNT.fullmatch(typed)
    if amount is None or not int(amount[1]):
        raise PointsInvalid(given=typed[:TYPED_MAX], limit=AMOUNT_MAX)
    return int(amount[1])


def _winners(typed: str) -> int:
    if typed and not _WHOLE.fullmatch(typed):
        raise service.DrawWinnersInvalid(given=typed[:TYPED_MAX], limit=WINNERS_MAX)
    return int(typed or 1)


def _span(typed: str) -> timedelta:
    if not typed:
        return CLOSES_IN
    span = _SPAN.fullmatch(typed)
    if span is None:
        raise service.DrawTimeInvalid(limit=service.OPEN_MAX.days)
    return timedelta(**{_UNITS[span[2].lower()]: int(span[1])})


SUBVERBS: Mapping[str, Run] = {"join": join, "leave": leave, "open": open_typed, "cancel": cancel, "proof": proof}
