"""The locale files agree with each other and with the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import combining, normalize

import pytest
from babel import Locale

from cards import help as helps
from cards.words import LOCALES, SPELLINGS, leaves, locale_names, locale_tree

ENGLISH = dict(leaves(locale_tree("en")))
ROOT = Path(__file__).parents[2]
SOURCES = sorted(source for folder in ("cards", "bots", "web") for source in (ROOT / folder).rglob("*.py"))
PLACE = re.compile(r"\{(\w+)\}")
WORD = re.compile(r"[^\W\d_]+")
FRENCH_FAULT = re.compile(r"[^\u00a0]:|[^\u202f][;!?]|«[^\u00a0]|[^\u00a0]»")
SPACE_BEFORE_MARK = re.compile(r"\s[:;!?]")
ENGLISH_VERBS = tuple(locale_tree("en")["verbs"])


def sentences(node: str | dict[str, str]) -> list[str]:
    return [node] if isinstance(node, str) else list(node.values())


def keys_in_code() -> Iterator[tuple[str, str]]:
    """(file, dotted string that looks like a key), the places of f-strings as `*`."""
    groups = {key.split(".", maxsplit=1)[0] for key in ENGLISH}
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            text = ""
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
            if re.fullmatch(r"[a-z_]+(\.[a-z_*]+)+", text) and text.split(".")[0] in groups:
                yield source.name, text


def test_keys_are_found_in_code() -> None:
    found = {key for _, key in keys_in_code()}
    assert len(found) > 60
    assert {"kudos.given", "leaderboards.periods.*", "points.reasons.*"} <= found


@pytest.mark.parametrize(("source", "key"), sorted(set(keys_in_code())))
def test_every_key_in_code_is_in_english(source: str, key: str) -> None:
    pattern = re.compile(re.escape(key).replace(r"\*", r"[\w.]+"))
    assert any(pattern.fullmatch(known) for known in ENGLISH), f"{source} says {key}"


def test_every_sentence_is_said_somewhere() -> None:
    patterns = [re.compile(re.escape(key).replace(r"\*", r"[\w]+")) for _, key in keys_in_code()]
    spoken = [key for key in ENGLISH if key.split(".")[0] not in SPELLINGS]
    assert [key for key in spoken if not any(pattern.fullmatch(key) for pattern in patterns)] == []


def test_every_example_of_help_is_there() -> None:
    for verb, kinds in helps.EXAMPLES.items():
        for kind in kinds:
            assert f"help.{verb}.{kind}.example" in ENGLISH
            assert f"help.{verb}.{kind}.about" in ENGLISH


def test_every_verb_has_help() -> None:
    assert set(helps.EXAMPLES) == set(locale_tree("en")["verbs"])


@pytest.mark.parametrize("locale", locale_names())
class TestLocale:
    def test_it_says_what_english_says(self, locale: str) -> None:
        assert dict(leaves(locale_tree(locale))).keys() == ENGLISH.keys()

    def test_it_has_the_same_places(self, locale: str) -> None:
        for key, node in leaves(locale_tree(locale)):
            if isinstance(node, list):
                continue
            expected = {place for sentence in sentences(ENGLISH[key]) for place in PLACE.findall(sentence)}
            assert {place for sentence in sentences(node) for place in PLACE.findall(sentence)} == expected, key

    def test_its_plurals_are_complete(self, locale: str) -> None:
        categories = {*Locale.parse(locale).plural_form.tags, "other"}
        for key, node in leaves(locale_tree(locale)):
            assert isinstance(node, dict) == isinstance(ENGLISH[key], dict), key
            if isinstance(node, dict):
                assert set(node) == categories, key

    def test_nothing_is_empty_but_the_exception(self, locale: str) -> None:
        for key, node in leaves(locale_tree(locale)):
            if key != "list.exception_before":
                assert (
                    all(text.strip() or text == " " for text in node)
                    if isinstance(node, list)
                    else all(sentences(node))
                ), key

    def test_braces_and_backticks_are_paired(self, locale: str) -> None:
        for key, node in leaves(locale_tree(locale)):
            for sentence in node if isinstance(node, list) else sentences(node):
                if key != "list.exception_before":
                    assert not re.search(r"[{}]", PLACE.sub("", sentence)), key
                    assert sentence.count("`") % 2 == 0, key

    def test_a_joint_has_an_exception_only_with_a_pattern(self, locale: str) -> None:
        joints = locale_tree(locale)["list"]
        re.compile(joints["exception_before"])
        assert (joints["last"] != joints["last_exception"]) == bool(joints["exception_before"])

    def test_no_sentence_is_left_in_english(self, locale: str) -> None:
        for key, node in leaves(locale_tree(locale)):
            if locale == "en" or isinstance(node, list) or key.split(".")[0] in {"time", "platforms"}:
                continue
            for sentence in sentences(node):
                assert len(WORD.findall(PLACE.sub("", sentence))) < 3 or sentence not in sentences(ENGLISH[key]), key

    def test_it_is_set_with_its_own_marks(self, locale: str) -> None:
        """Apostrophes are curved, and French marks do not begin a line."""
        for key, node in leaves(locale_tree(locale)):
            if isinstance(node, list) or key.startswith(("time.", "list.")):
                continue
            for sentence in sentences(node):
                assert "'" not in sentence, key
                assert not (FRENCH_FAULT if locale == "fr" else SPACE_BEFORE_MARK).search(sentence), key

    def test_telegram_shows_all_of_a_command(self, locale: str) -> None:
        """A description in its menu has at most 256 characters."""
        for verb in ENGLISH_VERBS:
            assert 1 <= len(locale_tree(locale)["help"]["about"][verb]) <= 256

    def test_its_spellings_are_known_verbs(self, locale: str) -> None:
        for kind in SPELLINGS:
            assert locale_tree(locale)[kind].keys() == locale_tree("en")[kind].keys()

    def test_its_accents_need_not_be_typed(self, locale: str) -> None:
        for kind in SPELLINGS:
            for spellings in locale_tree(locale)[kind].values():
                assert {_without_accents(spelling) for spelling in spellings} <= set(spellings)


def _without_accents(spelling: str) -> str:
    """What a hurried hand types: `ü` is `ue`, other letters lose their mark, and the apostrophe is straight."""
    for mark, typed in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("’", "'")):
        spelling = spelling.replace(mark, typed)
    return "".join(letter for letter in normalize("NFD", spelling) if not combining(letter))


@pytest.mark.parametrize("kind", SPELLINGS)
def test_no_spelling_means_two_things(kind: str) -> None:
    meanings: dict[str, Any] = {}
    for locale in locale_names():
        for verb, spellings in locale_tree(locale)[kind].items():
            for spelling in spellings:
                assert meanings.setdefault(spelling.casefold(), verb) == verb
                assert spelling == spelling.casefold().strip()


@pytest.mark.parametrize("kind", SPELLINGS)
def test_the_reference_lists_every_spelling(kind: str) -> None:
    reference = (ROOT / "docs" / "reference" / "chat-commands.md").read_text(encoding="utf-8")
    spellings = {s for locale in locale_names() for each in locale_tree(locale)[kind].values() for s in each}
    assert {spelling for spelling in spellings if f"`{spelling}`" not in reference} == set()


def test_a_file_is_a_language_that_babel_knows() -> None:
    for file in LOCALES.glob("*.json"):
        Locale.parse(file.stem, sep="-")
