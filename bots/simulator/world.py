"""The people and places that the three simulated platforms share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bots.simulator.clock import Clock, Ids, system_clock

PlatformName = Literal["teams", "slack", "telegram"]
Kind = Literal["personal", "group", "channel"]
Json = dict[str, Any]

MENTION = re.compile(r"@\[([^\]]+)\]")


class UnknownName(LookupError):
    """A script named a person, button or place that is not there."""


@dataclass(frozen=True, slots=True)
class Person:
    """One human (or bot) with an account on each platform; `locale` is a BCP 47 tag like `en-US`."""

    name: str
    email: str
    teams_id: str
    aad_id: str
    slack_id: str
    telegram_id: int
    is_bot: bool = False
    is_guest: bool = False
    telegram_username: str | None = None
    locale: str = "en-US"
    time_zone: str = "Europe/Madrid"

    @property
    def first_name(self) -> str:
        return self.name.split(" ", 1)[0]

    @property
    def last_name(self) -> str:
        return self.name.partition(" ")[2]


Part = str | Person


@dataclass(eq=False, slots=True)
class Conversation:
    """A chat on one platform. `id` is the platform's own (Telegram's as text); `team_id` and `team_name` are for Teams.

    `has_bot` tells whether the bot is installed, invited or started there. `moved_to` follows a Telegram migration.
    """

    platform: PlatformName
    id: str
    kind: Kind
    name: str
    members: list[Person]
    has_bot: bool = True
    team_id: str = ""
    team_name: str = ""
    moved_to: "Conversation | None" = field(default=None, repr=False)

    @property
    def person(self) -> Person:
        """Whose private chat it is."""
        return self.members[0]


class World:
    """People, tenant, team and every conversation. `clock` and `ids` decide times and names of things made later."""

    def __init__(
        self,
        people: Sequence[Person],
        *,
        bot: Person,
        tenant_id: str,
        slack_team_id: str = "T0PLAUDIT01",
        slack_domain: str = "plaudit-example",
        clock: Clock = system_clock,
        ids: Ids | None = None,
    ) -> None:
        self.people = list(people)
        self.bot = bot
        self.tenant_id = tenant_id
        self.slack_team_id = slack_team_id
        self.slack_domain = slack_domain
        self.clock = clock
        self.ids = ids or Ids()
        self.conversations: list[Conversation] = []
        self._latest_stamp = 0

    def person(self, name: str) -> Person:
        """By full name or first name, the bot included."""
        for person in (*self.people, self.bot):
            if name in (person.name, person.first_name):
                return person
        raise UnknownName(f"nobody is called {name!r}; known: {', '.join(person.name for person in self.people)}")

    def parts(self, text: str) -> list[Part]:
        """Split `Thanks @[Ana], well done` into text and people."""
        pieces: list[Part] = []
        for index, piece in enumerate(MENTION.split(text)):
            if index % 2:
                pieces.append(self.person(piece))
            elif piece:
                pieces.append(piece)
        return pieces

    def find(self, platform: PlatformName, conversation_id: str) -> Conversation | None:
        for conversation in self.conversations:
            if conversation.platform == platform and conversation.id == conversation_id:
                return conversation
        return None

    def of(self, platform: PlatformName) -> list[Conversation]:
        return [conversation for conversation in self.conversations if conversation.platform == platform]

    def personal(self, platform: PlatformName, person: Person) -> Conversation:
        """The private chat of the person with the bot; made on first use, the bot not yet in it (Slack's always is)."""
        for conversation in self.of(platform):
            if conversation.kind == "personal" and conversation.person == person:
                return conversation
        name = f"{person.first_name} and {self.bot.name}"
        return self._keep(
            Conversation(platform, self._personal_id(platform, person), "personal", name, [person], platform == "slack")
        )

    def group(
        self, platform: PlatformName, name: str, people: Sequence[Person], *, has_bot: bool = True
    ) -> Conversation:
        """A group chat (Teams, Telegram) or a private channel (Slack)."""
        return self._keep(Conversation(platform, self._group_id(platform), "group", name, list(people), has_bot))

    def channel(
        self,
        platform: PlatformName,
        name: str,
        people: Sequence[Person],
        *,
        team: str = "Everybody",
        has_bot: bool = True,
    ) -> Conversation:
        """A Teams channel in a team, a public Slack channel, a Telegram supergroup."""
        team_id = self._team_id(team) if platform == "teams" else ""
        return self._keep(
            Conversation(platform, self._channel_id(platform), "channel", name, list(people), has_bot, team_id, team)
        )

    def stamp(self) -> int:
        """Milliseconds since 1970, never twice the same: Teams' message ids and Slack's ts are made of it."""
        now: datetime = self.clock()
        self._latest_stamp = max(self._latest_stamp + 1, int(now.timestamp() * 1000))
        return self._latest_stamp

    def _keep(self, conversation: Conversation) -> Conversation:
        self.conversations.append(conversation)
        return conversation

    def _personal_id(self, platform: PlatformName, person: Person) -> str:
        made = {
            "teams": f"a:1{self.ids.hexadecimal(40)}",
            "slack": self.ids.slack("D"),
            "telegram": str(person.telegram_id),
        }
        return made[platform]

    def _group_id(self, platform: PlatformName) -> str:
        made = {
            "teams": f"19:{self.ids.hexadecimal(32)}@thread.v2",
            "slack": self.ids.slack("C"),
            "telegram": str(-self.ids.number(10)),
        }
        return made[platform]

    def _channel_id(self, platform: PlatformName) -> str:
        made = {
            "teams": f"19:{self.ids.hexadecimal(32)}@thread.tacv2",
            "slack": self.ids.slack("C"),
            "telegram": f"-100{self.ids.number(10)}",
        }
        return made[platform]

    def _team_id(self, team: str) -> str:
        for conversation in self.of("teams"):
            if conversation.team_name == team and conversation.team_id:
                return conversation.team_id
        return f"19:{self.ids.hexadecimal(32)}@thread.tacv2"


def example_world(*, clock: Clock = system_clock, seed: str = "plaudit", app_id: str = "") -> World:
    """Six colleagues, a guest, another bot and Plaudit; conversations are added by the caller."""
    ids = Ids(seed)
    names = ("Ana García", "Luis Ortega", "Zoë Müller", "Priya Nair", "Tom Okafor", "Mei 🦊 Lin")
    people = [_person(name, ids) for name in names]
    people.append(_person("Gus Guest", ids, is_guest=True))
    people.append(_person("Other Bot", ids, is_bot=True))
    bot = Person(
        name="Plaudit",
        email="",
        teams_id=f"28:{app_id or ids.uuid()}",
        aad_id=ids.uuid(),
        slack_id=ids.slack("U"),
        telegram_id=ids.number(10),
        is_bot=True,
        telegram_username="plaudit_bot",
    )
    return World(people, bot=bot, tenant_id=ids.uuid(), clock=clock, ids=ids)


def _person(name: str, ids: Ids, *, is_bot: bool = False, is_guest: bool = False) -> Person:
    handle = name.split(" ", maxsplit=1)[0].lower().encode("ascii", "ignore").decode()
    return Person(
        name=name,
        email=f"{handle}@example.com",
        teams_id=f"29:1{ids.hexadecimal(40)}",
        aad_id=ids.uuid(),
        slack_id=ids.slack("U"),
        telegram_id=ids.number(9),
        is_bot=is_bot,
        is_guest=is_guest,
        telegram_username=f"{handle}_example{'_bot' if is_bot else ''}",
    )
