"""An award that stands: its story, likes, comments, reports and revocation, by command and by button.

Commands name it by the card they answer, or by its receiver and the badge's name: `/badge comment @ana "Team player" well done`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bots import forms
from bots.addresses import place_key
from bots.chat import Audience, Edited, Manner, Pressed, Reply, Said
from bots.commands.kudos import UnknownPerson
from bots.turn import Run, Turn
from cards.awards import REASONS
from cards.words import words_for
from core.badges import queries, reports, responses, revoking
from core.badges.revoking import RevokeNotAllowed, may_revoke
from core.errors import Refusal
from core.standing import standing_at
from core.tokens import Closed

COMMENT = forms.Form(
    "badge_comment_form",
    {"comment_empty": "comment", "comment_too_long": "comment", "comment_repeated": "comment", "award_gone": "comment"},
)


class AwardUnnamed(Refusal):
    """Neither a card is answered nor a receiver named: nobody knows which award is meant."""

    code = "award_unnamed"


class AwardNotFound(Refusal):
    """The member holds no such badge that the asker may see."""

    code = "award_not_found"


class Found(NamedTuple):
    """An act, and the one award of it that was named, if one was."""

    act_id: int
    award_id: int | None = None


async def story(turn: Turn) -> Reply:
    return _story(turn, (await _find(turn)).act_id)


async def comment(turn: Turn) -> Reply:
    act_id = (await _find(turn)).act_id
    await _comment(turn, act_id, turn.command.text)
    return Reply("badge_story", {"act": act_id, "reader": turn.member.member_id}, Audience.ASIDE)


async def report(turn: Turn) -> Reply:
    return await _report(turn, (await _find(turn)).act_id, turn.command.text, Manner.POST)


async def revoke(turn: Turn) -> Reply:
    if not may_revoke(turn.member):
        raise RevokeNotAllowed(minutes=turn.workspace.undo_minutes)
    found = await _find(turn)
    what: dict[str, Any] = {
        "workspace": turn.workspace,
        "actor": turn.member,
        "reason": turn.command.text,
        "now": turn.now,
    }
    if found.award_id is not None:
        await revoking.revoke(turn.session, award_id=found.award_id, **what)
    else:
        await revoking.revoke_act(turn.session, act_id=found.act_id, **what)
    return _revoked(turn, found.act_id, Manner.POST)


SUBVERBS: Mapping[str, Run] = {"story": story, "comment": comment, "report": report, "revoke": revoke}


async def _find(turn: Turn) -> Found:
    """Which award is meant. Raises UnknownPerson, AwardNotFound, AwardUnnamed."""
    command, act = turn.command, turn.incoming.act
    if command.typed:
        raise UnknownPerson(name=command.typed[0])
    answered = act.replied_to if isinstance(act, Said | Edited) else None
    named = command.receivers[0] if command.receivers else answered
    if named is None:
        return Found(await _answered_card(turn))
    person = turn.person(named)
    found = await queries.latest_award(
        turn.session,
        person.member_id,
        command.quoted,
        workspace_id=turn.workspace.id,
        reader=turn.member,
        sees_secrets=may_revoke(turn.member),
    )
    if found is None:
        raise AwardNotFound(name=person.name)
    return Found(*found)


async def _answered_card(turn: Turn) -> int:
    """The act of the card that is answered: by a reply in Telegram, in its thread elsewhere."""
    act, place = turn.incoming.act, turn.incoming.place
    message_id = (act.answered if isinstance(act, Said) else "") or place.thread
    found = None
    if message_id:
        found = await standing_at(
            turn.session, "award", workspace_id=turn.workspace.id, scope=place_key(place), message_id=message_id
        )
    if found is None:
        raise AwardUnnamed
    return found


def _pressed(turn: Turn) -> int:
    assert turn.press is not None
    return turn.press.object_id


def _story(turn: Turn, act_id: int, manner: Manner = Manner.POST) -> Reply:
    return Reply("badge_story", {"act": act_id, "reader": turn.member.member_id}, Audience.PRIVATE, manner)


async def show_story(turn: Turn) -> Reply:
    return _story(turn, _pressed(turn))


async def like(turn: Turn) -> Reply:
    act_id = _pressed(turn)
    await responses.like(turn.session, workspace=turn.workspace, act_id=act_id, member=turn.member, now=turn.now)
    return Reply("badge_liked", {"act": act_id}, Audience.QUIET, Manner.TOAST)


def comment_form(turn: Turn) -> Reply:
    return forms.opened(turn, COMMENT.kind)


async def send_comment(turn: Turn) -> Reply:
    act = turn.incoming.act
    assert isinstance(act, Pressed)
    await _comment(turn, _pressed(turn), act.inputs.get("comment", ""))
    return _story(turn, _pressed(turn), Manner.EDIT)


async def _comment(turn: Turn, act_id: int, words: str) -> None:
    await responses.comment(
        turn.session, workspace=turn.workspace, act_id=act_id, member=turn.member, words=words, now=turn.now
    )


async def remove_comment(turn: Turn) -> Reply:
    act_id = await responses.remove_comment(
        turn.session, workspace=turn.workspace, comment_id=_pressed(turn), actor=turn.member, now=turn.now
    )
    return _story(turn, act_id, Manner.EDIT)


async def ask_report(turn: Turn) -> Reply:
    return _question(turn, "badge_report_question")


async def report_as(turn: Turn) -> Reply:
    return await _report(turn, _pressed(turn), _reason(turn), Manner.EDIT)


async def _report(turn: Turn, act_id: int, reason: str, manner: Manner) -> Reply:
    admins = await reports.report(
        turn.session, workspace=turn.workspace, act_id=act_id, member=turn.member, reason=reason, now=turn.now
    )
    return Reply("badge_reported", {"admins": admins, "reader": turn.member.member_id}, Audience.PRIVATE, manner)


async def dismiss(turn: Turn) -> Reply:
    await reports.dismiss(
        turn.session, workspace=turn.workspace, act_id=_pressed(turn), actor=turn.member, now=turn.now
    )
    return Reply("badge_dismissed", {"reader": turn.member.member_id}, Audience.PRIVATE, Manner.EDIT)


async def ask_revoke(turn: Turn) -> Reply:
    if not may_revoke(turn.member):
        raise RevokeNotAllowed(minutes=turn.workspace.undo_minutes)
    return _question(turn, "badge_revoke_question")


async def revoke_as(turn: Turn) -> Reply:
    if not may_revoke(turn.member):
        raise RevokeNotAllowed(minutes=turn.workspace.undo_minutes)
    act_id = _pressed(turn)
    await revoking.revoke_act(
        turn.session,
        workspace=turn.workspace,
        act_id=act_id,
        actor=turn.member,
        reason=_reason(turn),
        now=turn.now,
    )
    return _revoked(turn, act_id, Manner.EDIT)


def _revoked(turn: Turn, act_id: int, manner: Manner) -> Reply:
    reference = {"act": act_id, "reader": turn.member.member_id}
    return Reply("badge_revoked_by_role", reference, Audience.PRIVATE, manner)


def _question(turn: Turn, kind: str) -> Reply:
    return Reply(kind, {"act": _pressed(turn), "reader": turn.member.member_id}, Audience.PRIVATE, Manner.EDIT)


def _reason(turn: Turn) -> str:
    """The sentence of a reason that was pressed, in the workspace's language: others will read it."""
    assert turn.press is not None
    reason = turn.press.argument.partition(":")[0]
    if reason not in REASONS:
        raise Closed
    return words_for(turn.workspace.locale)(f"badges.reasons.{reason}")
