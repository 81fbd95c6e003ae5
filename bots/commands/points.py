"""`/points`, `/points @who`, `/points history`."""

from bots.chat import Audience, Reply
from bots.commands.kudos import UnknownPerson
from bots.turn import Turn


async def run(turn: Turn) -> Reply:
    reader = turn.member.member_id
    if turn.command.subverb == "history":
        return Reply("points_history", {"reader": reader})
    if turn.command.typed:
        raise UnknownPerson(name=turn.command.typed[0])
    if not turn.command.receivers:
        return Reply("points", {"reader": reader, "member": reader})
    person = turn.person(turn.command.receivers[0])
    audience = Audience.PRIVATE if person.member_id == reader else Audience.QUIET
    return Reply("points", {"reader": reader, "member": person.member_id}, audience)
