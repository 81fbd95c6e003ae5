"""`/help [verb]`, and what to say to a verb that nobody knows."""

from difflib import get_close_matches

from bots.chat import Audience, Reply
from bots.grammar import Command
from bots.turn import Turn
from cards.words import words_for


class _Known:
    """Verbs by all their spellings; any member may type any language."""

    verbs = words_for("en").verbs()


async def run(turn: Turn) -> Reply:
    asked = turn.command.text.casefold().lstrip("/").split()
    if not asked:
        return Reply("help", {}, Audience.QUIET)
    verb = _Known.verbs.get(asked[0])
    return Reply("help_verb", {"verb": verb}, Audience.QUIET) if verb else unknown(Command("", asked[0]))


def unknown(command: Command) -> Reply:
    """The nearest verb, if one is near; the typed word itself is not kept."""
    near = get_close_matches(command.typed_verb, _Known.verbs, n=1, cutoff=0.6)
    return Reply("unknown_verb", {"nearest": _Known.verbs[near[0]] if near else ""}, Audience.QUIET)
