"""`plaudit admin grant`."""

from sqlalchemy.ext.asyncio import AsyncSession

from bots.cli.edge import GOOD, CalledWrongly, workspace_named
from bots.cli.screen import say
from core.database import Sessions
from core.people import directory, queries, service
from core.people.queries import Person


async def grant(sessions: Sessions, *, who: str, workspace: str | None) -> int:
    workspace_id = await workspace_named(sessions, workspace)
    async with sessions.begin(workspace_id) as (session, _):
        person = await found_person(session, who.strip(), workspace_id)
        if person is None:
            raise CalledWrongly(
                f"nobody is known as {who}; let them write to the bot once, or import them, and try again"
            )
        if person.has_left:
            raise CalledWrongly(
                f"{person.name} has left; set their status to active first, with `plaudit import people`"
            )
        if person.is_admin:
            say(f"{person.name} is an admin already.")
            return GOOD
        await service.make_admin(session, person.member_id, workspace_id=workspace_id)
        say(f"{person.name} is an admin now.")
    return GOOD


async def found_person(session: AsyncSession, who: str, workspace_id: int) -> Person | None:
    """The member with an address, an id, or an account on a platform. Raises CalledWrongly for what is none of these."""
    if who.isascii() and who.isdecimal() and len(who) < 19:
        return (await queries.people(session, [int(who)], workspace_id=workspace_id)).get(int(who))
    if "@" in who:
        member_id = await directory.by_email(session, who, workspace_id=workspace_id)
        people = await queries.people(session, [member_id] if member_id else [], workspace_id=workspace_id)
        return next(iter(people.values()), None)
    platform, _, account = who.partition(":")
    tenant, _, remote_id = account.partition(":")
    if not (platform and tenant and remote_id):
        raise CalledWrongly(f"{who} is neither an e-mail address nor an account like slack:T024BE7LD:U2147483697")
    known = await queries.known(
        session, workspace_id=workspace_id, platform=platform.lower(), tenant=tenant, remote_ids=[remote_id]
    )
    return known.get(remote_id)
