"""`/badge @ana "Above and beyond" thank you …`, `/badge undo`, its form, and the buttons of its receipt."""

from collections.abc import Sequence
from typing import Any

from bots import forms
from bots.chat import Audience, Manner, Pressed, Reply
from bots.commands import award
from bots.commands.kudos import receivers_of
from bots.turn import Turn
from core.badges import choosing, queries, revoking, service
from core.badges.models import Badge
from core.errors import Refusal
from core.people import queries as people
from core.people.queries import Person
from core.tokens import Closed

FORM = forms.Form(
    "badge_form",
    {
        "badge_unnamed": "badge",
        "badge_unknown": "badge",
        "badge_none_to_give": "badge",
        "badge_disabled": "badge",
        "badge_not_by_hand": "badge",
        "badge_not_yet": "badge",
        "badge_closed": "badge",
        "badge_over": "badge",
        "badge_not_yours": "badge",
        "badge_message_too_long": "message",
        "badge_repeated": "message",
    },
)


class BadgePointsFixed(Refusal):
    """An amount was written, and a badge gives its own."""

    code = "badge_points_fixed"


async def run(turn: Turn) -> Reply | None:
    command = turn.command
    if command.subverb in award.SUBVERBS:
        return await award.SUBVERBS[command.subverb](turn)
    if command.subverb == "undo":
        act_id = await revoking.take_back_latest(
            turn.session, workspace=turn.workspace, giver=turn.member, now=turn.now
        )
        return _taken_back(turn, act_id)
    if command.is_bare:
        return form(turn)
    receivers = await receivers_of(turn)
    if command.points:
        raise BadgePointsFixed(given=command.points[0][:40])
    badges, message = await _named(turn)
    if len(badges) > 1:
        return await _ask_which(turn, badges, receivers, message)
    return await _give(turn, badges[0], receivers, message, turn.conversation.id)


async def _named(turn: Turn) -> choosing.Named:
    """The badges that the message may mean, and what is left of it."""
    session, text = turn.session, turn.command.text
    who: dict[str, Any] = {"workspace": turn.workspace, "giver": turn.member, "now": turn.now}
    if turn.command.quoted:
        return choosing.Named(await choosing.by_name(session, turn.command.quoted, **who), text)
    named = await choosing.at_start(session, text, **who)
    return named._replace(message=_without_receivers(named.message, turn))


def _without_receivers(message: str, turn: Turn) -> str:
    """`/badge Team player @Ana thank you`: the people behind the name are no words of the message."""
    names = {f"@{account.name.removeprefix('@')}" for account in turn.command.receivers}
    while found := next((name for name in names if message.startswith(name)), ""):
        message = message.removeprefix(found).lstrip(" ,:;–—-")
    return message


async def _give(
    turn: Turn,
    badge: Badge,
    receivers: Sequence[Person],
    message: str,
    conversation_id: int | None,
    *,
    guards_repeats: bool | None = None,
    manner: Manner = Manner.POST,
) -> Reply:
    guards = turn.incoming.repeat_guard if guards_repeats is None else guards_repeats
    made = await service.award(
        turn.session,
        workspace=turn.workspace,
        badge=badge,
        giver=turn.member,
        receivers=receivers,
        message=message,
        conversation_id=conversation_id,
        guards_repeats=guards,
        now=turn.now,
    )
    audience = Audience.ASIDE if manner is Manner.POST else Audience.PRIVATE
    return Reply("badge_receipt", {"act": made.act_id, "reader": turn.member.member_id}, audience, manner)


async def _ask_which(turn: Turn, badges: Sequence[Badge], receivers: Sequence[Person], message: str) -> Reply:
    draft_id = await choosing.keep(
        turn.session,
        badges,
        workspace=turn.workspace,
        giver=turn.member,
        receivers=receivers,
        message=service.cleaned(message),
        conversation_id=turn.conversation.id,
        now=turn.now,
    )
    audience = Audience.PRIVATE if any(badge.is_secret for badge in badges) else Audience.QUIET
    return Reply("badge_which", {"draft": draft_id, "reader": turn.member.member_id}, audience)


async def choose(turn: Turn) -> Reply:
    """One of several badges of a name: what was asked for then is given now."""
    assert turn.press is not None
    workspace_id, badge_id = turn.workspace.id, int(turn.press.argument)
    draft = await choosing.take(turn.session, turn.press.object_id, workspace_id=workspace_id, giver=turn.member)
    badge = await queries.get(turn.session, badge_id, workspace_id=workspace_id)
    if badge is None or badge_id not in draft.badge_ids:
        raise Closed
    found = await people.people(turn.session, draft.receiver_ids, workspace_id=workspace_id)
    receivers = list(found.values())
    return await _give(
        turn,
        badge,
        receivers,
        draft.message,
        draft.conversation_id,
        guards_repeats=True,
        manner=Manner.EDIT,
    )


def form(turn: Turn) -> Reply:
    return forms.opened(turn, FORM.kind, accounts=forms.answered(turn))


async def send(turn: Turn) -> Reply:
    """The form is filled in: give what it says."""
    act = turn.incoming.act
    assert isinstance(act, Pressed)
    assert turn.press is not None
    return await _give(
        turn,
        await _chosen(turn, act.inputs.get("badge", "")),
        forms.chosen(turn),
        act.inputs.get("message", ""),
        turn.press.object_id or None,
        guards_repeats=False,
        manner=Manner.EDIT,
    )


async def _chosen(turn: Turn, value: str) -> Badge:
    """The badge of an id of the form; what was never offered is not told apart from what is not there."""
    badge_id = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
    badge = await queries.get(turn.session, badge_id, workspace_id=turn.workspace.id)
    who: dict[str, Any] = {"workspace": turn.workspace, "giver": turn.member, "now": turn.now}
    if badge is None or (badge.is_secret and not await queries.givable_of(turn.session, [badge], **who)):
        raise await choosing.unnamed(turn.session, **who)
    return badge


async def take_back(turn: Turn) -> Reply:
    assert turn.press is not None
    act_id = turn.press.object_id
    await revoking.take_back(turn.session, workspace=turn.workspace, act_id=act_id, giver=turn.member, now=turn.now)
    return _taken_back(turn, act_id)


def _taken_back(turn: Turn, act_id: int) -> Reply:
    manner = Manner.EDIT if turn.press else Manner.POST
    return Reply("badge_taken_back", {"act": act_id, "reader": turn.member.member_id}, Audience.PRIVATE, manner)
