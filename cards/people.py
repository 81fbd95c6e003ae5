"""People as cards name them."""

from collections.abc import Sequence
from dataclasses import dataclass

from cards.model import Line, Mention, Run, Text
from cards.words import Words


@dataclass(frozen=True, slots=True)
class Person:
    member_id: int
    name: str

    def mention(self) -> Mention:
        """For cards that colleagues see: the person is notified."""
        return Mention(self.member_id, self.name)

    def called(self) -> Text:
        """For cards that one person sees: nobody is called into a private chat."""
        return Text(self.name, bold=True)


def named(words: Words, people: Sequence[Person], most: int = 5) -> Line:
    """`Ana, Luis and Eva`, nobody notified; beyond `most` people: `Ana, Luis and 48 more`."""
    if len(people) <= most:
        return words.join([person.called() for person in people])
    shown: list[Run] = [person.called() for person in people[: most - 1]]
    return words.join([*shown, Text(words("amounts.more", count=len(people) - len(shown)))])
