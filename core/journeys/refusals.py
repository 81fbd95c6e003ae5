"""How journeys say no."""

from core.errors import Refusal


class JourneyUnknown(Refusal):
    """No journey has the name that was `typed`; `known` are some of those that there are."""

    code = "journey_unknown"


class JourneyNone(Refusal):
    """There is no journey at all."""

    code = "journey_none"


class JourneyWhich(Refusal):
    """More than one journey may be meant: `known`."""

    code = "journey_which"


class JourneyNotYours(Refusal):
    """Who enrols others, or ticks their steps, needs the role of a coordinator or an admin."""

    code = "journey_not_yours"


class JourneyNotForSelf(Refusal):
    """Nobody sets out on this journey without a coordinator."""

    code = "journey_not_for_self"


class JourneyRulesUnmet(Refusal):
    """The rules of the journey do not hold for a member (yet)."""

    code = "journey_rules_unmet"


class JourneyUnderWay(Refusal):
    """A member is on this journey already."""

    code = "journey_under_way"


class JourneyNotEnrolled(Refusal):
    """A member is not on this journey."""

    code = "journey_not_enrolled"


class JourneyStepUnknown(Refusal):
    """The journey has no such step: `known` are those that it has."""

    code = "journey_step_unknown"


class JourneyStepDone(Refusal):
    """A step is done already, since `since_on`."""

    code = "journey_step_done"


class JourneyStepOutOfOrder(Refusal):
    """The steps have an order, and `following` comes first."""

    code = "journey_step_out_of_order"


class JourneyStepNowhere(Refusal):
    """A member is on no journey with such a step."""

    code = "journey_step_nowhere"


class JourneyStepUnnamed(Refusal):
    """No step was named, or nobody who has done it."""

    code = "journey_step_unnamed"


class JourneyTickOneself(Refusal):
    """Nobody ticks a step of their own."""

    code = "journey_tick_oneself"
