"""`/me`: one's own page."""

from bots.chat import Audience, Reply
from bots.turn import Turn


async def run(turn: Turn) -> Reply:
    return Reply("home", {"reader": turn.member.member_id}, Audience.PRIVATE)
