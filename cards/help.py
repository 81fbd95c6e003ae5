"""What can be typed, each with an example that works as it stands."""

from collections.abc import Iterator

from cards.model import Card, Element, Heading, Paragraph, Text
from cards.words import Words

EXAMPLES = {
    "kudos": ("simple", "points", "private", "undo", "me"),
    "badge": ("give", "choose", "undo", "story", "comment", "report", "revoke"),
    "badges": ("own", "other"),
    "nominate": ("give", "form", "withdraw", "decline", "comment"),
    "campaigns": ("all", "one"),
    "vote": ("form", "one", "withdraw"),
    "results": ("latest", "one", "receipt"),
    "journey": ("own", "one", "enroll", "tick"),
    "points": ("own", "other", "history"),
    "leaderboard": ("month", "week", "all", "kudos", "department", "channel"),
    "me": ("page",),
    "why": ("points", "badge", "other"),
    "settings": ("form", "language", "zone", "quiet", "notices"),
    "link": ("code", "use"),
    "lottery": ("list", "join", "leave", "proof", "open", "cancel"),
    "help": ("all", "one"),
    "admin": ("connect", "code", "disconnect", "campaign"),
}


def overview(words: Words) -> Card:
    """Every command once."""
    title = words("help.title")
    examples = (_example(words, name, kinds[0]) for name, kinds in EXAMPLES.items())
    return Card(title, (Heading(title), *examples, Paragraph(words.line("help.more"))))


def verb(words: Words, name: str) -> Card:
    """One command with all its uses. Raises KeyError for a name that is not in `EXAMPLES`."""
    about = words(f"help.about.{name}")
    examples = (_example(words, name, kind) for kind in EXAMPLES[name])
    return Card(about, (Heading(words("help.verb", verb=name)), Paragraph((Text(about),)), *examples))


def unknown_verb(words: Words, typed: str, nearest: str | None) -> Card:
    """`typed` may be empty where it is not kept; `nearest` is a verb of ours that resembles it."""
    sentence = words("help.unknown", typed=typed) if typed else words("help.unknown_command")
    elements = [Paragraph((Text(sentence),))]
    if nearest is not None:
        command = Text(words("help.verb", verb=nearest), code=True)
        elements.append(Paragraph(words.line("help.nearest", command=command)))
    elements.append(Paragraph(words.line("help.all")))
    return Card(sentence, tuple(elements))


def welcome(words: Words, is_personal: bool, is_connected: bool, *, is_closed: bool = False) -> Card:
    """The first words in a place: what this is for and the one next step. `is_closed`: the link that led here does nothing any
    more."""
    title = words("help.welcome")
    closed = (Paragraph(words.line("refusals.closed")),) if is_closed else ()
    return Card(title, (*closed, Heading(title), *_first_steps(words, is_personal, is_connected)))


def _first_steps(words: Words, is_personal: bool, is_connected: bool) -> Iterator[Element]:
    if is_personal:
        yield Paragraph(words.line("help.welcome_personal"))
        yield Paragraph(words.line("help.welcome_try_personal"))
    else:
        yield Paragraph(words.line("help.welcome_group"))
        yield Paragraph(words.line("help.welcome_try" if is_connected else "help.welcome_connect"))
    yield Paragraph(words.line("help.all"))


def _example(words: Words, name: str, kind: str) -> Paragraph:
    example = Text(words(f"help.{name}.{kind}.example"), code=True)
    return Paragraph(words.line("help.line", command=example, about=words(f"help.{name}.{kind}.about")))
