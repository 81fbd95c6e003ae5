"""Who speaks, of whom, and for which company: from a platform's ids to a workspace and its members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bots import directory
from bots.chat import Account, Incoming, Place, Profile
from bots.directory import UNASKED, AskLater
from core import tokens
from core.errors import Refusal
from core.people import memberships, queries, service
from core.people.queries import Person
from core.people.service import Contact
from core.text import clean_name


class PersonNotFound(Refusal):
    code = "person_not_found"


class PickUnknown(Refusal):
    """Somebody was picked in a list of the whole organisation whom none of our rosters shows."""

    code = "pick_unknown"


class GiverUnknown(Refusal):
    """Somebody speaks from a conversation that we are not in, and none of our rosters shows them."""

    code = "giver_unknown"


class CodeInvalid(Refusal):
    """What was typed behind `/admin connect` lets nobody in: never made, used, or too old."""

    code = "code_invalid"


class ForeignReceiver(Refusal):
    """A bot, a guest or somebody of another company."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(name=clean_name(name))
        self.code = f"receiver_is_{kind}"


class ForeignGiver(Refusal):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.code = f"giver_is_{kind}"


class ChooseWorkspace(Refusal):
    """A private chat of somebody in several workspaces, who has not said yet which one is meant there."""

    code = "choose_workspace"


class WorkspaceNotYours(Refusal):
    """A name that none of the account's workspaces has."""

    code = "workspace_not_yours"


class Silence(Exception):
    """Nobody is to be answered: bots do not talk to bots."""


Profiles = Mapping[str, Profile | None]
NAME_MAX = 60


@dataclass(frozen=True, slots=True)
class Home:
    """The workspace of a place. `invitation` is a code that was given in it; `joins` asks to make the place part of it. One that
    `is_bound` belongs to the place whoever speaks there; one that `is_remembered` did so when it was last looked up."""

    workspace_id: int
    invitation: tokens.Issued | None = None
    joins: bool = False
    is_bound: bool = False
    is_remembered: bool = False


class Rebound(Exception):
    """The place no longer belongs to the workspace that it was remembered with."""


async def find_home(session: AsyncSession, place: Place) -> Home | None:
    """The workspace a place belongs to. Run as ops.

    A tenant that passed the adapter's gate belongs to the only workspace there is. On a platform without tenants a private
    chat belongs to nobody: see `home_of_account`.
    """
    found = await queries.workspace_of(session, platform=place.platform, tenant=place.tenant, remote_id=place.remote_id)
    if found is not None:
        return Home(found, is_bound=True)
    if place.platform == "telegram":
        return None
    bound = await service.bind_to_only_workspace(session, platform=place.platform, tenant=place.tenant)
    return Home(bound, is_bound=True) if bound is not None else None


async def home_of_account(
    session: AsyncSession, place: Place, sender: Account, *, chosen: str = "", token: str = ""
) -> Home | None:
    """The workspace that a private chat belongs to whose platform has no tenants. Run as ops.

    A button is of the workspace that made it. Otherwise it is the one `chosen` by name, now or before, or the only one that
    knows the account. Raises ChooseWorkspace if there are several, WorkspaceNotYours if there is none of that name.
    """
    known = await memberships.of_account(
        session, platform=place.platform, tenant=place.tenant, remote_id=sender.remote_id
    )
    if not known:
        return None
    names = ", ".join(each.name for each in known)
    if chosen:
        named = [each for each in known if each.name.casefold() == chosen.casefold()]
        if not named:
            raise WorkspaceNotYours(typed=chosen[:NAME_MAX], known=names)
        return Home(named[0].workspace_id)
    issued = await tokens.known(session, token) if token and len(known) > 1 else None
    if issued is not None and issued.workspace_id in {each.workspace_id for each in known}:
        return Home(issued.workspace_id)
    if len(known) > 1 and known[0].chosen_at is None:
        raise ChooseWorkspace(known=names, example=known[0].name)
    return Home(known[0].workspace_id)


async def home_of_admin(session: AsyncSession, place: Place, sender: Account, *, is_development: bool) -> Home | None:
    """The workspace that may take in a place because its admin asks for it there. Run as ops.

    In development a workspace without any admin takes in whoever asks first.
    """
    platform, tenant, remote_id = place.platform, place.tenant, sender.remote_id
    if known := await memberships.of_account(session, platform=platform, tenant=tenant, remote_id=remote_id):
        asked_of = known[0].workspace_id
        people = await queries.known(
            session, workspace_id=asked_of, platform=platform, tenant=tenant, remote_ids=[remote_id]
        )
        return Home(asked_of, joins=True) if people[sender.remote_id].is_admin else None
    only = await queries.only_workspace(session) if is_development else None
    if only is None or await queries.has_admin(session, workspace_id=only):
        return None
    return Home(only, joins=True)


def joined(invited: Home, home: Home | None) -> Home:
    """The workspace of a code; a place that belongs to another one stays there. Raises PlaceTaken."""
    if home is not None and home.workspace_id != invited.workspace_id:
        raise service.PlaceTaken
    return invited


async def locale_of_sender(session: AsyncSession, home: Home, incoming: Incoming) -> str | None:
    """The language of a member who is told no before being recognised; None for anybody else."""
    place, sender = incoming.place, incoming.sender
    account = {"platform": place.platform, "tenant": place.tenant}
    known = await queries.known(
        session, workspace_id=home.workspace_id, **account, remote_ids=[sender.remote_id, *sender.also]
    )
    return next((person.locale for person in known.values() if person.locale), None)


async def recognise(
    session: AsyncSession,
    home: Home,
    incoming: Incoming,
    mentioned: Sequence[Account],
    known: Mapping[str, Person],
    profiles: Profiles,
    *,
    locale: str | None,
) -> dict[str, Person]:
    """Members behind the sender and the accounts mentioned, by remote id: those `known`, and new ones, who are enrolled.

    Raises Silence, Strangers (ask the directory, come again with `profiles`), or a Refusal.
    """
    sender, place = incoming.sender, incoming.place
    accounts = _colleagues(sender, mentioned)
    strangers = [account for account in accounts if not _is_known(account, known) and account.remote_id not in profiles]
    if strangers:
        raise await directory.strangers(session, strangers, workspace_id=home.workspace_id, place=place)
    people = {
        account.remote_id: known.get(account.remote_id)
        or await _enrol(session, home, incoming, account, profiles, locale=locale)
        for account in accounts
    }
    if people[sender.remote_id].is_provisional:
        people[sender.remote_id] = await service.greet(
            session, people[sender.remote_id], workspace_id=home.workspace_id, locale=locale
        )
    return people


def _colleagues(sender: Account, mentioned: Sequence[Account]) -> list[Account]:
    """Everybody once, the sender first. Raises Silence or a Refusal where the payload itself shows a bot or a stranger."""
    if sender.foreign == "bot":
        raise Silence
    if sender.foreign:
        raise ForeignGiver(sender.foreign)
    accounts = list({account.remote_id: account for account in (sender, *mentioned)}.values())
    for account in accounts[1:]:
        if account.foreign:
            raise ForeignReceiver(account.foreign, account.name)
    return accounts


def _is_known(account: Account, known: Mapping[str, Person]) -> bool:
    return any(remote_id in known for remote_id in (account.remote_id, *account.also))


async def _enrol(
    session: AsyncSession, home: Home, incoming: Incoming, account: Account, profiles: Profiles, *, locale: str | None
) -> Person:
    """`profiles` lacks an account that is known by another of its ids; it holds None for one that the directory denies."""
    place, is_sender = incoming.place, account is incoming.sender
    profile = _vetted(account, profiles, is_sender=is_sender, is_visiting=incoming.is_visiting)
    contact = Contact(
        platform=place.platform,
        tenant=place.tenant,
        remote_id=profile.remote_id or account.remote_id,
        name=profile.name or account.name,
        also=tuple(dict.fromkeys((account.remote_id, *account.also, *profile.also))),
        email=profile.email,
        locale=profile.locale or (locale if is_sender else None),
        time_zone=profile.time_zone,
    )
    return await service.enrol(session, contact, workspace_id=home.workspace_id, is_provisional=not is_sender)


def _vetted(account: Account, profiles: Profiles, *, is_sender: bool, is_visiting: bool = False) -> Profile:
    """What the directory says of a colleague. Raises Silence or a Refusal for anybody else."""
    profile = profiles.get(account.remote_id, Profile(name=account.name))
    if profile is UNASKED:
        raise AskLater
    if profile is None:
        raise _unknown(account, is_sender=is_sender, is_visiting=is_visiting)
    if profile.foreign == "bot" and is_sender:
        raise Silence
    if profile.foreign:
        raise (
            ForeignGiver(profile.foreign)
            if is_sender
            else ForeignReceiver(profile.foreign, profile.name or account.name)
        )
    return profile


def _unknown(account: Account, *, is_sender: bool, is_visiting: bool) -> Refusal:
    """Where we are not, an account that no roster shows may well be a colleague; a picked one has no name to tell."""
    if is_sender:
        return GiverUnknown() if is_visiting else ForeignGiver("stranger")
    return PersonNotFound(name=clean_name(account.name)) if account.name and not is_visiting else PickUnknown()


async def vet(
    session: AsyncSession,
    home: Home,
    place: Place,
    accounts: Sequence[Account],
    profiles: Profiles,
) -> None:
    """See that accounts which no member has are colleagues', and enrol nobody. Raises Strangers or a Refusal."""
    for account in accounts:
        if account.foreign:
            raise ForeignReceiver(account.foreign, account.name)
    strangers = [account for account in accounts if account.remote_id not in profiles]
    if strangers:
        raise await directory.strangers(session, strangers, workspace_id=home.workspace_id, place=place)
    for account in accounts:
        _vetted(account, profiles, is_sender=False)


async def home_by_code(session: AsyncSession, code: str, verb: str) -> Home | None:
    """The workspace whose admin made a code; None for anything else that was typed. Run as ops."""
    try:
        issued = await tokens.find(session, code)
    except tokens.Closed:
        return None
    return Home(issued.workspace_id, issued, joins=True) if issued.verb == verb else None
