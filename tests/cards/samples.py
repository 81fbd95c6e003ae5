"""One of each card that members see, as the golden files and the pictures show them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cards import badges, identity, kudos, leaderboards, places, points, refusals
from cards import help as helps
from cards.badges import AwardView
from cards.identity import Merge, Question
from cards.kudos import AllowanceView, KudosView, TagView
from cards.leaderboards import LeaderboardView, Row
from cards.model import Card
from cards.people import Person
from cards.points import HistoryRow, PointsView
from cards.render import Context
from cards.words import Words

MADRID = "Europe/Madrid"
NOW = datetime(2025, 11, 19, 9, 30, tzinfo=UTC)
MONDAY = datetime(2025, 11, 16, 23, 0, tzinfo=UTC)
NEXT_MONDAY = datetime(2025, 11, 23, 23, 0, tzinfo=UTC)

ANA, LUIS, INES, ZOE = (
    Person(1, "Ana García"),
    Person(2, "Luis Peña"),
    Person(3, "Inés <Admin> *QA*"),
    Person(4, "李小龍"),
)
CROWD = tuple(Person(100 + number, f"Colleague {number}") for number in range(1, 51))
ALLOWANCE = AllowanceView(left=35, total=50, resets_at=NEXT_MONDAY, zone=MADRID)
TAGS = (TagView("teamwork", "🤝"), TagView("above_and_beyond"))
MESSAGE = (
    "Thank you for staying late to fix the build 🎉\nand for explaining it to all of us, @here <b>really</b> *well*."
)


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


def award_view(**changes: Any) -> AwardView:
    usual: dict[str, Any] = {
        "badge": "Above <b> and *beyond*",
        "emoji": "🏆",
        "description": "For doing more than anybody asked",
        "rarity": "epic",
        "giver": ANA,
        "receivers": (LUIS, INES),
        "message": MESSAGE,
        "said": "Congratulations, Luis Peña!",
        "points": 50,
    }
    return AwardView(**{**usual, **changes})


def board(**changes: Any) -> LeaderboardView:
    people = (ZOE, ANA, LUIS, INES, *CROWD)
    ranks = (1, 2, 2, *range(4, 11))
    rows = tuple(Row(rank, person, 1230 - 110 * rank) for rank, person in zip(ranks, people, strict=False))
    own = Row(17, CROWD[30], 80)
    usual: dict[str, Any] = {
        "measure": "points",
        "period": "week",
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
    "kudos_mine": mine,
    "badge_given": lambda words: badges.given(words, award_view()),
    "badge_given_to_fifty": lambda words: badges.given(words, award_view(receivers=CROWD)),
    "badge_earned": lambda words: badges.given(
        words, award_view(giver=None, receivers=(ZOE,), message="", said="", description="", emoji="", points=0)
    ),
    "badge_received": lambda words: badges.received(words, award_view(receivers=(LUIS,))),
    "badge_won": lambda words: badges.received(words, award_view(giver=None, receivers=(LUIS,), message="")),
    "badge_revoked": lambda words: badges.revoked(words, award_view()),
    "points_own": own_points,
    "points_of_another": points_of_another,
    "points_history": history,
    "leaderboard": lambda words: leaderboards.page(words, board()),
    "leaderboard_empty": lambda words: leaderboards.page(
        words, board(rows=(), own=None, neighbours=(), participants=0, period="all", starts_at=None, ends_at=None)
    ),
    "help_overview": helps.overview,
    "help_kudos": lambda words: helps.verb(words, "kudos"),
    "help_unknown": lambda words: helps.unknown_verb(words, "kudo*s <b>", "kudos"),
    "welcome_personal": lambda words: helps.welcome(words, is_personal=True, is_connected=True),
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
    accounts = {"adaptive": "29:{}", "blockkit": "U00000{}", "telegram": "10000{}"}.get(platform, "")
    known = {person.member_id: accounts.format(person.member_id) for person in (ANA, LUIS, INES)} if accounts else {}
    tokens = {action: f"token-{number:02}" for number, action in enumerate(dict.fromkeys(card.actions()), 1)}
    return Context(tokens=tokens, accounts=known, locale=locale)
