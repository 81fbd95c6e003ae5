"""Opening draws, and the Refusals of all their verbs. Joining is in core.draws.joining, what follows in core.draws.stages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import constraint
from core.draws import announce
from core.draws.eligible import Filters
from core.draws.models import NAME_MAX, WINNERS_MAX, Draw
from core.errors import Refusal
from core.people.models import Workspace
from core.people.queries import Person
from core.points import service as points
from core.text import clean

NOTICE: Final = timedelta(minutes=10)
"""How long what was sealed is public before it is drawn."""

OPEN_MIN, OPEN_MAX = timedelta(minutes=1), timedelta(days=90)
RESERVES: Final = 5
ROLES: Final = frozenset({"admin", "coordinator", "manager"})
"""Who may open a draw; admins may also call any off, the others their own."""


class DrawNotAllowed(Refusal):
    code = "draw_not_allowed"


class DrawNameInvalid(Refusal):
    code = "draw_name_invalid"


class DrawNameTaken(Refusal):
    """Members can join another draw of that name at this moment."""

    code = "draw_name_taken"


class DrawPrizeMissing(Refusal):
    code = "draw_prize_missing"


class DrawWinnersInvalid(Refusal):
    code = "draw_winners_invalid"


class DrawTimeInvalid(Refusal):
    code = "draw_time_invalid"


class DrawClosed(Refusal):
    """Joining is over, or the draw is."""

    code = "draw_closed"


class DrawJoined(Refusal):
    code = "draw_joined"


class DrawNotJoined(Refusal):
    code = "draw_not_joined"


class DrawNotForYou(Refusal):
    """The draw's filters, its prize, or an earlier win leave the member out."""

    code = "draw_not_for_you"


class DrawGone(Refusal):
    """No such draw in the workspace."""

    code = "draw_gone"


@dataclass(frozen=True, slots=True)
class Prize:
    """What each winner gets: a badge, points from the issuer beside what the badge brings, or both."""

    badge_id: int | None = None
    points: int = 0


def check_may_open(member: Person) -> None:
    """Raises DrawNotAllowed."""
    if member.has_left or not ROLES & set(member.roles):
        raise DrawNotAllowed


async def open_draw(
    session: AsyncSession,
    *,
    workspace: Workspace,
    name: str,
    prize: Prize,
    winners: int,
    opener: Person | None = None,
    closes_at: datetime | None = None,
    reserves: int = RESERVES,
    filters: Filters | None = None,
    notice: timedelta = NOTICE,
    conversation_id: int | None = None,
    source: str | None = None,
    now: datetime,
) -> Draw | None:
    """Open a draw: one that members join until `closes_at`; without it, one among all who may take part, to be frozen next.
    `source` is what asked for it: a second time nothing is opened (None). Raises Refusals; then nothing may be kept."""
    if opener is not None:
        check_may_open(opener)
    if not (prize.points or prize.badge_id):
        raise DrawPrizeMissing
    values = {
        "workspace_id": workspace.id,
        "name": _named(name),
        "badge_id": prize.badge_id,
        "points": points.amount(prize.points) if prize.points != 0 else 0,
        "winners": _number(winners, low=1),
        "reserves": _number(reserves, low=0),
        "filters": (filters or Filters()).stored(),
        "source": source,
        "opened_by": opener.member_id if opener else None,
        "conversation_id": conversation_id,
        **_times(closes_at, notice, now),
    }
    draw = await _insert(session, values)
    if draw is not None and draw.is_opt_in:
        await announce.opened(session, draw)
    return draw


async def _insert(session: AsyncSession, values: dict[str, Any]) -> Draw | None:
    opened = insert(Draw).values(**values).on_conflict_do_nothing(index_elements=["workspace_id", "source"])
    try:
        async with session.begin_nested():
            draw: Draw | None = await session.scalar(opened.returning(Draw))
    except IntegrityError as error:
        if constraint(error) != "uq_draw_open_name":
            raise
        raise DrawNameTaken(name=values["name"]) from None
    return draw


def _named(name: str) -> str:
    told = clean(name).replace("\n", " ")
    if not 1 <= len(told) <= NAME_MAX:
        raise DrawNameInvalid(length=len(told), limit=NAME_MAX)
    return told


def _number(given: object, *, low: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= WINNERS_MAX:
        raise DrawWinnersInvalid(given=str(given)[:40], limit=WINNERS_MAX)
    return given


def _times(closes_at: datetime | None, notice: timedelta, now: datetime) -> dict[str, Any]:
    if closes_at is not None and not OPEN_MIN <= closes_at - now <= OPEN_MAX:
        raise DrawTimeInvalid(limit=OPEN_MAX.days)
    return {
        "is_opt_in": closes_at is not None,
        "opened_at": now,
        "closes_at": closes_at or now,
        "notice_seconds": int(notice.total_seconds()),
    }
