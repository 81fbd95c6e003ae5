"""Who we are in Slack, and whose people are ours."""

from dataclasses import dataclass


class NotOurs(ValueError):
    """A delivery of a workspace that is not the one whose token we hold."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What `auth.test` says about our token; empty strings while nobody has told us.

    `confirmed` is false when the workspace is only what the first signed request named.
    """

    team_id: str = ""
    user_id: str = ""
    bot_id: str = ""
    confirmed: bool = False
