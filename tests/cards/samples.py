"""One of each card that members see, as the golden files and the pictures show them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from cards import (
    digests,
    forms,
    home,
    identity,
    kudos,
    leaderboards,
    places,
    points,
    refusals,
    settings,
    steps,
    top,
    why,
)
from cards import help as helps
from cards.digests import BirthdayView, DigestView, Figures, Step, StreakView, WonView
from cards.forms import KudosForm, Opening
from cards.home import HomeView
from cards.identity import Merge, Question
from cards.kudos import AllowanceView, KudosView, TagView
from cards.leaderboards import LeaderboardView, Row
from cards.model import Card, Paragraph
from cards.points import HistoryRow, PointsView
from cards.render import Context
from cards.settings import SettingsView
from cards.steps import Progress
from cards.top import Ranked, TopView, Trend
from cards.why import BadgeWhy, Share
from cards.words import Words
from core.leaderboards.asking import Asked, Crew, Point
from tests.cards.badge_samples import BADGES, MONTH, STREAK, WHY
from tests.cards.campaign_samples import CAMPAIGNS
from tests.cards.cast import ANA, CROWD, INES, LUIS, MADRID, MESSAGE, MONDAY, NEXT_MONDAY, NOW, ZOE
from tests.cards.draw_samples import DRAWS
from tests.cards.journey_samples import JOURNEYS

ALLOWANCE = AllowanceView(left=35, total=50, resets_at=NEXT_MONDAY, zone=MADRID)
TAGS = (TagView("teamwork", "🤝"), TagView("above_and_beyond"))


def kudos_view(**changes: Any) -> KudosView:
    usual: dict[str, Any] = {
        "kudos_id": 7,
        "giver": ANA,
        "receivers": (LUIS, INES),
        "message": MESSAGE,
        "tags": TAGS,
        "points_each": 5,
        "seconds": 3,
        "given_at": NOW,
    }
    return KudosView(**{**usual, **changes})


def board(**changes: Any) -> LeaderboardView:
    people = (ZOE, ANA, LUIS, INES, *CROWD)
    ranks = (1, 2, 2, *range(4, 11))
    rows = tuple(Row(rank, person, 1230 - 110 * rank) for rank, person in zip(ranks, people, strict=False))
    own = Row(17, CROWD[30], 80)
    usual: dict[str, Any] = {
        "asked": Asked("points", "week"),
        "starts_at": MONDAY,
        "ends_at": NEXT_MONDAY,
        "zone": MADRID,
        "rows": rows,
        "own": own,
        "neighbours": (Row(16, CROWD[29], 83), own, Row(17, CROWD[31], 80)),
        "participants": 42,
        "reader_id": CROWD[30].member_id,
    }
    return LeaderboardView(**{**usual, **changes})


def second_page() -> LeaderboardView:
    """In the middle of a ranking, by a reader who stands above it."""
    rows = tuple(Row(11 + place, CROWD[10 + place], 900 - place) for place in range(10))
    own = Row(3, INES, 1200)
    return board(
        asked=Asked("points", "week", turn="from", point=Point(900, 111)),
        rows=rows,
        own=own,
        neighbours=(Row(2, ANA, 1210), own, Row(4, LUIS, 1190)),
        reader_id=INES.member_id,
        before=True,
        after=True,
    )


def own_points(words: Words) -> Card:
    return points.points(words, PointsView(ANA, is_self=True, total=1540, current=1200, owed=15, allowance=ALLOWANCE))


def points_of_another(words: Words) -> Card:
    return points.points(words, PointsView(INES, is_self=False, total=320, current=0, owed=0, allowance=None))


def history(words: Words) -> Card:
    rows = (
        HistoryRow(NOW, "kudos", 5, 1200, "Luis Peña"),
        HistoryRow(NOW - timedelta(days=1), "kudos_undone", -5, 1195, "Inés <Admin> *QA*"),
        HistoryRow(NOW - timedelta(days=40), "manual_adjustment", 1000, 1200, None),
        HistoryRow(NOW - timedelta(days=400), "quest_finished", 200, 200, None),
    )
    return points.history(words, rows, MADRID)


def mine(words: Words) -> Card:
    received = (kudos_view(), kudos_view(giver=LUIS, receivers=(ANA,), message="For the demo", is_private=True))
    return kudos.mine(words, received, (kudos_view(receivers=CROWD, message="Thank you all"),), 12, 1, zone=MADRID)


def kudos_form(words: Words, **changes: Any) -> Card:
    opening = Opening(reader=1, nonce="4f7k2m9q", place=7, **changes)
    return forms.kudos(words, KudosForm(opening, ((7, "#general"), (8, "Berlin <office>")), TAGS, ALLOWANCE))


def kudos_form_again(words: Words) -> Card:
    wrong = refusals.refusal(words, "points_invalid", {"given": "+1.5", "limit": 50}).elements[0]
    assert isinstance(wrong, Paragraph)
    values = {"message": MESSAGE, "points": "1.5", "tags": "teamwork", "privacy": "private", "place": "8"}
    return kudos_form(words, values=values, accounts=("U000002", "U000003"), wrong=wrong.runs)


def own_page(words: Words, **changes: Any) -> Card:
    usual: dict[str, Any] = {
        "member_id": 1,
        "name": "Ana García",
        "current": 1200,
        "total": 1540,
        "allowance": ALLOWANCE,
        "badges": 3,
        "received": (kudos_view(giver=LUIS, receivers=(ANA,)), kudos_view(giver=INES, is_private=True)),
        "given": (kudos_view(receivers=CROWD, message="Thank you all"),),
        "received_count": 12,
        "given_count": 1,
        "zone": MADRID,
    }
    return home.home(words, HomeView(**{**usual, **changes}))


def digest(words: Words, **changes: Any) -> Card:
    usual: dict[str, Any] = {
        "is_weekly": False,
        "since": MONDAY,
        "until": MONDAY + timedelta(days=1),
        "zone": MADRID,
        "figures": Figures(12, 7, 9, 3),
        "podium": (Step(1, LUIS, 12), Step(2, ZOE, 9), Step(2, ANA, 9)),
        "praised": (kudos_view(receivers=(LUIS,)),),
        "won": (WonView("Above <b> and *beyond*", "🏅", 7, (LUIS, INES)),),
        "birthdays": (BirthdayView(ZOE, date(2025, 11, 18)), BirthdayView(ANA, date(2025, 11, 18))),
        "streaks": (StreakView(LUIS, 30),),
        "picture": "https://plaudit.example.com/pictures/podiums/1.png",
    }
    return digests.digest(words, DigestView(**{**usual, **changes}))


def top_page(words: Words) -> Card:
    recognised = (Ranked(1, LUIS, 12), Ranked(2, ZOE, 9), Ranked(2, ANA, 9), Ranked(4, INES, 1))
    trends = (Trend("teamwork", "🤝", 14), Trend("release", "", 1))
    return top.page(words, TopView(1, recognised, (Ranked(1, ANA, 7),), trends))


def kudos_steps(words: Words, **changes: Any) -> Card:
    values = {"message": MESSAGE, "tags": "teamwork", "privacy": "public", "place": "8"}
    usual: dict[str, Any] = {"nonce": "4f7k2m9q", "reader": 1, "values": values, "people": (LUIS.name, INES.name)}
    return steps.form(words, kudos_form(words), Progress(**{**usual, **changes}))


def why_badge_view() -> BadgeWhy:
    held = {"badge": "Above and beyond", "name": LUIS.name, "since_on": NOW.isoformat(), "zone": MADRID}
    return BadgeWhy("Above and beyond", LUIS, False, NOW, ANA, MESSAGE, (), (("badge_held", held),), MADRID)


SAMPLES: Mapping[str, Callable[[Words], Card]] = {
    "kudos_given": lambda words: kudos.given(words, kudos_view()),
    "kudos_given_to_one": lambda words: kudos.given(
        words, kudos_view(receivers=(LUIS,), seconds=0, tags=(), points_each=1)
    ),
    "kudos_given_to_fifty": lambda words: kudos.given(words, kudos_view(receivers=CROWD)),
    "kudos_received": lambda words: kudos.received(words, kudos_view(receivers=(LUIS,))),
    "kudos_received_privately": lambda words: kudos.received(words, kudos_view(is_private=True)),
    "kudos_undone": lambda words: kudos.undone(words, kudos_view()),
    "kudos_receipt": lambda words: kudos.receipt(words, kudos_view(), ALLOWANCE, NOW + timedelta(minutes=10), now=NOW),
    "kudos_taken_back": lambda words: kudos.taken_back(words, kudos_view(), ALLOWANCE),
    "kudos_seconded": lambda words: kudos.seconded(words, kudos_view()),
    "kudos_with_views": lambda words: kudos.given(words, kudos_view(), timedelta(minutes=10)),
    "kudos_own": lambda words: kudos.own(words, kudos_view(), timedelta(minutes=10)),
    "kudos_mine": mine,
    "kudos_top": top_page,
    "digest_daily": digest,
    "digest_of_a_birthday": lambda words: digest(
        words, figures=Figures(0, 0, 0, 0), podium=(), praised=(), won=(), streaks=(), picture=""
    ),
    "day_thread": lambda words: places.day_thread(words, date(2025, 11, 19)),
    "mode_chosen": lambda words: places.mode_chosen(words, "digest", is_connected=False),
    "kudos_top_empty": lambda words: top.page(words, TopView(1, (), (), ())),
    "why_points": lambda words: why.points(words, [Share("kudos", 9, 12), Share("badge_earned", 1, 50)]),
    "why_badge": lambda words: why.badge(words, why_badge_view()),
    "why_badge_completed": lambda words: why.badge(
        words, replace(why_badge_view(), giver=None, message="", against_getting=(), why={"by": "journey", "round": 1})
    ),
    "why_badge_by_rules": lambda words: why.badge(
        words,
        replace(
            why_badge_view(),
            own=True,
            giver=None,
            message="",
            why=WHY,
            is_by_rule=True,
            verdicts=((True, STREAK), (False, MONTH)),
        ),
    ),
    "settings_form": lambda words: settings.form(
        words,
        SettingsView("es", "Europe/Madrid", "Europe/Madrid", "Acme", "22:00–07:00", wants_notices=True, is_ranked=True),
        Opening(1, "x", 0),
    ),
    "settings_kept": lambda words: settings.kept(
        words, SettingsView("", "", "Etc/UTC", "Acme <b>", "", wants_notices=False, is_ranked=False)
    ),
    "kudos_form": kudos_form,
    "kudos_form_again": kudos_form_again,
    **BADGES,
    **CAMPAIGNS,
    **DRAWS,
    **JOURNEYS,
    "home": own_page,
    "home_of_a_newcomer": lambda words: own_page(
        words, current=0, total=0, allowance=None, badges=0, received=(), given=(), received_count=0, given_count=0
    ),
    "kudos_form_opener": lambda words: forms.opener(words, "kudos", 7, ANA),
    "form_steps": kudos_steps,
    "form_steps_empty": lambda words: kudos_steps(words, values={}, people=()),
    "form_steps_people": lambda words: kudos_steps(words, asked="people"),
    "form_steps_text": lambda words: kudos_steps(words, asked="points", values={"points": "+5"}),
    "form_steps_options": lambda words: kudos_steps(words, asked="tags"),
    "form_steps_picker": lambda words: steps.picker(words, 7),
    "form_steps_chosen": lambda words: steps.chosen(words, (LUIS.name, INES.name)),
    "form_steps_cancelled": steps.cancelled,
    "points_own": own_points,
    "points_of_another": points_of_another,
    "points_history": history,
    "leaderboard": lambda words: leaderboards.page(words, board()),
    "leaderboard_empty": lambda words: leaderboards.page(
        words,
        board(
            asked=Asked("points", "all"), rows=(), own=None, neighbours=(), participants=0, starts_at=None, ends_at=None
        ),
    ),
    "leaderboard_recognised": lambda words: leaderboards.page(
        words, board(asked=Asked("kudos", "month", Crew("department", "R&D <b>*Ops*")), share_id=1, after=True)
    ),
    "leaderboard_second_page": lambda words: leaderboards.page(words, second_page()),
    "leaderboard_shared": lambda words: leaderboards.page(
        words, board(asked=Asked("given", "quarter", is_open=True), own=None, neighbours=(), reader_id=None, after=True)
    ),
    "leaderboard_hidden": lambda words: leaderboards.page(
        words,
        board(
            asked=Asked("badges", "year", Crew("channel", "7")),
            own=None,
            neighbours=(),
            hides=True,
        ),
    ),
    "help_overview": helps.overview,
    "help_kudos": lambda words: helps.verb(words, "kudos"),
    "help_unknown": lambda words: helps.unknown_verb(words, "kudo*s <b>", "kudos"),
    "welcome_personal": lambda words: helps.welcome(words, is_personal=True, is_connected=True),
    "welcome_closed": lambda words: helps.welcome(words, is_personal=True, is_connected=True, is_closed=True),
    "welcome_unconnected": lambda words: helps.welcome(words, is_personal=False, is_connected=False),
    "place_connected": lambda words: places.connected(words, "#general", ("teams", "slack", "telegram")),
    "place_disconnected": lambda words: places.disconnected(words, "#general"),
    "place_code": lambda words: places.connect_code(words, "4F7K-2M9Q", 10),
    "place_not_connected": places.not_connected,
    "identity_code": lambda words: identity.code(words, "I2rnoktCoNvPps8XAfOpRg", 15),
    "identity_code_seen": identity.code_seen,
    "identity_claimed": lambda words: identity.claimed(words, "slack"),
    "identity_question": lambda words: identity.question(words, Question(3, INES.name, "telegram", None, 15)),
    "identity_question_merge": lambda words: identity.question(
        words, Question(3, INES.name, "teams", Merge(points=42, kudos=17, between=1), 15)
    ),
    "identity_linked": lambda words: identity.done(words, "telegram", is_merged=False, taken_back=0),
    "identity_merged": lambda words: identity.done(words, "teams", is_merged=True, taken_back=2),
    "identity_declined": identity.declined,
    "refusal_allowance_short": lambda words: refusals.refusal(
        words, "allowance_short", {"needed": 10, "left": 1, "resets_at": NEXT_MONDAY.isoformat(), "zone": MADRID}
    ),
}


def context_of(card: Card, platform: str = "", locale: str = "en") -> Context:
    """Tokens for all buttons; accounts for the first people only, so that both ways of naming are seen."""
    slack = "U00000{}"
    ids = {"adaptive": "29:{}", "blockkit": slack, "modal": slack, "home": slack, "telegram": "10000{}"}
    accounts = ids.get(platform, "")
    known = {person.member_id: accounts.format(person.member_id) for person in (ANA, LUIS, INES)} if accounts else {}
    tokens = {action: f"token-{number:02}" for number, action in enumerate(dict.fromkeys(card.actions()), 1)}
    return Context(tokens=tokens, accounts=known, locale=locale)
