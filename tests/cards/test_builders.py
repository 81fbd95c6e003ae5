"""What the cards say: the figures, the people and the buttons that belong there, and nothing more."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cards import help as helps
from cards import kudos, leaderboards, places, points
from cards.kudos import AllowanceView
from cards.leaderboards import Row
from cards.model import Button, Buttons, Card, Mode, Paragraph, Table, Text
from cards.people import named
from cards.points import HistoryRow, PointsView
from cards.render import Context, plain
from cards.words import Words, locale_names, words_for
from cards.words import plain as text_of
from core.leaderboards.asking import Asked, Crew, Point
from core.leaderboards.asking import read as read_asked
from core.leaderboards.models import MEASURES, PERIODS
from tests.cards.cast import ANA, CROWD, INES, LUIS, MADRID, MESSAGE, NEXT_MONDAY, NOW
from tests.cards.samples import ALLOWANCE, SAMPLES, board, kudos_view, second_page

ENGLISH = words_for("en")


def buttons_of(card: Card) -> list[Button]:
    return [button for element in card.elements if isinstance(element, Buttons) for button in element.buttons]


def labels(card: Card) -> list[str]:
    return [button.label for button in buttons_of(card)]


def read(card: Card) -> str:
    return str(plain.render(card, Context()).payload["text"])


def table_of(card: Card) -> Table:
    return next(element for element in card.elements if isinstance(element, Table))


@pytest.mark.parametrize("locale", locale_names())
@pytest.mark.parametrize("name", SAMPLES)
def test_summary_is_one_readable_line(name: str, locale: str) -> None:
    summary = SAMPLES[name](Words(locale)).summary
    assert summary.strip()
    assert "\n" not in summary
    assert "{" not in summary


class TestKudos:
    def test_public_card_names_everybody_and_takes_a_second(self) -> None:
        card = kudos.given(ENGLISH, kudos_view())
        assert card.mentioned() == {ANA.member_id, LUIS.member_id, INES.member_id}
        (action,) = card.actions()
        assert (action.verb, action.object_id, action.mode, action.member_id) == (
            "kudos_second",
            7,
            Mode.PER_MEMBER,
            None,
        )
        assert action.lifetime == timedelta(days=90)
        assert "[Second it · 3]" in read(card)
        assert MESSAGE.split("\n")[0] in read(card)

    def test_nobody_has_seconded_yet(self) -> None:
        assert "[Second it]" in read(kudos.given(ENGLISH, kudos_view(seconds=0)))

    @pytest.mark.parametrize(
        ("receivers", "points_each", "said"),
        [((LUIS,), 5, "+5 points"), ((LUIS,), 1, "+1 point"), ((LUIS, INES), 5, "+5 points each")],
    )
    def test_points(self, receivers: Any, points_each: int, said: str) -> None:
        view = kudos_view(receivers=receivers, points_each=points_each, tags=())
        assert said in read(kudos.given(ENGLISH, view)).split("\n")

    def test_without_points_and_tags_nothing_is_said_about_them(self) -> None:
        card = kudos.given(ENGLISH, kudos_view(points_each=0, tags=()))
        assert "point" not in read(card)
        assert len(card.elements) == 3

    def test_fifty_receivers_get_a_line_of_their_own(self) -> None:
        card = kudos.given(ENGLISH, kudos_view(receivers=CROWD))
        assert len(card.mentioned()) == 51
        assert read(card).startswith("Ana García thanked 50 people\nColleague 1, Colleague 2")
        assert len(card.summary) < 400

    def test_received_calls_nobody(self) -> None:
        card = kudos.received(ENGLISH, kudos_view(receivers=(LUIS,)))
        assert card.mentioned() == frozenset()
        assert read(card).startswith("Ana García thanked you\n")
        assert list(card.actions()) == []
        assert "🔒" not in read(card)

    def test_private_says_so_and_has_no_button(self) -> None:
        view = kudos_view(is_private=True)
        assert "🔒 Private" in read(kudos.received(ENGLISH, view))
        assert list(kudos.given(ENGLISH, view).actions()) == []
        assert "private kudos" in read(kudos.receipt(ENGLISH, view, ALLOWANCE, NOW, now=NOW))

    def test_undone_keeps_nothing_of_the_message(self) -> None:
        card = kudos.undone(ENGLISH, kudos_view())
        assert "build" not in read(card) + card.summary
        assert list(card.actions()) == []
        assert "Ana García" in read(card)

    def test_receipt_tells_cost_and_allowance(self) -> None:
        text = read(kudos.receipt(ENGLISH, kudos_view(), ALLOWANCE, NOW + timedelta(minutes=10), now=NOW))
        assert "It used 10 points. You have 35 of 50 left" in text
        assert "Mon 24 Nov, 00:00" in text
        assert "within 10 minutes" in text

    def test_undo_is_the_givers_and_ends_in_time(self) -> None:
        card = kudos.receipt(ENGLISH, kudos_view(), ALLOWANCE, NOW + timedelta(minutes=4), now=NOW)
        (action,) = card.actions()
        assert (action.verb, action.object_id, action.mode, action.member_id) == (
            "kudos_undo",
            7,
            Mode.SINGLE,
            ANA.member_id,
        )
        assert action.lifetime == timedelta(minutes=4)

    def test_too_late_for_undo(self) -> None:
        assert list(kudos.receipt(ENGLISH, kudos_view(), ALLOWANCE, NOW, now=NOW).actions()) == []

    def test_without_allowance_no_word_about_it(self) -> None:
        text = read(kudos.receipt(ENGLISH, kudos_view(), None, NOW, now=NOW))
        assert text == "Your kudos to Luis Peña and Inés <Admin> *QA* is on its way."

    def test_taken_back_returns_what_it_cost(self) -> None:
        assert "You have 10 points back. You have 35 of 50" in read(kudos.taken_back(ENGLISH, kudos_view(), ALLOWANCE))
        assert "back. You" not in read(kudos.taken_back(ENGLISH, kudos_view(points_each=0), ALLOWANCE))

    def test_seconded_fits_a_toast(self) -> None:
        assert len(kudos.seconded(ENGLISH, kudos_view(receivers=CROWD)).summary) < 200

    def test_mine_counts_all_and_shows_the_latest(self) -> None:
        text = read(kudos.mine(ENGLISH, (kudos_view(message="x" * 900),), (), 1200, 0, zone=MADRID))
        assert "Received: 1,200\nGiven: 0" in text
        assert "x" * 279 + "…" in text
        assert "Given lately" not in text

    def test_mine_empty_invites(self) -> None:
        assert "/kudos @name" in read(kudos.mine(ENGLISH, (), (), 0, 0))

    def test_many_names_are_counted(self) -> None:
        assert text_of(named(ENGLISH, CROWD)) == "Colleague 1, Colleague 2, Colleague 3, Colleague 4 and 46 more"


class TestPoints:
    def test_own(self) -> None:
        text = read(points.points(ENGLISH, PointsView(ANA, True, 1540, 1200, 0, ALLOWANCE)))
        assert "Balance: 1,200" in text
        assert "Earned in all: 1,540" in text
        assert "Left to give: 35 of 50 until Mon 24 Nov, 00:00" in text
        assert "owe" not in text

    def test_owed_is_explained(self) -> None:
        assert "You owe 1 point: a kudos was taken back" in read(
            points.points(ENGLISH, PointsView(ANA, True, 5, 0, 1, None))
        )

    def test_of_others_only_the_total(self) -> None:
        card = points.points(ENGLISH, PointsView(LUIS, False, 320, 17, 23, AllowanceView(41, 50, NEXT_MONDAY, MADRID)))
        assert read(card) == "Luis Peña has earned 320 points."
        assert card.summary == "Luis Peña has earned 320 points."

    @pytest.mark.parametrize("locale", locale_names())
    def test_history_names_every_reason(self, locale: str) -> None:
        reasons = "kudos kudos_undone receivable_advance receivable_settled grant merge badge_earned achievement_earned manual_adjustment redemption refund expiry"
        words = words_for(locale)
        rows = [HistoryRow(NOW, reason, 1, 1, None) for reason in (*reasons.split(), "something_else")]
        cells = [row[1] for row in table_of(points.history(words, tuple(rows), MADRID)).rows]
        assert len(set(cells)) == 13
        assert cells[-1] == words("points.reasons.unknown")

    def test_history_rows(self) -> None:
        rows = (HistoryRow(NOW, "kudos", 5, 1200, "Luis"), HistoryRow(NOW, "expiry", -1200, 0, None))
        assert table_of(points.history(ENGLISH, rows, MADRID)).rows == (
            ("19 Nov 25", "Kudos · Luis", "+5", "1,200"),
            ("19 Nov 25", "Expired", "-1,200", "0"),
        )

    def test_no_history(self) -> None:
        assert "Nothing has moved yet" in read(points.history(ENGLISH, (), MADRID))


class TestLeaderboard:
    def test_ties_share_a_medal(self) -> None:
        table = table_of(leaderboards.page(ENGLISH, board()))
        assert [row[0] for row in table.rows[:5]] == ["🥇", "🥈", "🥈", "4", "5"]

    def test_reader_far_below_is_shown_with_neighbours(self) -> None:
        card = leaderboards.page(ENGLISH, board())
        table = table_of(card)
        assert [row[0] for row in table.rows[10:]] == ["⋯", "16", "17", "17"]
        assert table.highlighted == {12}
        assert "You are number 17 of 42." in read(card)

    def test_reader_above_the_page_is_shown_above_it(self) -> None:
        table = table_of(leaderboards.page(ENGLISH, second_page()))
        assert [row[0] for row in table.rows[:5]] == ["🥈", "🥉", "4", "⋯", "11"]
        assert table.highlighted == {1}

    def test_neighbours_that_are_on_the_page_are_not_repeated(self) -> None:
        view = board()
        own = Row(11, LUIS, 100)
        rows = tuple(row for row in view.rows if row.person != LUIS)
        table = table_of(
            leaderboards.page(ENGLISH, board(rows=rows, own=own, neighbours=(rows[-1], own), reader_id=LUIS.member_id))
        )
        assert [row[0] for row in table.rows[len(rows) :]] == ["⋯", "11"]

    def test_reader_on_the_page(self) -> None:
        view = board()
        table = table_of(leaderboards.page(ENGLISH, board(own=view.rows[1], reader_id=ANA.member_id, neighbours=())))
        assert table.highlighted == {1}
        assert len(table.rows) == 10

    def test_public_page_speaks_to_nobody(self) -> None:
        card = leaderboards.page(ENGLISH, board(own=None, neighbours=(), reader_id=None))
        assert table_of(card).highlighted == frozenset()
        assert "You" not in read(card)

    def test_reader_without_a_place(self) -> None:
        assert "You are not on this list yet." in read(leaderboards.page(ENGLISH, board(own=None, neighbours=())))

    def test_who_hides_is_told_so_and_what_nobody_else_sees(self) -> None:
        hidden = board(own=None, neighbours=(), hides=True)
        assert "You hide your rank: nobody sees you on any list." in read(leaderboards.page(ENGLISH, hidden))
        ranked = board(own=None, neighbours=(), hides=True, hidden_rank=3)
        assert "You would be number 3." in read(leaderboards.page(ENGLISH, ranked))

    def test_empty_invites(self) -> None:
        card = leaderboards.page(ENGLISH, board(rows=(), own=None, neighbours=(), participants=0, share_id=7))
        assert "/kudos @name" in read(card)
        assert not any(isinstance(element, Table) for element in card.elements)
        assert "Share to channel" not in labels(card)

    def test_measures_and_periods_are_buttons_and_the_chosen_ones_are_marked(self) -> None:
        crew = Crew("department", "Sales")
        asked = Asked("kudos", "month", crew, "from", Point(7, 9))
        card = leaderboards.page(ENGLISH, board(asked=asked))
        first = asked.first
        wanted = [replace(first, measure=measure) for measure in MEASURES]
        wanted += [replace(first, period=period) for period in PERIODS]
        turns = [action for action in card.actions() if read_asked(action.argument) in wanted]
        assert [read_asked(action.argument) for action in turns] == wanted
        assert {(action.verb, action.mode, action.lifetime) for action in turns} == {
            ("leaderboard", Mode.REPEATABLE, timedelta(days=30))
        }
        assert [button.label for button in buttons_of(card) if button.style == "primary"] == ["✓ Kudos", "✓ Month"]

    def test_pages_begin_and_end_where_this_one_does(self) -> None:
        view = second_page()
        card = leaderboards.page(ENGLISH, view)
        assert labels(card)[:3] == ["‹ Previous", "My place", "Next ›"]
        until, own, later = [read_asked(action.argument) for action in card.actions()][:3]
        assert until == replace(view.asked, turn="until", point=Point(900, view.rows[0].person.member_id))
        assert own == Asked("points", "week", turn="own")
        assert later == replace(view.asked, turn="from", point=Point(891, view.rows[-1].person.member_id + 1))

    def test_sharing_is_offered_where_there_is_a_channel_and_works_once(self) -> None:
        assert "Share to channel" not in labels(leaderboards.page(ENGLISH, board()))
        view = board(share_id=1_700_000_000)
        [action] = [
            action for action in leaderboards.page(ENGLISH, view).actions() if action.verb == "leaderboard_share"
        ]
        assert (action.mode, action.object_id, action.argument) == (Mode.SINGLE, 1_700_000_000, "points:week")

    @pytest.mark.parametrize("locale", locale_names())
    @pytest.mark.parametrize("measure", MEASURES)
    def test_every_measure_has_its_title_in_every_language(self, measure: str, locale: str) -> None:
        words = words_for(locale)
        card = leaderboards.page(words, board(asked=Asked(measure, "week", Crew("channel", "1"))))
        assert words(f"leaderboards.measures.{measure}") in read(card)
        assert words("leaderboards.crews.channel", name="") in read(card)

    def test_last_day_of_a_half_open_period(self) -> None:
        assert "17 Nov 2025 – 23 Nov 2025 · 42 people" in read(leaderboards.page(ENGLISH, board()))
        one_day = board(asked=Asked("points", "today"), ends_at=board().starts_at + timedelta(days=1))  # type: ignore[operator]
        assert "\n17 Nov 2025 · 42 people" in read(leaderboards.page(ENGLISH, one_day))

    def test_only_a_first_page_tells_who_leads(self) -> None:
        assert leaderboards.page(ENGLISH, board()).summary == "Points · this week: 李小龍 leads"
        assert leaderboards.page(ENGLISH, second_page()).summary == "Points · this week"


class TestHelp:
    @pytest.mark.parametrize("name", helps.EXAMPLES)
    def test_every_verb_has_an_example_that_starts_with_a_known_spelling(self, name: str) -> None:
        for locale in locale_names():
            words = words_for(locale)
            card = helps.verb(words, name)
            examples = [
                run.text
                for element in card.elements
                if isinstance(element, Paragraph)
                for run in element.runs
                if isinstance(run, Text) and run.code
            ]
            assert len(examples) == len(helps.EXAMPLES[name])
            assert {words.verbs()[example.split()[0].lstrip("/")] for example in examples} == {name}

    def test_unknown_verb_names_the_nearest(self) -> None:
        assert "Did you mean /kudos?" in read(helps.unknown_verb(ENGLISH, "kudso", "kudos"))
        assert "mean" not in read(helps.unknown_verb(ENGLISH, "xyz", None))
        assert read(helps.unknown_verb(ENGLISH, "", None)).startswith("I do not know this command.")

    def test_welcome_says_the_next_step(self) -> None:
        assert "/admin connect" in read(helps.welcome(ENGLISH, is_personal=False, is_connected=False))
        assert "/admin" not in read(helps.welcome(ENGLISH, is_personal=False, is_connected=True))
        assert "/points" in read(helps.welcome(ENGLISH, is_personal=True, is_connected=True))


class TestPlaces:
    def test_code_is_not_in_the_notification(self) -> None:
        card = places.connect_code(ENGLISH, "4F7K-2M9Q", 10)
        assert "/admin connect 4F7K-2M9Q" in read(card)
        assert "4F7K" not in card.summary

    def test_a_place_without_a_name(self) -> None:
        assert read(places.connected(ENGLISH, "", ())).startswith("This conversation is connected")
        assert read(places.disconnected(ENGLISH, "")).startswith("This conversation is no longer connected")

    def test_platforms_are_named_when_there_are_several(self) -> None:
        assert "Microsoft Teams and Slack" in read(places.connected(ENGLISH, "#x", ("teams", "slack")))
        assert "Slack" not in read(places.connected(ENGLISH, "#x", ("slack",)))
