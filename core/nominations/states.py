"""How a campaign moves, as a table; and what its votes come to, as a function. Both are pure."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from core.nominations.models import (
    CANCELLED,
    CLOSED,
    DRAFT,
    NO_QUORUM,
    NO_VOTES,
    NOMINATION,
    RUNOFF,
    SHARED,
    TIED,
    VOTING,
    WON,
)

Verb = Literal["next", "cancel"]

MOVES: Final[Mapping[tuple[str, Verb], str]] = {
    (DRAFT, "next"): NOMINATION,
    (NOMINATION, "next"): VOTING,
    (VOTING, "next"): CLOSED,
    (DRAFT, "cancel"): CANCELLED,
    (NOMINATION, "cancel"): CANCELLED,
    (VOTING, "cancel"): CANCELLED,
}


class Standing(NamedTuple):
    """A candidate and what was counted for them, the first places first, of a place the earliest first."""

    candidacy_id: int
    member_id: int
    votes: int
    place: int


class Decision(NamedTuple):
    """`outcome` of a campaign, and the candidacies that it is about: the winners, or those who tie."""

    outcome: str
    candidacy_ids: Sequence[int]


def decide(standings: Sequence[Standing], *, ballots: int, quorum: int, tie_rule: str) -> Decision:
    """Who wins. A tie goes by the rule: `earliest` to who was nominated first, `share` to all of them, `runoff` into another
    campaign, `admin` to whoever decides."""
    first = [each for each in standings if each.place == 1 and each.votes]
    if ballots < quorum:
        return Decision(NO_QUORUM, ())
    if not first:
        return Decision(NO_VOTES, ())
    tied = [each.candidacy_id for each in first]
    if len(tied) == 1 or tie_rule == "earliest":
        return Decision(WON, tied[:1])
    return Decision({"share": SHARED, "runoff": RUNOFF, "admin": TIED}[tie_rule], tied)
