"""Ballots and the form of nominations. A ballot is for its voter alone; what it says travels in an input, never in a button."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from cards.forms import OPEN, PEOPLE, Opening, framed, wrong
from cards.model import (
    Action,
    Button,
    Buttons,
    Card,
    Choice,
    Element,
    Heading,
    Mode,
    Paragraph,
    PeopleInput,
    Text,
    TextInput,
)
from cards.nominations import VOTE_FORM, CampaignView
from cards.people import Person, named
from cards.words import Words, plain

SEND_VOTE, SEND_NOMINATION, TAKE_BACK = "vote_send", "nominate_send", "vote_take_back"
CHOICES, CAMPAIGN, REASON = "choices", "campaign", "reason"
LIFETIME = timedelta(days=400)
REASON_MAX = 1000
NAME_SHOWN = 60
NAMED_MAX = 10


@dataclass(frozen=True, slots=True)
class BallotView:
    """Who may be chosen, by candidacies, in the order of names; `choices_max` of them. `chosen` is what the voter voted before."""

    opening: Opening
    campaign: CampaignView
    candidates: tuple[tuple[int, Person], ...]
    choices_max: int
    may_change: bool
    chosen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NominationForm:
    """`campaigns` are (id, name) of those that take nominations now."""

    opening: Opening
    campaigns: tuple[tuple[int, str], ...]


def ballot(words: Words, view: BallotView) -> Card:
    """The form of a vote. `opening.place` is the campaign."""
    title = words("forms.vote.title")
    elements = (Heading(title), *wrong(view.opening), *_rules(words, view), _choice(words, view))
    return framed(words, Card(title, elements), view.opening, verb=SEND_VOTE, form=VOTE_FORM)


def _rules(words: Words, view: BallotView) -> Iterator[Element]:
    yield Paragraph((Text(view.campaign.title, bold=True),))
    rules = [
        words("ballots.until", moment=words.moment(view.campaign.voting_end_at, view.campaign.zone)),
        words("ballots.changeable" if view.may_change else "ballots.final"),
    ]
    yield Paragraph((Text(" ".join(rules)),))
    if view.campaign.is_secret:
        yield Paragraph((Text(words("ballots.secret"), subtle=True),))
    else:
        moment = words.moment(view.campaign.voting_end_at, view.campaign.zone)
        yield Paragraph((Text(words("campaigns.voting_open", moment=moment), subtle=True),))


def _choice(words: Words, view: BallotView) -> Choice:
    options = tuple((str(number), _short(person.name)) for number, person in view.candidates)
    return Choice(
        CHOICES,
        words("ballots.choose", count=view.choices_max),
        options,
        view.opening.value(CHOICES, ",".join(str(each) for each in view.chosen)),
        required=True,
        several=view.choices_max > 1,
    )


def _short(name: str) -> str:
    return name if len(name) <= NAME_SHOWN else name[: NAME_SHOWN - 1] + "…"


def voted(
    words: Words, campaign: CampaignView, *, reader_id: int, receipt: str, chosen: tuple[Person, ...], may_change: bool
) -> Card:
    """The voter's receipt. `receipt` and `chosen` are empty once nobody can tell them any more."""
    told = words.line("ballots.voted", campaign=Text(campaign.name, bold=True))
    elements: list[Element] = [Paragraph(told)]
    if chosen:
        elements.append(Paragraph(words.line("ballots.voted_for", names=named(words, chosen, NAMED_MAX))))
    if receipt:
        elements.append(Paragraph(words.line("ballots.receipt", code=Text(receipt, code=True))))
        elements.append(Paragraph(words.line("ballots.receipt_how")))
    if may_change and campaign.state == "voting":
        back = Action(TAKE_BACK, campaign.campaign_id, Mode.REPEATABLE, reader_id, LIFETIME)
        elements.append(Buttons((_vote(words, campaign), Button(words("ballots.take_back"), back))))
    return Card(plain(told), tuple(elements))


def _vote(words: Words, campaign: CampaignView) -> Button:
    again = Action(OPEN, campaign.campaign_id, Mode.REPEATABLE, lifetime=LIFETIME, argument=VOTE_FORM)
    return Button(words("campaigns.vote"), again, "primary")


def taken_back(words: Words, campaign: CampaignView) -> Card:
    moment = words.moment(campaign.voting_end_at, campaign.zone)
    told = words.line("ballots.taken_back", campaign=Text(campaign.name, bold=True), moment=moment)
    return Card(plain(told), (Paragraph(told), Buttons((_vote(words, campaign),))))


def reminder(words: Words, campaign: CampaignView) -> Card:
    moment = words.moment(campaign.voting_end_at, campaign.zone)
    told = words.line("ballots.reminder", campaign=Text(campaign.name, bold=True), moment=moment)
    return Card(plain(told), (Paragraph(told), Buttons((_vote(words, campaign),))))


def found(words: Words, campaign: CampaignView, chosen: tuple[Person, ...]) -> Card:
    """The ballot of a receipt; what it says only after the close."""
    name = Text(campaign.name, bold=True)
    if campaign.state == "closed":
        told = words.line("ballots.counted", campaign=name, names=named(words, chosen, NAMED_MAX))
    else:
        told = words.line("ballots.in_box", campaign=name)
    return Card(plain(told), (Paragraph(told),))


def nominate(words: Words, form: NominationForm) -> Card:
    """The form of a nomination. `opening.place` is the campaign it was asked for in, 0 if none."""
    title = words("forms.nominate.title")
    if not form.campaigns:
        none = words.line("refusals.campaign_none")
        return Card(plain(none), (Heading(title), Paragraph(none)))
    elements = (Heading(title), *wrong(form.opening), *_inputs(words, form))
    return framed(words, Card(title, elements), form.opening, verb=SEND_NOMINATION, form="nominate")


def _inputs(words: Words, form: NominationForm) -> Iterator[Element]:
    opening = form.opening
    yield PeopleInput(PEOPLE, words("forms.nominate.people"), several=False, required=True, accounts=opening.accounts)
    options = tuple((str(number), _short(name)) for number, name in form.campaigns)
    asked = str(opening.place) if any(number == opening.place for number, _ in form.campaigns) else options[0][0]
    yield Choice(CAMPAIGN, words("forms.nominate.campaign"), options, opening.value(CAMPAIGN, asked), required=True)
    example = words("forms.nominate.reason_example")
    field = TextInput(REASON, words("forms.nominate.reason"), example, length_max=REASON_MAX, required=True)
    yield replace(field, value=opening.value(REASON), multiline=True)
