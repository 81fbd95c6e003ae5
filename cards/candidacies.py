"""What is said to who nominates, to who is nominated, and to who decides between those who tie."""

from cards.model import Action, Button, Buttons, Card, Element, Line, Paragraph, Quote, Text
from cards.nominations import LIFETIME, CampaignView, CandidateView, outcome_of, shortened
from cards.people import Person
from cards.words import Words, plain

WITHDRAW, DECLINE, DECIDE = "nomination_withdraw", "nomination_decline", "campaign_decide"


def nominated(
    words: Words, view: CampaignView, nominee: Person, *, candidacy_id: int, reader_id: int, left: int
) -> Card:
    """The nominator's receipt."""
    told = words.line("campaigns.nominated", name=nominee.called(), campaign=Text(view.name, bold=True))
    more = (Paragraph(words.line("campaigns.left", count=left)),) if left else ()
    undo = Action(WITHDRAW, candidacy_id, member_id=reader_id, lifetime=LIFETIME)
    return Card(plain(told), (Paragraph(told), *more, Buttons((Button(words("campaigns.withdraw"), undo),))))


def notice(
    words: Words, view: CampaignView, candidate: CandidateView, *, candidacy_id: int, reader_id: int, may_decline: bool
) -> Card:
    """What a nominee is told, and can do about it."""
    told = words.line("campaigns.notice", campaign=Text(view.name, bold=True))
    elements: list[Element] = [Paragraph(told), *(Quote(shortened(reason)) for reason in candidate.reasons)]
    elements += [Paragraph((person.called(), Text(f": {shortened(text)}"))) for person, text in candidate.said]
    if may_decline:
        elements.append(Paragraph((Text(words("campaigns.notice_how"), subtle=True),)))
        declining = Action(DECLINE, candidacy_id, member_id=reader_id, lifetime=LIFETIME)
        elements.append(Buttons((Button(words("campaigns.decline"), declining),)))
    return Card(plain(told), tuple(elements))


def taken_off(words: Words, view: CampaignView, reason: str) -> Card:
    """In the place of the notice, for whom an organiser took off the list."""
    told = words.line("campaigns.taken_off", campaign=Text(view.name, bold=True))
    return Card(plain(told), (Paragraph(told), *((Quote(reason),) if reason else ())))


def declined(words: Words, view: CampaignView) -> Card:
    return _line(words.line("campaigns.declined", campaign=Text(view.name, bold=True)))


def about_nominee(words: Words, what: str, view: CampaignView, nominee: Person) -> Card:
    """`what` happened to a nominee, told to who did it: `withdrawn`, `commented`, `listed` or `removed`."""
    return _line(words.line(f"campaigns.{what}", name=nominee.called(), campaign=Text(view.name, bold=True)))


def _line(told: Line) -> Card:
    return Card(plain(told), (Paragraph(told),))


def tie(words: Words, view: CampaignView, tied: tuple[tuple[int, Person], ...], reader_id: int) -> Card:
    """For one who may decide: a button for each of those who tie, by their candidacies."""
    question = words.line("campaigns.tie", campaign=Text(view.name, bold=True))
    buttons = tuple(
        Button(person.name, Action(DECIDE, candidacy_id, member_id=reader_id, lifetime=LIFETIME))
        for candidacy_id, person in tied
    )
    return Card(plain(question), (Paragraph(outcome_of(words, view)), Paragraph(question), Buttons(buttons)))
