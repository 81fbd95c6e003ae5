"""Sentences of one language, composed of runs."""

from datetime import UTC, datetime

import pytest

from cards.model import Mention, Text
from cards.words import Words, merged, plain, words_for


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("en", "en"),
        ("es", "es"),
        ("es-MX", "es"),
        ("es_419", "es"),
        ("de-AT", "de"),
        ("fr-CA", "fr"),
        ("pt-br", "pt"),
        ("pt_PT", "pt"),
        ("ES", "es"),
        ("zh-Hant-TW", "en"),
        ("tlh", "en"),
        ("", "en"),
        (None, "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_nearest_language(asked: str | None, spoken: str) -> None:
    assert words_for(asked).locale == spoken


def test_words_are_read_once() -> None:
    assert words_for("es-MX") is words_for("es")


@pytest.mark.parametrize(
    ("locale", "count", "said"),
    [
        ("en", 1, "1 point"),
        ("en", 0, "0 points"),
        ("en", 1200, "1,200 points"),
        ("es", 1, "1 punto"),
        ("es", 2, "2 puntos"),
        ("es", 1_000_000, "1.000.000 de puntos"),
        ("de", 0, "0 Punkte"),
        ("de", 1, "1 Punkt"),
        ("de", 1_000_000, "1.000.000 Punkte"),
        ("fr", 0, "0 point"),
        ("fr", 2, "2 points"),
        ("fr", 1200, "1\u202f200 points"),
        ("fr", 1_000_000, "1\u202f000\u202f000 de points"),
        ("pt", 1, "1 ponto"),
        ("pt", 1200, "1.200 pontos"),
        ("pt", 2_000_000, "2.000.000 de pontos"),
    ],
)
def test_plural_and_number(locale: str, count: int, said: str) -> None:
    assert words_for(locale)("amounts.points", count=count) == said


def test_what_a_language_lacks_is_english_never_the_key() -> None:
    words = Words("pl", {"kudos": {"undo": "Cofnij"}})
    assert words("kudos.undo") == "Cofnij"
    assert words("kudos.second") == "Second it"
    assert words("amounts.points", count=1) == "1 point"
    with pytest.raises(KeyError):
        words("kudos.nothing_of_the_kind")


def test_a_language_with_more_plural_forms() -> None:
    forms = {"one": "{count} punkt", "few": "{count} punkty", "many": "{count} punktów", "other": "{count} punktu"}
    words = Words("pl", {"amounts": {"points": forms}})
    assert [words("amounts.points", count=count) for count in (1, 3, 5, 22)] == [
        "1 punkt",
        "3 punkty",
        "5 punktów",
        "22 punkty",
    ]


def test_values_are_no_templates() -> None:
    words = words_for("en")
    assert words("help.unknown", typed="{count} `code` %s {typed}") == "I do not know “{count} `code` %s {typed}”."
    assert words.line("help.unknown", typed="{typed}`x`") == (Text("I do not know “{typed}`x`”."),)


def test_line_holds_mentions_where_the_language_wants_them() -> None:
    ana, luis = Mention(1, "Ana"), Mention(2, "Luis")
    assert words_for("en").line("kudos.given", giver=ana, receivers=luis) == (ana, Text(" thanked "), luis)
    assert words_for("es").line("kudos.given", giver=ana, receivers=(luis,)) == (ana, Text(" da las gracias a "), luis)


def test_commands_in_a_sentence_are_code() -> None:
    assert words_for("en").line("help.all") == (Text("/help", code=True), Text(" shows all I can do."))
    assert words_for("en")("help.all") == "/help shows all I can do."


def test_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        words_for("en")("help.unknown")


@pytest.mark.parametrize(
    ("locale", "names", "said"),
    [
        ("en", [], ""),
        ("en", ["Ana"], "Ana"),
        ("en", ["Ana", "Luis"], "Ana and Luis"),
        ("en", ["Ana", "Luis", "Eva", "Zoe"], "Ana, Luis, Eva and Zoe"),
        ("es", ["Inés", "Ana"], "Inés y Ana"),
        ("es", ["Ana", "Inés"], "Ana e Inés"),
        ("es", ["Ana", "Hilario"], "Ana e Hilario"),
        ("es", ["Ana", "Yolanda"], "Ana y Yolanda"),
        ("es", ["Ana", "Ian"], "Ana y Ian"),
        ("de", ["Ana", "Luis", "Inés"], "Ana, Luis und Inés"),
        ("fr", ["Ana", "Luis", "Inés"], "Ana, Luis et Inés"),
        ("pt", ["Ana", "Luis", "Inés"], "Ana, Luis e Inés"),
    ],
)
def test_names_are_joined(locale: str, names: list[str], said: str) -> None:
    assert plain(words_for(locale).join([Text(name, bold=True) for name in names])) == said


def test_joined_names_keep_their_style() -> None:
    joined = words_for("en").join([Mention(1, "Ana"), Text("Luis", bold=True)])
    assert joined == (Mention(1, "Ana"), Text(" and "), Text("Luis", bold=True))


def test_neighbours_of_one_style_become_one_run() -> None:
    runs = (Text("a"), Text("b"), Text(""), Text("c", bold=True), Text("d", bold=True), Mention(1, "e"))
    assert merged(runs) == (Text("ab"), Text("cd", bold=True), Mention(1, "e"))


def test_time_is_told_in_the_zone() -> None:
    moment = datetime(2025, 11, 23, 23, 0, tzinfo=UTC)
    assert words_for("en").moment(moment, "Europe/Madrid") == "Mon 24 Nov, 00:00"
    assert words_for("es").moment(moment, "Europe/Madrid") == "lun 24 nov, 00:00"
    assert words_for("en").date(moment, "America/New_York") == "23 Nov 2025"
    assert words_for("en").day(moment, "Etc/UTC") == "23 Nov 25"


@pytest.mark.parametrize(
    ("locale", "moment", "date", "day"),
    [
        ("de", "Mo., 24. Nov., 00:00 Uhr", "24. Nov. 2025", "24.11.25"),
        ("fr", "lun. 24 nov. à 00:00", "24 nov. 2025", "24/11/25"),
        ("pt", "24 de nov. (seg.), 00:00", "24 de nov. de 2025", "24/11/25"),
    ],
)
def test_time_is_told_as_the_language_tells_it(locale: str, moment: str, date: str, day: str) -> None:
    words, midnight = words_for(locale), datetime(2025, 11, 23, 23, 0, tzinfo=UTC)
    told = [tell(midnight, "Europe/Madrid") for tell in (words.moment, words.date, words.day)]
    assert told == [moment, date, day]


def test_any_language_may_be_typed() -> None:
    verbs, subverbs = words_for("en").verbs(), words_for("en").subverbs()
    assert verbs["kudos"] == verbs["gracias"] == verbs["felicitar"] == "kudos"
    assert verbs["danke"] == verbs["merci"] == verbs["obrigado"] == verbs["obrigada"] == "kudos"
    assert verbs["clasificación"] == "leaderboard"
    assert subverbs["deshacer"] == subverbs["undo"] == "undo"
    assert subverbs["día"] == "today"
