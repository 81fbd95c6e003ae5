"""What the pictures on the web are drawn from."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from cards.certificate import CertificatePicture
from cards.picture import BadgePicture
from cards.podium import Podium, Stand
from cards.words import words_for
from core.badges import certificates, queries
from core.database import Sessions
from core.digests import queries as digests
from core.people import queries as people


def badge_finder(sessions: Sessions) -> Callable[[UUID], Awaitable[BadgePicture | None]]:
    async def find(public_id: UUID) -> BadgePicture | None:
        async with sessions.begin(role="ops") as (session, _):
            look = await queries.look(session, public_id)
        return BadgePicture(*look) if look else None

    return find


def podium_finder(sessions: Sessions) -> Callable[[UUID], Awaitable[Podium | None]]:
    async def find(public_id: UUID) -> Podium | None:
        async with sessions.begin(role="ops") as (session, _):
            spell = await digests.told(session, public_id)
            if spell is None:
                return None
            placed = await digests.podium(session, spell)
            found = await people.people(session, [each.member_id for each in placed], workspace_id=spell.workspace_id)
        return Podium(tuple(Stand(each.rank, found[each.member_id].name, each.kudos) for each in placed))

    return find


def certificate_finder(sessions: Sessions) -> Callable[[UUID], Awaitable[CertificatePicture | None]]:
    async def find(public_id: UUID) -> CertificatePicture | None:
        async with sessions.begin(role="ops") as (session, _):
            found = await certificates.shown(session, public_id)
        if found is None:
            return None
        words = words_for(found.locale)
        return CertificatePicture(
            title=words("certificates.title"),
            name=found.name,
            badge=BadgePicture(found.badge, found.emoji, found.color, found.rarity),
            on=words.date(found.awarded_at, found.time_zone),
        )

    return find
