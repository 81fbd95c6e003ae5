"""What a command is given: one delivery, inside its transaction, with everybody in it recognised."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bots.chat import Account, Incoming, Reply
from bots.grammar import Command
from core.people.models import Conversation, Workspace
from core.people.queries import Person
from core.tokens import Issued


@dataclass(frozen=True, slots=True)
class Turn:
    """`people` are the members behind the accounts of the delivery, by remote id, `crowds` the accounts in the channels
    and groups that receive. `press` is the token of a button;
    `is_invited` says that the command carried a code of an admin's."""

    session: AsyncSession
    now: datetime
    workspace: Workspace
    member: Person
    conversation: Conversation
    incoming: Incoming
    people: Mapping[str, Person]
    command: Command
    crowds: Mapping[str, Sequence[Account]] = field(default_factory=dict)
    press: Issued | None = None
    message_id: str = ""
    is_invited: bool = False
    is_development: bool = False

    def person(self, account: Account) -> Person:
        return self.people[account.remote_id]


Run = Callable[[Turn], Awaitable[Reply | None]]
