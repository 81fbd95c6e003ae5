"""What stands behind `/leaderboard`, in any order and language."""

from typing import Any

import pytest

from bots.commands.leaderboard import Wanted, WordTwice, WordUnknown, understood
from bots.grammar import Command, parse
from cards.words import words_for

WORDS = words_for("en")


def command(typed: str) -> Command:
    return parse([typed], verbs=WORDS.verbs(), subverbs=WORDS.subverbs())


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("/leaderboard", {}),
        ("/leaderboard kudos week", {"measure": "kudos", "period": "week"}),
        ("/leaderboard week kudos", {"measure": "kudos", "period": "week"}),
        ("top GIVEN Today", {"measure": "given", "period": "today"}),
        ("/leaderboard team", {"crew": "team", "crew_typed": "team"}),
        (
            "/leaderboard badges all team Blue Whales",
            {"measure": "badges", "period": "all", "crew": "team", "name": "Blue Whales"},
        ),
        ("/leaderboard department Sales week", {"crew": "department", "name": "Sales", "period": "week"}),
        (
            "/leaderboard department R&D kudos year",
            {"crew": "department", "name": "R&D", "measure": "kudos", "period": "year"},
        ),
        ("/leaderboard department week", {"crew": "department", "name": "", "period": "week"}),
        ('/leaderboard department "Sales week" year', {"crew": "department", "name": "Sales week", "period": "year"}),
        ("/leaderboard department “The Year”", {"crew": "department", "name": "The Year", "period": ""}),
        ("/leaderboard location New York points", {"crew": "location", "name": "New York", "measure": "points"}),
        ("/leaderboard channel kudos", {"crew": "channel", "name": "", "measure": "kudos"}),
        ("/leaderboard here", {"crew": "channel", "crew_typed": "channel"}),
        ("/clasificación kudos semana departamento Ventas", {"measure": "kudos", "period": "week", "name": "Ventas"}),
        ("/rangliste gegeben monat abteilung Einkauf", {"measure": "given", "period": "month", "name": "Einkauf"}),
        ("/classement reçus trimestre équipe Bleue", {"measure": "kudos", "period": "quarter", "crew": "team"}),
        ("/classificação insígnias ano localização Lisboa", {"measure": "badges", "period": "year", "name": "Lisboa"}),
    ],
)
def test_words_are_understood(typed: str, wanted: dict[str, Any]) -> None:
    found = understood(command(typed))
    assert {name: getattr(found, name) for name in wanted} == wanted
    if not wanted:
        assert found == Wanted()


@pytest.mark.parametrize(
    ("typed", "code", "details"),
    [
        ("/leaderboard fortnight", "board_word_unknown", {"typed": "fortnight"}),
        ("/leaderboard wek", "board_word_near", {"typed": "wek", "nearest": "week"}),
        ("/leaderboard kudos quartr", "board_word_near", {"typed": "quartr", "nearest": "quarter"}),
        ("/rangliste monatt", "board_word_near", {"typed": "monatt", "nearest": "monat"}),
        ("/leaderboard " + "x" * 90, "board_word_unknown", {"typed": "x" * 40}),
    ],
)
def test_an_unknown_word_is_told_with_the_nearest(typed: str, code: str, details: dict[str, str]) -> None:
    with pytest.raises(WordUnknown) as refused:
        understood(command(typed))
    assert (refused.value.code, refused.value.details) == (code, details)


@pytest.mark.parametrize("typed", ["kudos badges", "week month", "week kudos week", "channel team A"])
def test_two_of_a_kind_are_one_too_many(typed: str) -> None:
    with pytest.raises(WordTwice):
        understood(command(f"/leaderboard {typed}"))


def test_a_second_group_behind_the_name_of_one_is_part_of_it() -> None:
    assert understood(command("/leaderboard team A department B")).name == "A department B"
