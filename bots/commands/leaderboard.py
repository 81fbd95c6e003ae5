"""`/leaderboard [measure] [period] [group]`, its buttons, which turn the page in place, and the one that shares it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import ClassVar

from bots.chat import Audience, Manner, PlaceKind, Reply
from bots.grammar import SUBVERBS, Command
from bots.turn import Turn
from cards.words import words_for
from core import tokens
from core.errors import Refusal
from core.leaderboards import crews
from core.leaderboards.asking import CREWS, Asked, read
from core.leaderboards.models import MEASURES, PERIODS

TYPED_MAX = 40
NEAR = 0.75
QUOTED = re.compile(r"[\"“„«]\s*([^\"“”„«»]+?)\s*[\"“”»]")


class WordUnknown(Refusal):
    """A word that is neither measure nor period nor group; `nearest` is one that is, if one is near."""

    def __init__(self, typed: str, nearest: str) -> None:
        self.code = "board_word_near" if nearest else "board_word_unknown"
        super().__init__(typed=typed[:TYPED_MAX], **({"nearest": nearest} if nearest else {}))


class WordTwice(Refusal):
    """Two measures, or two periods."""

    code = "board_word_twice"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed. `crew` is a kind of group, `name` which one, empty for one's own."""

    measure: str = ""
    period: str = ""
    crew: str = ""
    crew_typed: str = ""
    name: str = ""


class _Known:
    """What may stand behind the verb, by all its spellings."""

    words: ClassVar[Mapping[str, str]] = {
        spelling: name for spelling, name in words_for("en").subverbs().items() if name in SUBVERBS["leaderboard"]
    }


async def run(turn: Turn) -> Reply:
    wanted = understood(turn.command)
    asked = Asked()
    asked = replace(asked, measure=wanted.measure or asked.measure, period=wanted.period or asked.period)
    if wanted.crew:
        crew = await crews.find(
            turn.session,
            workspace_id=turn.workspace.id,
            kind=wanted.crew,
            name=wanted.name,
            typed=f"{wanted.crew_typed} {wanted.name}".strip()[: 2 * TYPED_MAX],
            member_id=turn.member.member_id,
            place=turn.conversation,
        )
        asked = replace(asked, crew=crew)
    return _board(turn, asked, Manner.POST)


def understood(command: Command) -> Wanted:
    """Read the words behind the verb. Raises WordUnknown or WordTwice."""
    words = [word for word in (command.subverb, *command.text.split()) if word]
    wanted = Wanted()
    while words:
        name = _Known.words.get(words[0].casefold(), "")
        if name in CREWS:
            if wanted.crew:
                raise WordTwice(typed=words[0][:TYPED_MAX])
            wanted, words = _crew(wanted, name, words[0], words[1:])
            continue
        wanted = _plain(wanted, name, words.pop(0))
    return wanted


def _plain(wanted: Wanted, name: str, typed: str) -> Wanted:
    """A measure or a period, once each."""
    if not name:
        near = get_close_matches(typed.casefold(), _Known.words, n=1, cutoff=NEAR)
        raise WordUnknown(typed, near[0] if near else "")
    field = "measure" if name in MEASURES else "period"
    if getattr(wanted, field):
        raise WordTwice(typed=typed[:TYPED_MAX])
    return replace(wanted, measure=name) if field == "measure" else replace(wanted, period=name)


def _crew(wanted: Wanted, kind: str, typed: str, rest: Sequence[str]) -> tuple[Wanted, list[str]]:
    """The name of a group ends where measures and periods begin that close the message; in quotation marks it may hold them."""
    wanted = replace(wanted, crew=kind, crew_typed=typed)
    if kind == "channel":
        return wanted, list(rest)
    if quoted := QUOTED.match(" ".join(rest)):
        return replace(wanted, name=quoted[1]), " ".join(rest)[quoted.end() :].split()
    end = len(rest)
    while end and _Known.words.get(rest[end - 1].casefold(), "") in {*MEASURES, *PERIODS}:
        end -= 1
    return replace(wanted, name=" ".join(rest[:end])), list(rest[end:])


async def turn_page(turn: Turn) -> Reply:
    """Another period, measure or page, in place."""
    return _board(turn, _pressed(turn), Manner.EDIT)


async def share(turn: Turn) -> Reply:
    """The page as it is now, for everybody in the conversation; it is nobody's own."""
    asked = replace(_pressed(turn), is_open=True)
    return Reply("leaderboard", {"board": asked.as_argument(), "reader": None}, Audience.HERE)


def _pressed(turn: Turn) -> Asked:
    """What the button asks for. Raises Closed for what is no more."""
    assert turn.press is not None
    asked = read(turn.press.argument)
    if asked is None:
        raise tokens.Closed
    return asked


def _board(turn: Turn, asked: Asked, manner: Manner) -> Reply:
    is_in_channel = turn.incoming.place.kind is not PlaceKind.PERSONAL
    reference = {
        "board": asked.as_argument(),
        "reader": None if asked.is_open else turn.member.member_id,
        "asked_at": int(turn.now.timestamp()) if is_in_channel else 0,
    }
    return Reply("leaderboard", reference, Audience.HERE if asked.is_open else Audience.QUIET, manner)
