"""One of each card about journeys."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from cards import journeys
from cards.journeys import OfferView, StepView, WayView
from cards.model import Card
from cards.people import named
from cards.words import Words
from tests.cards.cast import ANA, INES, LUIS, MADRID, NOW

PICTURE = "https://plaudit.example.com/pictures/certificates/6f0d0a52-3f37-4b6e-9d0e-3f4b1f3f9c11.png"
STEPS = (
    StepView("First <b>login</b>", "", NOW - timedelta(days=2), is_next=False),
    StepView("Complete *profile*", "A picture and a few words", NOW - timedelta(days=1), is_next=False, ticked_by=INES),
    StepView("Take the training", "Two hours, in room 7", None, is_next=True),
    StepView("Meet your mentor", "", None, is_next=False),
)


def way_view(**changes: Any) -> WayView:
    usual: dict[str, Any] = {
        "badge_id": 7,
        "journey": "Onboarding <b> & *more*",
        "emoji": "🚀",
        "description": "Your first weeks",
        "points": 200,
        "member": LUIS,
        "is_own": True,
        "round": 1,
        "is_ordered": True,
        "steps": STEPS,
        "completed_at": None,
        "zone": MADRID,
    }
    return WayView(**{**usual, **changes})


UNORDERED = tuple(StepView(step.name, step.description, step.done_at, step.done_at is None) for step in STEPS)
THROUGH = tuple(StepView(step.name, step.description, NOW, is_next=False) for step in STEPS)
START = tuple(StepView(step.name, step.description, None, index == 0) for index, step in enumerate(STEPS))
OFFERS = (OfferView(9, "Ramp-up", "📚", 50, 3), OfferView(11, "Mentor", "", 0, 1))

JOURNEYS: Mapping[str, Callable[[Words], Card]] = {
    "journeys": lambda words: journeys.listed(
        words,
        LUIS.member_id,
        [way_view(), way_view(badge_id=8, journey="Explorer", is_ordered=False, steps=UNORDERED)],
        OFFERS,
    ),
    "journeys_none": lambda words: journeys.listed(words, LUIS.member_id, [], []),
    "journey": lambda words: journeys.way(words, way_view()),
    "journey_at_start": lambda words: journeys.way(words, way_view(steps=START)),
    "journey_of_another": lambda words: journeys.way(words, way_view(is_own=False, is_ordered=False, steps=UNORDERED)),
    "journey_through": lambda words: journeys.way(words, way_view(steps=THROUGH)),
    "journey_completed": lambda words: journeys.way(words, way_view(steps=THROUGH, completed_at=NOW)),
    "journey_offer": lambda words: journeys.offer(words, LUIS.member_id, way_view(steps=START), may_set_out=True),
    "journey_enrolled": lambda words: journeys.enrolled(words, "Onboarding", named(words, [ANA, LUIS])),
    "journey_ticked": lambda words: journeys.ticked(words, "Onboarding", "Training", named(words, [LUIS]), completed=1),
    "certificate": lambda words: journeys.certificate(words, "Onboarding <b>", PICTURE),
    "certificate_without_picture": lambda words: journeys.certificate(words, "Onboarding", ""),
    "completion_notice": lambda words: journeys.completion(words, "Onboarding", 200),
}
