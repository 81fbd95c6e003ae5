"""What the pictures on the web are drawn from."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from cards.certificate import CertificatePicture
from cards.picture import BadgePicture
from cards.words import words_for
from core.badges import certificates, queries
from core.database import Sessions


def finder(sessions: Sessions) -> Callable[[UUID], Awaitable[BadgePicture | None]]:
    async def find(public_id: UUID) -> BadgePicture | None:
        async with sessions.begin(role="ops") as (session, _):
            look = await queries.look(session, public_id)
        return BadgePicture(*look) if look else None

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
