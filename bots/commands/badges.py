"""`/badges [@who]`: a collection, its pages, and which of one's own badges are shown first."""

from bots.chat import Audience, Manner, PlaceKind, Reply
from bots.commands.kudos import UnknownPerson
from bots.turn import Turn
from cards.collections import SHOWN
from core.badges import showcase


async def run(turn: Turn) -> Reply:
    if turn.command.typed:
        raise UnknownPerson(name=turn.command.typed[0])
    receivers = turn.command.receivers
    member_id = turn.person(receivers[0]).member_id if receivers else turn.member.member_id
    return _collection(turn, member_id, 1, Manner.POST)


async def turn_page(turn: Turn) -> Reply:
    assert turn.press is not None
    return _collection(turn, turn.press.object_id, int(turn.press.argument), Manner.EDIT)


async def show(turn: Turn) -> Reply:
    """Show a badge of one's own first, or no longer."""
    assert turn.press is not None
    wanted, _, page = turn.press.argument.partition(":")
    change = showcase.show if wanted == SHOWN else showcase.hide
    await change(turn.session, workspace=turn.workspace, member=turn.member, badge_id=turn.press.object_id)
    return _collection(turn, turn.member.member_id, int(page), Manner.EDIT)


def _collection(turn: Turn, member_id: int, page: int, manner: Manner) -> Reply:
    """One's own is shown in private, another's where it was asked; there nobody's secret badges are named."""
    is_own = member_id == turn.member.member_id
    is_alone = is_own or turn.incoming.place.kind is PlaceKind.PERSONAL
    reference = {
        "reader": turn.member.member_id,
        "member": member_id,
        "page": page,
        "seer": turn.member.member_id if is_alone else 0,
    }
    return Reply("badges", reference, Audience.PRIVATE if is_own else Audience.QUIET, manner)
