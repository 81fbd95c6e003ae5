"""One of each card about badges."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from cards import awards, badge_forms, badges, collections
from cards.awards import CommentView, StoryView
from cards.badges import AwardView, OptionView
from cards.collections import CollectionView, HeldView
from cards.forms import Opening
from cards.model import Card
from cards.words import Words
from tests.cards.cast import ANA, CROWD, INES, LUIS, MADRID, MESSAGE, NOW, ZOE

PICTURE = "https://plaudit.example.com/pictures/badges/6f0d0a52-3f37-4b6e-9d0e-3f4b1f3f9c11.png"


STREAK = {
    "rule": "AchievementRule",
    "metric": "rewards.functions.engagement.get_login_streak",
    "operator": "gte",
    "threshold": 30,
    "params": {},
    "value": 31,
}
MONTH = {
    "rule": "AttendanceRule",
    "from": "2025-10-01",
    "to": "2025-10-31",
    "required": 23,
    "allowed": 2,
    "type": "attendance",
    "value": 1,
}
OWN = {
    "rule": "AchievementRule",
    "metric": "acme.sales.<b>closed</b>_deals",
    "operator": "lt",
    "threshold": 2.5,
    "params": {},
    "value": None,
}
WHY = {"by": "rule", "rules": [STREAK, MONTH, OWN]}


def award_view(**changes: Any) -> AwardView:
    usual: dict[str, Any] = {
        "act_id": 17,
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


def story_view(**changes: Any) -> StoryView:
    comments = (
        CommentView(5, ZOE, "Well deserved, <@U000001> *all* of it", NOW, is_removable=False),
        CommentView(6, LUIS, "Thank you!", NOW + timedelta(hours=1), is_removable=True),
    )
    usual: dict[str, Any] = {
        "award": award_view(likes=3, comments=12),
        "reader_id": LUIS.member_id,
        "given_at": NOW,
        "zone": MADRID,
        "comments": comments,
        "hides": False,
        "has_liked": False,
        "is_party": True,
        "may_report": True,
        "may_revoke": False,
        "is_revoked": False,
        "reason": "",
    }
    return StoryView(**{**usual, **changes})


def held(number: int, name: str, **changes: Any) -> HeldView:
    usual: dict[str, Any] = {
        "badge_id": number,
        "name": name,
        "emoji": "🏆",
        "rarity": "rare",
        "times": 1,
        "first_at": NOW - timedelta(days=400),
        "last_at": NOW,
        "holders": 4,
        "members": 1200,
        "is_showcased": False,
        "is_hidden": False,
    }
    return HeldView(**{**usual, **changes})


def collection(words: Words, **changes: Any) -> Card:
    usual: dict[str, Any] = {
        "person": INES,
        "is_self": False,
        "held": (
            held(1, "Above <b> and *beyond*", times=3, is_showcased=True),
            held(2, "Team player", emoji="", rarity="common"),
            held(0, "", emoji="", rarity="", times=0, holders=0, is_hidden=True),
        ),
        "total": 9,
        "page": 2,
        "pages": 3,
        "zone": MADRID,
        "showcase_max": 3,
    }
    return collections.page(words, CollectionView(**{**usual, **changes}))


def own_collection(words: Words) -> Card:
    mine = (held(1, "Above <b> and *beyond*", is_showcased=True), held(2, "Team player"))
    return collection(words, person=ANA, is_self=True, held=mine, total=2, page=1, pages=1)


def which(words: Words) -> Card:
    options = (
        OptionView(1, "🏆", "rare", 50, "For doing more than anybody asked", "Sales"),
        OptionView(2, "", "common", 0, "", ""),
    )
    return badges.which(words, "Above <b> and *beyond*", 7, ANA.member_id, options)


def form(words: Words) -> Card:
    offered = ((1, "🏆 Above <b> and *beyond*"), (2, "Team player"))
    return badge_forms.badge(words, badge_forms.BadgeForm(Opening(reader=1, nonce="4f7k2m9q", place=7), offered))


BADGES: Mapping[str, Callable[[Words], Card]] = {
    "badge_given": lambda words: badges.given(words, award_view(likes=2, comments=1)),
    "badge_given_with_picture": lambda words: badges.given(words, award_view(receivers=(LUIS,), picture=PICTURE)),
    "badge_given_to_fifty": lambda words: badges.given(words, award_view(receivers=CROWD)),
    "badge_given_secretly": lambda words: badges.given(words, award_view(is_secret=True)),
    "badge_earned": lambda words: badges.given(
        words, award_view(giver=None, receivers=(ZOE,), message="", said="", description="", emoji="", points=0)
    ),
    "badge_earned_secretly": lambda words: badges.given(
        words, award_view(giver=None, receivers=(ZOE,), message="", is_secret=True)
    ),
    "badge_received": lambda words: badges.received(words, award_view(receivers=(LUIS,))),
    "badge_won": lambda words: badges.received(words, award_view(giver=None, receivers=(LUIS,), message="")),
    "badge_won_by_rules": lambda words: badges.received(
        words, award_view(giver=None, receivers=(LUIS,), message="", why=WHY)
    ),
    "badge_crowd": lambda words: badges.crowd(words, "Above <b> and *beyond*", "🏆", 1204, hides=False),
    "badge_crowd_secretly": lambda words: badges.crowd(words, "Above <b> and *beyond*", "🏆", 1204, hides=True),
    "badge_revoked": lambda words: badges.revoked(words, award_view()),
    "badge_revoked_secretly": lambda words: badges.revoked(words, award_view(), hides=True),
    "badge_receipt": lambda words: badges.receipt(words, award_view(), NOW + timedelta(minutes=10), now=NOW),
    "badge_taken_back": lambda words: badges.taken_back(words, award_view()),
    "badge_liked": lambda words: badges.liked(words, award_view(likes=3)),
    "badge_which": which,
    "badge_form": form,
    "badge_comment_form": lambda words: badge_forms.comment(words, Opening(reader=1, nonce="4f7k2m9q", place=17)),
    "badge_story": lambda words: awards.story(words, story_view()),
    "badge_story_for_a_role": lambda words: awards.story(words, story_view(is_party=False, may_revoke=True)),
    "badge_story_hidden": lambda words: awards.story(words, story_view(hides=True, is_party=False, comments=())),
    "badge_story_revoked": lambda words: awards.story(
        words, story_view(is_revoked=True, reason="It was <b>meant</b> for somebody else, @here")
    ),
    "badge_report_question": lambda words: awards.report_question(words, award_view(), ZOE.member_id),
    "badge_report_notice": lambda words: awards.report_notice(
        words, award_view(), ANA.member_id, ("@channel these words hurt", "", "Against the rules"), "9"
    ),
    "badge_report_upheld": lambda words: awards.revoked_by_somebody(words, award_view()),
    "badge_reported": lambda words: awards.reported(words, 2),
    "badge_reported_to_nobody": lambda words: awards.reported(words, 0),
    "badge_dismissed": awards.dismissed,
    "badge_revoke_question": lambda words: awards.revoke_question(words, award_view(), ANA.member_id),
    "badge_revoked_by_role": lambda words: awards.revoked_by_role(words, award_view()),
    "badges": collection,
    "badges_own": own_collection,
    "badges_none": lambda words: collection(words, person=ANA, is_self=True, held=(), total=0, page=1, pages=1),
}
