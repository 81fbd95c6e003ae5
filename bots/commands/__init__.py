"""One file per chat command, and the table of what each verb and each button runs."""

from collections.abc import Mapping

from bots.commands import admin, help, kudos, leaderboard, link, points
from bots.turn import Run

COMMANDS: Mapping[str, Run] = {
    "kudos": kudos.run,
    "points": points.run,
    "leaderboard": leaderboard.run,
    "link": link.run,
    "help": help.run,
    "admin": admin.run,
}

PRESSES: Mapping[str, Run] = {
    "kudos_second": kudos.second,
    "kudos_undo": kudos.undo,
    "leaderboard": leaderboard.turn_page,
    "link_confirm": link.confirm,
    "link_decline": link.decline,
}
