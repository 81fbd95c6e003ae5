"""What a badge's type makes it do. The workspace's own names of types are entities; what a badge does is one of these."""

from collections.abc import Mapping
from typing import Literal

Kind = Literal["user", "automated", "recognition", "achievement", "computed", "workflow", "challenge", "nomination"]

KINDS: Mapping[str, Kind] = {
    "User Badge": "user",
    "Automated Badge": "automated",
    "Recognition Badge": "recognition",
    "Achievement Badge": "achievement",
    "Computed Badge": "computed",
    "Workflow Badge": "workflow",
    "Challenge": "challenge",
    "Nomination Badge": "nomination",
}
NAMES: Mapping[Kind, str] = {kind: name for name, kind in KINDS.items()}
ALSO: Mapping[str, str] = {"Test Badge": "User Badge", "Challenge Badge": "Challenge"}
"""Other names of the same types."""

GIVEN_BY_HAND: tuple[Kind, ...] = ("user",)
BY_RULE: tuple[Kind, ...] = ("automated", "recognition", "achievement", "computed")
BY_STEPS: tuple[Kind, ...] = ("workflow", "challenge")
"""The others are stored and shown as what they are; the features that award them come later."""
