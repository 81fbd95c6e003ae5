"""Text → command, as a table. `ana` and `luis` are people whom the platform named; a hand-typed name is `Typed`."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from bots.chat import Account, Part, Typed
from bots.grammar import SUBVERBS, Command, parse
from cards.words import leaves, locale_names, locale_tree, words_for

CODE = re.compile(r"`([^`]+)`")
EXAMPLE = re.compile(r"^(/.+)$")
ANA, LUIS, ZOE = Account("1", "Ana"), Account("2", "Luis"), Account("3", "Zoë")
WORDS = words_for("en")


def read(*parts: Part) -> Command:
    return parse(parts, verbs=WORDS.verbs(), subverbs=WORDS.subverbs())


def shown_commands(tree: Mapping[str, Any], pattern: re.Pattern[str]) -> dict[str, list[tuple[str, str]]]:
    """(verb, subverb) of all that `pattern` finds in the sentences, by key; a hand-typed name stands for a person."""
    shown: dict[str, list[tuple[str, str]]] = {}
    for key, node in leaves(tree):
        sentence = node.get("other") if isinstance(node, dict) else node
        if isinstance(sentence, str) and (found := pattern.findall(sentence)):
            commands = [read(*_parts(command)) for command in found]
            shown[key] = [(command.verb, command.subverb) for command in commands]
            assert all(command.typed for command, text in zip(commands, found, strict=True) if "@" in text), key
    return shown


def _parts(command: str) -> list[Part]:
    """`/kudos @Ana nice` in parts, the name as a person typed by hand."""
    return [Typed(piece) if piece.startswith("@") else piece for piece in re.split(r"(@\w+)", command)]


ROWS: list[tuple[tuple[Part, ...], dict[str, Any]]] = [
    # the verb
    ((), {"verb": ""}),
    (("",), {"verb": ""}),
    (("   \n ",), {"verb": ""}),
    (("/kudos",), {"verb": "kudos", "is_bare": True}),
    (("kudos",), {"verb": "kudos", "is_bare": True}),
    (("KUDOS",), {"verb": "kudos"}),
    (("/Kudos",), {"verb": "kudos"}),
    (("kudos!",), {"verb": "kudos"}),
    (("kudos:", ANA, " nice"), {"verb": "kudos", "receivers": (ANA,), "text": "nice"}),
    (("thanks ", ANA, " nice"), {"verb": "kudos", "receivers": (ANA,), "text": "nice"}),
    (("gracias ", ANA, " por todo"), {"verb": "kudos", "receivers": (ANA,), "text": "por todo"}),
    (("/puntos",), {"verb": "points"}),
    (("/clasificación",), {"verb": "leaderboard"}),
    (("ayuda",), {"verb": "help"}),
    (("Danke ", ANA, " fürs Zuhören"), {"verb": "kudos", "receivers": (ANA,), "text": "fürs Zuhören"}),
    (("/Rangliste woche",), {"verb": "leaderboard", "subverb": "week"}),
    (("hilfe",), {"verb": "help"}),
    (("Merci ", ANA, " pour la démo"), {"verb": "kudos", "receivers": (ANA,), "text": "pour la démo"}),
    (("/solde",), {"verb": "points"}),
    (("/classement aujourd’hui",), {"verb": "leaderboard", "subverb": "today"}),
    (("/classement aujourd'hui",), {"verb": "leaderboard", "subverb": "today"}),
    (("obrigada ", ANA, " pela demo"), {"verb": "kudos", "receivers": (ANA,), "text": "pela demo"}),
    (("/CLASSIFICAÇÃO Mês",), {"verb": "leaderboard", "subverb": "month"}),
    (("pontos histórico",), {"verb": "points", "subverb": "history"}),
    (("/kudso ", ANA, " nice"), {"verb": "", "typed_verb": "kudso"}),
    (("//kudos ", ANA, " nice"), {"verb": "kudos"}),
    ((ANA, " kudos"), {"verb": ""}),
    ((Typed("plaudit"), " kudos"), {"verb": ""}),
    (("/kudos@other_bot",), {"verb": ""}),
    (("kudosana nice",), {"verb": ""}),
    # the receivers
    (("kudos ", ANA, " for the demo"), {"receivers": (ANA,), "text": "for the demo"}),
    (("kudos ", ANA, " ", LUIS, " for the demo"), {"receivers": (ANA, LUIS), "text": "for the demo"}),
    (("kudos ", ANA, ", ", LUIS, " and ", ZOE, " for it"), {"receivers": (ANA, LUIS, ZOE), "text": "for it"}),
    (("kudos ", ANA, " & ", LUIS, " nice"), {"receivers": (ANA, LUIS), "text": "nice"}),
    (("kudos ", ANA, " y ", LUIS, " bien"), {"receivers": (ANA, LUIS), "text": "bien"}),
    (("kudos ", ANA, " und ", LUIS, " gut"), {"receivers": (ANA, LUIS), "text": "gut"}),
    (("danke an ", ANA, " und ", LUIS, " für alles"), {"receivers": (ANA, LUIS), "text": "für alles"}),
    (("merci à ", ANA, " et à ", LUIS, " pour tout"), {"receivers": (ANA, LUIS), "text": "pour tout"}),
    (("merci ", ANA, ", avec ", LUIS, " : parfait"), {"receivers": (ANA, LUIS), "text": "parfait"}),
    (("obrigado ao ", LUIS, " e à ", ANA, " por tudo"), {"receivers": (LUIS, ANA), "text": "por tudo"}),
    (("kudos ", ANA, ANA, " nice"), {"receivers": (ANA,), "text": "nice"}),
    (("kudos ", ANA, ": nice"), {"receivers": (ANA,), "text": "nice"}),
    (("kudos ", ANA, " - nice"), {"receivers": (ANA,), "text": "nice"}),
    (("kudos ", ANA, " — nice"), {"receivers": (ANA,), "text": "nice"}),
    (("kudos to ", ANA, " for it"), {"receivers": (ANA,), "text": "for it"}),
    (("kudos ", ANA, " for helping ", LUIS), {"receivers": (ANA,), "text": "for helping @Luis"}),
    (("kudos ", ANA, " for ", LUIS, " and me"), {"receivers": (ANA,), "text": "for @Luis and me"}),
    (("kudos for the demo ", ANA), {"receivers": (ANA,), "text": "for the demo"}),
    (("kudos great job ", ANA, " ", LUIS), {"receivers": (ANA, LUIS), "text": "great job"}),
    (("kudos thanks ", ANA, " for it"), {"receivers": (ANA,), "text": "thanks @Ana for it"}),
    (("kudos nobody in particular",), {"receivers": (), "text": "nobody in particular"}),
    (("kudos ", ANA), {"receivers": (ANA,), "text": "", "is_bare": False}),
    # names typed by hand
    (("kudos ", Typed("ana"), " nice"), {"receivers": (), "typed": ("ana",), "text": "nice"}),
    (("kudos ", Typed("@ana"), " nice"), {"typed": ("ana",)}),
    (("kudos ", ANA, " ", Typed("luis"), " nice"), {"receivers": (ANA,), "typed": ("luis",)}),
    (("kudos ", ANA, " for helping ", Typed("luis")), {"typed": (), "text": "for helping @luis"}),
    (("kudos nice ", Typed("ana")), {"typed": ("ana",)}),
    # what is said stays as it was written
    (("kudos ", ANA, " see (", Typed("here"), ") and ", LUIS, "'s"), {"text": "see (@here) and @Luis's"}),
    (("kudos ", ANA, " hello ", Typed("channel"), "!"), {"text": "hello @channel!"}),
    (("kudos ", ANA, " one\ntwo\n\nthree"), {"text": "one\ntwo\n\nthree"}),
    (("kudos ", ANA, "\nfirst line"), {"text": "first line"}),
    (("kudos ", ANA, "   spaced \t out"), {"text": "spaced out"}),
    (("kudos ", ANA, " 👩‍👩‍👧‍👦 שלום"), {"text": "👩‍👩‍👧‍👦 שלום"}),
    (("kudos ", ANA, " {{x}} {% y %} <b>"), {"text": "{{x}} {% y %} <b>"}),
    (("kudos\n", ANA, " nice"), {"receivers": (ANA,), "text": "nice"}),
    # tags
    (("kudos ", ANA, " nice #teamwork"), {"text": "nice", "tags": ("teamwork",)}),
    (("kudos ", ANA, " nice #a #b #c"), {"text": "nice", "tags": ("a", "b", "c")}),
    (("kudos #a ", ANA, " nice"), {"receivers": (ANA,), "text": "nice", "tags": ("a",)}),
    (("kudos ", ANA, " #a nice"), {"text": "nice", "tags": ("a",)}),
    (("kudos ", ANA, " for #teamwork always"), {"text": "for #teamwork always", "tags": ("teamwork",)}),
    (("kudos ", ANA, " nice #teamwork!"), {"tags": ("teamwork",)}),
    (("kudos ", ANA, " nice #équipe_1-a"), {"tags": ("équipe_1-a",)}),
    (("kudos ", ANA, " nice # not"), {"text": "nice # not", "tags": ()}),
    (("kudos ", ANA, " issue#5"), {"text": "issue#5", "tags": ()}),
    # points
    (("kudos ", ANA, " nice +5"), {"text": "nice", "points": ("+5",)}),
    (("kudos ", ANA, " +5 nice"), {"text": "nice", "points": ("+5",)}),
    (("kudos +5 ", ANA, " nice"), {"receivers": (ANA,), "points": ("+5",)}),
    (("kudos ", ANA, " +5 ", LUIS, " nice"), {"receivers": (ANA, LUIS), "points": ("+5",)}),
    (("kudos ", ANA, " nice +5 #a +6"), {"points": ("+5", "+6"), "tags": ("a",)}),
    (("kudos ", ANA, " nice +1.5"), {"points": ("+1.5",)}),
    (("kudos ", ANA, " nice +-5"), {"points": ("+-5",)}),
    (("kudos ", ANA, " nice +true"), {"points": ("+true",)}),
    (("kudos ", ANA, " nice +NaN"), {"points": ("+NaN",)}),
    (("kudos ", ANA, " nice +1e400"), {"points": ("+1e400",)}),
    (("kudos ", ANA, " C+ and C++ + more"), {"text": "C+ and C++ + more", "points": ()}),
    (("kudos ", ANA, " 5 + 5 = ten"), {"text": "5 + 5 = ten", "points": ()}),
    (("kudos ", ANA, " +great"), {"text": "+great", "points": ()}),
    # subverbs
    (("kudos undo",), {"subverb": "undo", "is_bare": False}),
    (("kudos deshacer",), {"subverb": "undo"}),
    (("kudos zurücknehmen",), {"subverb": "undo"}),
    (("kudos annuler",), {"subverb": "undo"}),
    (("kudos desfazer",), {"subverb": "undo"}),
    (("kudos annuler la panne, ", ANA), {"subverb": "", "receivers": (ANA,), "text": "annuler la panne,"}),
    (("kudos privé ", ANA, " merci"), {"subverb": "private", "receivers": (ANA,), "text": "merci"}),
    (("kudos UNDO",), {"subverb": "undo"}),
    (("kudos undo the mess ", ANA), {"subverb": "", "receivers": (ANA,), "text": "undo the mess"}),
    (("kudos me",), {"subverb": "me"}),
    (("kudos me and ", ANA), {"subverb": ""}),
    (("kudos private ", ANA, " nice"), {"subverb": "private", "receivers": (ANA,), "text": "nice"}),
    (("points history",), {"verb": "points", "subverb": "history"}),
    (("points ", ANA), {"verb": "points", "subverb": "", "receivers": (ANA,)}),
    (("leaderboard week",), {"verb": "leaderboard", "subverb": "week"}),
    (("leaderboard points week",), {"subverb": "points", "text": "week"}),
    (("leaderboard fortnight",), {"subverb": "", "text": "fortnight"}),
    (("admin connect 4F7K",), {"verb": "admin", "subverb": "connect", "text": "4F7K"}),
    (("verwalten trennen",), {"verb": "admin", "subverb": "disconnect"}),
    (("help kudos",), {"verb": "help", "subverb": "", "text": "kudos"}),
    (("help undo",), {"verb": "help", "subverb": "", "text": "undo"}),
    # names of things
    (
        ("badge ", ANA, ' "Above and beyond" thank you'),
        {"receivers": (ANA,), "quoted": "Above and beyond", "text": "thank you"},
    ),
    (("badge ", ANA, " “Above and beyond” thank you"), {"quoted": "Above and beyond", "text": "thank you"}),
    (("badge ", ANA, " „Team“ danke"), {"quoted": "Team", "text": "danke"}),
    (("badge ", ANA, " « Team » merci"), {"quoted": "Team", "text": "merci"}),
    (("badge ", ANA, " «Equipo», gracias"), {"quoted": "Equipo", "text": "gracias"}),
    (("badge ", ANA, " »Team« danke"), {"quoted": "Team", "text": "danke"}),
    (("badge ", ANA, ' "Team”thanks'), {"quoted": "Team", "text": "thanks"}),
    (("badge ", ANA, ", ", LUIS, ': "Team", thanks'), {"receivers": (ANA, LUIS), "quoted": "Team", "text": "thanks"}),
    (('badge "Team" to ', ANA, " thanks"), {"receivers": (ANA,), "quoted": "Team", "text": "thanks"}),
    (('badge "Team"',), {"receivers": (), "quoted": "Team", "text": "", "is_bare": False}),
    (("badge ", ANA, ' "Team thanks'), {"quoted": "", "text": '"Team thanks'}),
    (("badge ", ANA, ' "" thanks'), {"quoted": "", "text": '"" thanks'}),
    (("badge ", ANA, ' Team for the "best" demo'), {"quoted": "", "text": 'Team for the "best" demo'}),
    (("badge ", ANA, ' "Team ', LUIS, '" thanks'), {"quoted": "", "receivers": (ANA,)}),
    (("badge ", ANA, ' "Ask ', Typed("here"), '" thanks'), {"quoted": "Ask @here", "typed": (), "text": "thanks"}),
    (("badge ", ANA, ' "Team" for ', LUIS, " too"), {"quoted": "Team", "receivers": (ANA,), "text": "for @Luis too"}),
    (("badge ", ANA, ' "Team" #great work +5'), {"text": "#great work +5", "tags": (), "points": ("+5",)}),
    (('badge revoke "Team" ', ANA, " by mistake"), {"subverb": "revoke", "quoted": "Team", "text": "by mistake"}),
    (("badge comment well done +1",), {"subverb": "comment", "text": "well done +1"}),
    (("badge undo",), {"verb": "badge", "subverb": "undo"}),
    (("badge undo the mess ", ANA), {"subverb": "", "receivers": (ANA,)}),
    (("badge",), {"verb": "badge", "is_bare": True}),
    (("badges ", ANA), {"verb": "badges", "receivers": (ANA,)}),
    (("kudos ", ANA, ' "Team" thanks'), {"quoted": "", "text": '"Team" thanks'}),
]


@pytest.mark.parametrize(("parts", "expected"), ROWS, ids=[str(number) for number in range(len(ROWS))])
def test_a_message_is_read(parts: tuple[Part, ...], expected: dict[str, Any]) -> None:
    command = read(*parts)
    assert {name: getattr(command, name) for name in expected} == expected


def test_the_table_is_long_enough() -> None:
    assert len(ROWS) >= 60


def test_every_spelling_is_a_verb() -> None:
    verbs = WORDS.verbs()
    assert set(verbs.values()) == {
        "kudos", "badge", "badges", "journey", "points", "leaderboard", "me", "why", "settings", "link", "help", "admin",
    }  # fmt: skip
    for spelling, verb in verbs.items():
        assert read(f"/{spelling}").verb == verb


@pytest.mark.parametrize("locale", locale_names())
class TestWhatALocaleShows:
    """Whoever types what a sentence shows is understood."""

    def test_examples_of_help_do_what_they_do_in_english(self, locale: str) -> None:
        english = shown_commands(locale_tree("en")["help"], EXAMPLE)
        assert len(english) > 12
        assert shown_commands(locale_tree(locale)["help"], EXAMPLE) == english

    def test_commands_in_a_sentence_do_what_they_do_in_english(self, locale: str) -> None:
        english = shown_commands(locale_tree("en"), CODE)
        assert english["refusals.edit_changes_people"] == [("kudos", "undo")]
        assert shown_commands(locale_tree(locale), CODE) == english

    def test_what_a_refusal_offers_of_leaderboards_is_read(self, locale: str) -> None:
        offered = re.findall(r"[\w’]+", CODE.sub("", words_for(locale)("refusals.board_word_unknown", typed="")))
        subverbs = WORDS.subverbs()
        read_as = {subverbs[word.casefold()] for word in offered if word.casefold() in subverbs}
        assert read_as >= SUBVERBS["leaderboard"]

    def test_the_verbs_that_help_offers_are_read(self, locale: str) -> None:
        offered = re.findall(r"\w+", CODE.sub("", locale_tree(locale)["help"]["more"]))
        if locale != "en":
            assert {WORDS.verbs().get(word, "") for word in offered} >= {"kudos", "points", "leaderboard", "help"}
