"""One file per chat command, and the table of what each verb and each button runs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bots.chat import Reply
from bots.commands import (
    admin,
    award,
    badge,
    badges,
    campaigns,
    help,
    journey,
    kudos,
    leaderboard,
    link,
    lottery,
    me,
    nominate,
    points,
    results,
    settings,
    steps,
    vote,
    why,
)
from bots.forms import Form
from bots.turn import Run, Turn
from bots.turns import read
from core.tokens import Closed

COMMANDS: Mapping[str, Run] = {
    "kudos": kudos.run,
    "badge": badge.run,
    "badges": badges.run,
    "nominate": nominate.run,
    "campaigns": campaigns.run,
    "vote": vote.run,
    "results": results.run,
    "journey": journey.run,
    "points": points.run,
    "leaderboard": leaderboard.run,
    "lottery": lottery.run,
    "me": me.run,
    "settings": settings.run,
    "why": why.run,
    "link": link.run,
    "help": help.run,
    "admin": admin.run,
}

OPENERS: Mapping[str, Callable[[Turn], Reply | Awaitable[Reply]]] = {
    "kudos": kudos.form,
    "settings": settings.form,
    "badge": badge.form,
    "badge_comment": award.comment_form,
    "nominate": nominate.form,
    "vote": vote.form,
    "lottery": lottery.form,
}
"""What the button that leads to a form opens, by its argument."""

FORMS: Mapping[str, Form] = {
    "kudos_send": kudos.FORM,
    "settings_send": settings.FORM,
    "badge_send": badge.FORM,
    "badge_comment_send": award.COMMENT,
    "nominate_send": nominate.FORM,
    "vote_send": vote.FORM,
    "draw_send": lottery.FORM,
}
"""Presses that submit a form."""


async def open_form(turn: Turn) -> Reply:
    assert turn.press is not None
    if turn.press.argument not in OPENERS:
        raise Closed
    opened = OPENERS[turn.press.argument](turn)
    return opened if isinstance(opened, Reply) else await opened


async def say(turn: Turn) -> Reply | None:
    """A button that says a command."""
    assert turn.press is not None
    command = read((turn.press.argument,))
    if command.verb not in COMMANDS:
        raise Closed
    return await COMMANDS[command.verb](replace(turn, command=command))


PRESSES: Mapping[str, Run] = {
    "form": open_form,
    "say": say,
    "form_step": steps.press,
    "kudos_send": kudos.send,
    "settings_send": settings.send,
    "kudos_look": kudos.look,
    "kudos_second": kudos.second,
    "kudos_undo": kudos.undo,
    "badge_send": badge.send,
    "badge_choose": badge.choose,
    "badge_undo": badge.take_back,
    "badge_like": award.like,
    "badge_story": award.show_story,
    "badge_comment_send": award.send_comment,
    "badge_uncomment": award.remove_comment,
    "badge_report": award.ask_report,
    "badge_report_as": award.report_as,
    "badge_dismiss": award.dismiss,
    "badge_revoke": award.ask_revoke,
    "badge_revoke_as": award.revoke_as,
    "badges": badges.turn_page,
    "badge_showcase": badges.show,
    "campaign_show": campaigns.show,
    "campaign_decide": campaigns.decide,
    "nominate_send": nominate.send,
    "nomination_withdraw": nominate.withdraw,
    "nomination_decline": nominate.decline,
    "vote_send": vote.send,
    "vote_take_back": vote.take_back,
    "journey_look": journey.look,
    "journey_enrol": journey.set_out,
    "leaderboard": leaderboard.turn_page,
    "leaderboard_share": leaderboard.share,
    "draw_join": lottery.press_join,
    "draw_proof": lottery.press_proof,
    "draw_send": lottery.send,
    "link_confirm": link.confirm,
    "link_decline": link.decline,
}

BALLOTS = frozenset({"vote_send", "vote_take_back"})
"""Presses whose transaction must write nothing that tells who pressed."""

STARTS: Mapping[str, Run] = {"form": open_form}
"""What a link into the private chat may do, by the verb of its token."""
