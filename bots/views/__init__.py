"""From ids to cards: each kind of message reads what is true now and builds its card in the reader's language."""

from collections.abc import Awaitable, Callable, Mapping

from bots.views import answers, badges, identity, kudos, leaderboards, places, points
from bots.views.scene import Scene
from cards.model import Card

View = Callable[[Scene], Awaitable[Card | None]]

VIEWS: Mapping[str, View] = {
    "kudos_card": kudos.card,
    "kudos_notice": kudos.notice,
    "kudos_receipt": kudos.receipt,
    "kudos_taken_back": kudos.taken_back,
    "kudos_seconded": kudos.seconded,
    "kudos_mine": kudos.mine,
    "badge_card": badges.card,
    "badge_notice": badges.notice,
    "points": points.points,
    "points_history": points.history,
    "leaderboard": leaderboards.board,
    "help": answers.overview,
    "help_verb": answers.verb,
    "unknown_verb": answers.unknown_verb,
    "welcome": answers.welcome,
    "refusal": answers.refusal,
    "broken": answers.broken,
    "pressed": answers.pressed,
    "connected": places.connected,
    "disconnected": places.disconnected,
    "connect_code": places.connect_code,
    "link_code": identity.code,
    "link_code_seen": identity.code_seen,
    "link_claimed": identity.claimed,
    "link_question": identity.question,
    "link_done": identity.done,
    "link_declined": identity.declined,
}
"""None from a view: what the message was about is no longer true, and nothing is to be said."""
