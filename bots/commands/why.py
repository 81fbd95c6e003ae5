"""`/why`, `/why "Badge"`, `/why @ana "Badge"`: what points are made of, and what stands between somebody and a badge."""

from bots.chat import Audience, Reply
from bots.commands.kudos import UnknownPerson
from bots.turn import Turn
from core.badges import choosing


async def run(turn: Turn) -> Reply:
    reader = turn.member.member_id
    if turn.command.typed:
        raise UnknownPerson(name=turn.command.typed[0])
    name = (turn.command.quoted or turn.command.text).strip()
    if not name:
        return Reply("why_points", {"reader": reader})
    found = await choosing.by_name(turn.session, name, workspace=turn.workspace, giver=turn.member, now=turn.now)
    holder = turn.person(turn.command.receivers[0]).member_id if turn.command.receivers else reader
    return Reply("why_badge", {"reader": reader, "badge": found[0].id, "holder": holder}, Audience.PRIVATE)
