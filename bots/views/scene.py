"""What a view is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cards.people import Person
from cards.words import Words
from core.people import queries
from core.people.models import Workspace


@dataclass(frozen=True, slots=True)
class Scene:
    """One message to build. `workspace` is None for people who belong to none; then only answers that need none are asked for.

    `is_posted` tells that the message stands somewhere already, so that it must be changed rather than withheld; `is_for_one`
    that nobody but its reader will see it. `public_url` is where everybody reaches our web pages, without a slash at its end;
    empty if nobody does.
    """

    session: AsyncSession
    now: datetime
    workspace: Workspace | None
    words: Words
    reference: Mapping[str, Any]
    secret: bytes
    is_posted: bool = False
    is_for_one: bool = False
    public_url: str = ""

    @property
    def home(self) -> Workspace:
        assert self.workspace is not None, "this message is about a workspace"
        return self.workspace

    async def people(self, member_ids: Sequence[int]) -> dict[int, Person]:
        """Members by id, by the names to show; one whose personal row is gone is a former member."""
        found = await queries.people(self.session, member_ids, workspace_id=self.home.id)
        former = self.words("people.former")
        return {
            member_id: Person(member_id, found[member_id].name or former if member_id in found else former)
            for member_id in member_ids
        }
