"""One award for one reader: its story with what colleagues say of it, and what somebody with a doubt or a role can do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cards.badges import AwardView, about, badge_of, like_button, sentence
from cards.forms import OPEN
from cards.model import Action, Button, Buttons, Card, Divider, Element, Mode, Paragraph, Quote, Text
from cards.people import Person, named
from cards.words import Words, plain

REPORT, REPORT_AS = "badge_report", "badge_report_as"
REVOKE, REVOKE_AS, DISMISS = "badge_revoke", "badge_revoke_as", "badge_dismiss"
UNCOMMENT = "badge_uncomment"
COMMENT_FORM = "badge_comment"
REASONS = ("mistake", "inappropriate", "rules")
DECISION_LIFETIME = timedelta(days=90)
REPORTS_MAX = 5

Style = Literal["default", "primary", "danger"]


@dataclass(frozen=True, slots=True)
class CommentView:
    """`is_removable`: the reader wrote it, or has a role."""

    comment_id: int
    person: Person
    text: str
    at: datetime
    is_removable: bool


@dataclass(frozen=True, slots=True)
class StoryView:
    """An act as `reader_id` may see it: `hides` a secret badge that they neither hold nor gave. `reason` is why it was
    revoked, empty for whom that is none of their business."""

    award: AwardView
    reader_id: int
    given_at: datetime
    zone: str
    comments: tuple[CommentView, ...]
    hides: bool
    has_liked: bool
    is_party: bool
    may_report: bool
    may_revoke: bool
    is_revoked: bool
    reason: str


def story(words: Words, view: StoryView) -> Card:
    """Everything about an act, for one reader."""
    if view.is_revoked:
        return _ended(words, view)
    told = sentence(words, view.award, named(words, view.award.receivers), hides=view.hides)
    elements = (
        Paragraph(told),
        *about(words, view.award, hides=view.hides),
        Paragraph((Text(_figures(words, view), subtle=True),)),
        *_comments(words, view),
        Paragraph(words.line("badges.comment_hint")),
        Buttons(tuple(_buttons(words, view))),
    )
    return Card(plain(told), elements)


def _ended(words: Words, view: StoryView) -> Card:
    told = (
        words.line("badges.revoked_secret") if view.hides else words.line("badges.revoked", badge=badge_of(view.award))
    )
    why = (Paragraph((Text(words("badges.reason"), subtle=True),)), Quote(view.reason)) if view.reason else ()
    return Card(plain(told), (Paragraph(told), *why))


def _figures(words: Words, view: StoryView) -> str:
    facts = [words.date(view.given_at, view.zone)]
    if view.award.likes:
        facts.append(words("badges.likes", count=view.award.likes))
    return " · ".join(facts)


def _comments(words: Words, view: StoryView) -> Iterator[Element]:
    if not view.comments:
        return
    yield Divider()
    left_out = view.award.comments - len(view.comments)
    if left_out > 0:
        yield Paragraph((Text(words("badges.earlier_comments", count=left_out), subtle=True),))
    for number, comment in enumerate(view.comments, 1):
        mark = (Text(f"{words.number(number)}. ", subtle=True),) if comment.is_removable else ()
        date = words.date(comment.at, view.zone)
        yield Paragraph((*mark, *words.line("kudos.from_on", giver=comment.person.called(), date=date)))
        yield Quote(comment.text)


def _buttons(words: Words, view: StoryView) -> Iterator[Button]:
    act_id, reader = view.award.act_id, view.reader_id
    if not view.is_party and not view.has_liked:
        yield like_button(words, view.award)
    opening = Action(OPEN, act_id, Mode.REPEATABLE, member_id=reader, argument=COMMENT_FORM)
    yield Button(words("badges.comment"), opening)
    if view.may_report:
        yield Button(words("badges.report"), Action(REPORT, act_id, Mode.REPEATABLE, member_id=reader))
    if view.may_revoke:
        yield Button(words("badges.revoke"), Action(REVOKE, act_id, Mode.REPEATABLE, member_id=reader), "danger")
    for number, comment in enumerate(view.comments, 1):
        if comment.is_removable:
            removing = Action(UNCOMMENT, comment.comment_id, member_id=reader)
            yield Button(words("badges.remove_comment", number=number), removing)


def report_question(words: Words, view: AwardView, reader_id: int) -> Card:
    """What is wrong with it? Reached by a button, so that nobody reports by a slip."""
    told = words.line("badges.report_question")
    buttons = _reasons(words, REPORT_AS, view.act_id, reader_id)
    return Card(plain(told), (Paragraph(told), Paragraph(words.line("badges.report_how")), buttons))


def revoke_question(words: Words, view: AwardView, reader_id: int) -> Card:
    """Why is it taken back? By one of the usual reasons, or in one's own words."""
    told = words.line("badges.revoke_question", badge=badge_of(view), receivers=named(words, view.receivers))
    buttons = _reasons(words, REVOKE_AS, view.act_id, reader_id, "danger")
    return Card(plain(told), (Paragraph(told), Paragraph(words.line("badges.revoke_how")), buttons))


def _reasons(words: Words, verb: str, act_id: int, reader_id: int, style: Style = "default", turn: str = "") -> Buttons:
    """`turn` tells the buttons of one round of reports from those of the next."""
    return Buttons(
        tuple(
            Button(
                words(f"badges.reasons.{reason}"),
                Action(verb, act_id, member_id=reader_id, lifetime=DECISION_LIFETIME, argument=f"{reason}:{turn}"),
                style,
            )
            for reason in REASONS
        )
    )


def reported(words: Words, admins: int) -> Card:
    """For who reported, in private."""
    told = words.line("badges.reported", count=admins) if admins else words.line("badges.reported_to_nobody")
    return Card(plain(told), (Paragraph(told),))


def revoked_by_role(words: Words, view: AwardView) -> Card:
    """For who revoked."""
    told = words.line("badges.revoked_by_you", badge=badge_of(view), receivers=named(words, view.receivers))
    return Card(plain(told), (Paragraph(told),))


def revoked_by_somebody(words: Words, view: AwardView) -> Card:
    """Takes the place of a report's notice once the badge was taken back, by whomever."""
    told = words.line("badges.report_upheld", badge=badge_of(view), receivers=named(words, view.receivers))
    return Card(plain(told), (Paragraph(told),))


def dismissed(words: Words) -> Card:
    told = words.line("badges.dismissed")
    return Card(plain(told), (Paragraph(told),))


def report_notice(words: Words, view: AwardView, reader_id: int, reasons: tuple[str, ...], turn: str) -> Card:
    """For an admin: what was reported, how often and why, and what can be done. Who reported it is not told."""
    told = words.line("badges.report_notice", count=len(reasons))
    given = [reason for reason in reasons if reason]
    dismissing = Action(DISMISS, view.act_id, member_id=reader_id, lifetime=DECISION_LIFETIME, argument=turn)
    elements: tuple[Element, ...] = (
        Paragraph(told),
        *(Quote(reason) for reason in given[:REPORTS_MAX]),
        Divider(),
        Paragraph(sentence(words, view, named(words, view.receivers))),
        *(Quote(each) for each in (view.message,) if each),
        Paragraph(words.line("badges.report_choice")),
        Buttons((Button(words("badges.dismiss"), dismissing),)),
        _reasons(words, REVOKE_AS, view.act_id, reader_id, "danger", turn),
    )
    return Card(plain(told), elements)
