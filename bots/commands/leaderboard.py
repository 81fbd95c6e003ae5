"""`/leaderboard [points] [today|week|month|quarter|year|all]` and its buttons, which turn the page in place."""

from bots.chat import Audience, Manner, Reply
from bots.turn import Turn
from cards.words import words_for
from core.leaderboards.queries import PERIODS, PeriodUnknown

DEFAULT_PERIOD = "month"
MEASURE = "points"


async def run(turn: Turn) -> Reply:
    spellings = words_for(turn.workspace.locale).subverbs()
    typed = (spellings.get(word, word) for word in turn.command.text.casefold().split())
    periods = [word for word in (turn.command.subverb, *typed) if word and word != MEASURE]
    period = periods[0] if periods else DEFAULT_PERIOD
    if period not in PERIODS or len(periods) > 1:
        raise PeriodUnknown(typed=" ".join(periods)[:40])
    return _board(turn, period, Manner.POST)


async def turn_page(turn: Turn) -> Reply:
    assert turn.press is not None
    return _board(turn, turn.press.argument.removeprefix(f"{MEASURE}:"), Manner.EDIT)


def _board(turn: Turn, period: str, manner: Manner) -> Reply:
    return Reply("leaderboard", {"period": period, "reader": turn.member.member_id}, Audience.QUIET, manner)
