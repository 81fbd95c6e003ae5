"""What a member chose, and the form to choose it with."""

from collections.abc import Iterator
from dataclasses import dataclass

from cards.forms import Opening, framed, wrong
from cards.model import Card, Choice, Element, Facts, Heading, Paragraph, Text, TextInput
from cards.words import Words, locale_names, words_for

SEND = "settings_send"
ZONE_LENGTH_MAX = 60
QUIET_LENGTH_MAX = 20


@dataclass(frozen=True, slots=True)
class SettingsView:
    """`language` and `zone` are empty for "what the platform and the company say"; `zone_now` is the one in force. `quiet` is
    `22:00–07:00`, empty for none. Who is not `is_ranked` is on no leaderboard."""

    language: str
    zone: str
    zone_now: str
    workspace: str
    quiet: str
    wants_notices: bool
    is_ranked: bool


def form(words: Words, view: SettingsView, opening: Opening) -> Card:
    title = words("settings.title")
    elements = (Heading(title), *wrong(opening), *_inputs(words, view, opening))
    return framed(words, Card(title, elements), opening, verb=SEND, form="settings")


def kept(words: Words, view: SettingsView) -> Card:
    """What holds from now on."""
    title = words("settings.kept")
    pairs = (
        (words("settings.workspace"), view.workspace),
        (words("settings.language"), _named(words, view.language)),
        (words("settings.zone"), view.zone_now),
        (words("settings.quiet"), view.quiet or words("settings.never")),
        (words("settings.notices"), words(f"settings.{_switch(view.wants_notices)}")),
        (words("settings.ranks"), words(f"settings.{_switch(view.is_ranked)}")),
    )
    return Card(title, (Heading(title), Facts(pairs), Paragraph((Text(words("settings.answers"), subtle=True),))))


def _named(words: Words, language: str) -> str:
    return words_for(language)("settings.own_name") if language else words("settings.automatic")


def _inputs(words: Words, view: SettingsView, opening: Opening) -> Iterator[Element]:
    languages = (("auto", words("settings.automatic")), *((each, _named(words, each)) for each in locale_names()))
    chosen = opening.value("language", view.language or "auto")
    yield Choice("language", words("settings.language"), languages, chosen)
    yield TextInput(
        "zone",
        words("settings.zone"),
        words("settings.zone_example", zone=view.zone_now),
        opening.value("zone", view.zone),
        length_max=ZONE_LENGTH_MAX,
    )
    yield TextInput(
        "quiet",
        words("settings.quiet"),
        words("settings.quiet_example"),
        opening.value("quiet", view.quiet),
        length_max=QUIET_LENGTH_MAX,
    )
    switch = (("on", words("settings.on")), ("off", words("settings.off")))
    for name, now in (("notices", view.wants_notices), ("ranks", view.is_ranked)):
        yield Choice(name, words(f"settings.{name}"), switch, opening.value(name, _switch(now)))


def _switch(is_on: bool) -> str:
    return "on" if is_on else "off"
