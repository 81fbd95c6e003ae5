"""Asking a platform's directory about accounts and crowds that nobody knows, between two transactions."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncSession

from bots.chat import Account, Place, PlaceKind, Platform, Profile
from bots.sending import Transient
from core.errors import Refusal
from core.people import queries

CALLS_AT_ONCE = 5
GROUPS_MAX = 20
"""In how many groups somebody who was picked is looked for; the longest connected first."""
ROSTERS_MAX = 3

UNASKED = Profile(name="")
"""Stands for an account that the directory could not be asked about."""


class AskLater(Refusal):
    """The platform's directory does not answer now."""

    code = "ask_later"


class Strangers(Exception):
    """Accounts that no member has, and crowds nobody counted yet: the directory must be asked, which is not done inside a
    transaction. Accounts that were picked are looked for in `groups`, which are the workspace's."""

    def __init__(
        self, accounts: Sequence[Account] = (), crowds: Sequence[str] = (), groups: Sequence[Place] = ()
    ) -> None:
        super().__init__(f"{len(accounts)} unknown accounts, {len(crowds)} unknown crowds")
        self.accounts = accounts
        self.crowds = crowds
        self.groups = groups


@dataclass(frozen=True, slots=True)
class Directory:
    """What a platform's directory has said: profiles by account (None: no such account), members by crowd (None: it does not
    tell)."""

    profiles: Mapping[str, Profile | None] = field(default_factory=dict)
    rosters: Mapping[str, Sequence[Account] | None] = field(default_factory=dict)

    @classmethod
    def unasked(cls, strangers: Strangers) -> "Directory":
        return cls(
            dict.fromkeys((account.remote_id for account in strangers.accounts), UNASKED),
            dict.fromkeys(strangers.crowds, ()),
        )

    def joined(self, other: "Directory") -> "Directory":
        return Directory({**self.profiles, **other.profiles}, {**self.rosters, **other.rosters})


async def strangers(
    session: AsyncSession, accounts: Sequence[Account], *, workspace_id: int, place: Place
) -> Strangers:
    """The question to ask: where somebody was picked, with the groups in which they may be found."""
    if not any(account.is_picked for account in accounts):
        return Strangers(accounts)
    joined = await queries.connected(session, workspace_id=workspace_id)
    groups = [
        Place(place.platform, place.tenant, found.remote_id, PlaceKind(found.kind), reference=found.reference)
        for found in joined
        if (found.platform, found.tenant) == (place.platform, place.tenant) and found.kind != PlaceKind.PERSONAL.value
    ]
    return Strangers(accounts, groups=groups[:GROUPS_MAX])


async def rosters(session: AsyncSession, *, workspace_id: int, place: Place) -> list[Place]:
    """Where else to ask for people whom the place's own roster does not show; in the end their own chat with us."""
    known = await queries.rosters(
        session, workspace_id=workspace_id, platform=place.platform, tenant=place.tenant, limit=ROSTERS_MAX
    )
    others = [
        replace(place, remote_id=each.remote_id, kind=PlaceKind(each.kind), reference=each.reference, thread="")
        for each in known
        if each.remote_id != place.remote_id
    ]
    own = {key: value for key, value in place.reference.items() if key != "team_id"}
    return [*others, replace(place, remote_id="", kind=PlaceKind.PERSONAL, reference=own, thread="")]


async def ask(platform: Platform, unknown: Strangers, place: Place) -> Directory:
    """What the platform knows about accounts and crowds. Raises AskLater."""
    turns = asyncio.Semaphore(CALLS_AT_ONCE)

    async def look(account: Account) -> tuple[str, Profile | None]:
        async with turns:
            for where in unknown.groups if account.is_picked else (place,):
                if (profile := await platform.profile(account, where)) is not None:
                    return account.remote_id, profile
            return account.remote_id, None

    try:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(look(account)) for account in unknown.accounts]
            counted = {crowd: group.create_task(platform.members(crowd, place)) for crowd in unknown.crowds}
        profiles = dict(task.result() for task in asked)
        return Directory(profiles, {crowd: task.result() for crowd, task in counted.items()})
    except* Transient:
        pass  # what is raised here arrives in a group of its own before Python 3.11.4
    raise AskLater
