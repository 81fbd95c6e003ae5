"""What members read, in one language.

Locale files (`cards/locales/*.json`) hold nested keys; a leaf is a sentence or its plural forms by CLDR category. In a sentence
`{name}` is a place for a value and `` `/help` `` a command to type. Only locale files are templates: a value is shown as it is.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal
from babel.plural import PluralRule

from cards.model import Line, Mention, Run, Text

LOCALES = Path(__file__).parent / "locales"
ENGLISH = "en"
CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})
SPELLINGS = ("verbs", "subverbs")

Value = str | int | Run | Line

_PIECES = re.compile(r"\{(\w+)\}|`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value goes in a sentence."""

    name: str


Sentence = tuple[str | Text | Place, ...]


@dataclass(frozen=True, slots=True)
class Plural:
    """A sentence in all plural forms of the language it is written in."""

    forms: Mapping[str, Sentence]
    rule: PluralRule

    def sentence(self, count: int) -> Sentence:
        return self.forms.get(self.rule(count)) or self.forms["other"]


class Words:
    """Sentences of one locale; what it lacks is said in English. `tree` is the content of its file, read if not given."""

    def __init__(self, locale: str, tree: Mapping[str, Any] | None = None) -> None:
        self.locale = locale
        own = _sentences(locale_tree(locale) if tree is None else tree, locale)
        self._sentences = {**_sentences(locale_tree(ENGLISH), ENGLISH), **own}

    def __call__(self, key: str, /, **values: Value) -> str:
        """The sentence as plain text. Raises KeyError for a key that English lacks and for a value that was not given."""
        return "".join(plain(self._runs(piece, values)) for piece in self._sentence(key, values))

    def __contains__(self, key: str) -> bool:
        return key in self._sentences

    def line(self, key: str, /, **values: Value) -> Line:
        """The sentence as runs, so that a mention may stand wherever the language wants it. Raises as `__call__` does."""
        return merged(chain.from_iterable(self._runs(piece, values) for piece in self._sentence(key, values)))

    def join(self, runs: Sequence[Run]) -> Line:
        """`Ana, Luis and Eva`, as the language joins names."""
        if len(runs) < 2:
            return tuple(runs)
        separated = chain.from_iterable((Text(self("list.between")), run) for run in runs[1:-1])
        return merged((runs[0], *separated, Text(self._last_joint(shown(runs[-1]))), runs[-1]))

    def number(self, number: int) -> str:
        return _number(number, self.locale)

    def date(self, moment: datetime, zone: str) -> str:
        """`24 Nov 2025` in the IANA zone."""
        return self._time("time.date", moment, zone)

    def day(self, moment: datetime, zone: str) -> str:
        """`24 Nov 25`, for narrow columns."""
        return self._time("time.day", moment, zone)

    def moment(self, moment: datetime, zone: str) -> str:
        """`Mon 24 Nov, 00:00` in the IANA zone."""
        return self._time("time.moment", moment, zone)

    def instant(self, moment: datetime, zone: str) -> str:
        """`24 Nov 2025, 00:00` in the IANA zone, for what may be far away."""
        return self._time("time.instant", moment, zone)

    def verbs(self) -> Mapping[str, str]:
        """Case-folded spelling → verb, of every locale: any member may type any language."""
        return _spellings("verbs")

    def subverbs(self) -> Mapping[str, str]:
        """Case-folded spelling → word after a verb (`undo`, `week`, …), of every locale."""
        return _spellings("subverbs")

    def _sentence(self, key: str, values: Mapping[str, Value]) -> Sentence:
        found = self._sentences[key]
        if not isinstance(found, Plural):
            return found
        count = values["count"]
        assert isinstance(count, int), f"{key}: the plural is chosen by a number"
        return found.sentence(count)

    def _runs(self, piece: str | Text | Place, values: Mapping[str, Value]) -> Line:
        if isinstance(piece, str):
            return (Text(piece),)
        if isinstance(piece, Text):
            return (piece,)
        value = values[piece.name]
        if isinstance(value, int):
            return (Text(self.number(value)),)
        if isinstance(value, str):
            return (Text(value),)
        return value if isinstance(value, tuple) else (value,)

    def _last_joint(self, following: str) -> str:
        """Spanish says `Ana e Inés`, but `Inés y Ana`: the joint before the last name may depend on its sound."""
        exception = self("list.exception_before")
        if exception and re.match(exception, following, re.IGNORECASE):
            return self("list.last_exception")
        return self("list.last")

    def _time(self, key: str, moment: datetime, zone: str) -> str:
        return format_datetime(moment.astimezone(ZoneInfo(zone)), self(key), locale=self.locale)


def words_for(locale: str | None) -> Words:
    """The words nearest to a platform's language tag: `es-MX` → Spanish, unknown → English."""
    tag = (locale or ENGLISH).replace("_", "-").lower()
    while tag and tag not in _locales():
        tag = tag.rpartition("-")[0]
    return _words(tag or ENGLISH)


def shown(run: Run) -> str:
    """What is read of a run where it is only text."""
    return run.name if isinstance(run, Mention) else run.text


def plain(line: Line) -> str:
    return "".join(shown(run) for run in line)


def merged(runs: Iterable[Run]) -> Line:
    """The same line with neighbours of one style as one run, and without empty runs."""
    line: list[Run] = []
    for run in runs:
        last = line[-1] if line else None
        if isinstance(run, Text) and isinstance(last, Text) and _style(run) == _style(last):
            line[-1] = Text(last.text + run.text, *_style(run))
        elif shown(run):
            line.append(run)
    return tuple(line)


def locale_names() -> tuple[str, ...]:
    """Every language that has a file."""
    return tuple(sorted(_locales().values()))


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, sentence or plural forms or list of spellings) of a locale file's tree."""
    for name, node in tree.items():
        is_group = isinstance(node, dict) and not ("other" in node and CATEGORIES.issuperset(node))
        if is_group:
            yield from leaves(node, f"{prefix}{name}.")
        else:
            yield prefix + name, node


@cache
def locale_tree(locale: str) -> Mapping[str, Any]:
    tree: dict[str, Any] = json.loads((LOCALES / f"{locale}.json").read_text(encoding="utf-8"))
    return MappingProxyType(tree)


def _style(text: Text) -> tuple[bool, bool, bool, bool]:
    return text.bold, text.italic, text.subtle, text.code


@cache
def _words(tag: str) -> Words:
    return Words(_locales()[tag])


@cache
def _locales() -> Mapping[str, str]:
    return {path.stem.lower(): path.stem for path in LOCALES.glob("*.json")}


def _sentences(tree: Mapping[str, Any], locale: str) -> Mapping[str, Sentence | Plural]:
    said = {name: node for name, node in tree.items() if name not in SPELLINGS}
    rule = Locale.parse(locale, sep="-").plural_form
    return {key: _spoken(node, rule) for key, node in leaves(said)}


def _spoken(node: str | Mapping[str, str], rule: PluralRule) -> Sentence | Plural:
    if isinstance(node, str):
        return _parsed(node)
    return Plural({form: _parsed(sentence) for form, sentence in node.items()}, rule)


def _parsed(sentence: str) -> Sentence:
    pieces: list[str | Text | Place] = []
    end = 0
    for match in _PIECES.finditer(sentence):
        name, command = match.groups()
        pieces += [sentence[end : match.start()], Place(name) if name else Text(command, code=True)]
        end = match.end()
    return tuple(piece for piece in (*pieces, sentence[end:]) if piece)


@cache
def _spellings(kind: str) -> Mapping[str, str]:
    return MappingProxyType(
        {
            spelling.casefold(): verb
            for locale in locale_names()
            for verb, spellings in locale_tree(locale)[kind].items()
            for spelling in spellings
        }
    )


@lru_cache(maxsize=4096)
def _number(number: int, locale: str) -> str:
    return str(format_decimal(number, locale=locale))
