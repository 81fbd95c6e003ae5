"""The verbs of callbacks: owe a call, in the transaction of what it is about; say what a call is about once it is made.

A call is a row of the outbox like any message: made after the commit, tried again when it fails, parked with its reason when it
fails for good, and brought back by `plaudit outbox replay`. What the names stand for is filled in by the edge.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from core import outbox
from core.outbox import Outgoing

CALLBACK = "callback"
AWARDED, STEP, COMPLETED = "awarded", "step", "completed"
LANES = 8
"""So many calls of one name are made side by side at most."""


class Call(NamedTuple):
    """A call that is owed. `about` is the id of what it is about: of an award, or of a journey whose `step` is done."""

    name: str
    event: str
    about: int
    badge_id: int
    member_id: int
    step: str = ""


class Happened(NamedTuple):
    """What a call is about, as it is when the call is made. `key` is the same however often the call is tried."""

    key: str
    event: str
    at: datetime
    workspace_id: int
    badge_id: int
    badge: str
    points: int
    member_id: int
    name: str
    email: str | None
    locale: str | None
    attributes: Mapping[str, Any]
    step: str
    award_id: int | None
    award_public_id: str | None


# As `owe` writes them, for awards that nobody brings into this process.
_OWE_AWARDED = text(f"""
WITH call AS (
    SELECT concat('callback:awarded:', award.id, ':', name) AS key, concat('callback:', name, ':', award.member_id % {LANES}) AS scope,
           jsonb_build_object('name', name, 'event', 'awarded', 'about', award.id, 'badge', award.badge_id,
                              'member', award.member_id, 'step', '') AS reference
    FROM award, unnest(:names) AS name
    WHERE award.workspace_id = :workspace_id AND award.badge_id = :badge_id AND award.id BETWEEN :first AND :last
),
paced AS (INSERT INTO outbox_scope (scope) SELECT DISTINCT scope FROM call ORDER BY scope ON CONFLICT DO NOTHING)
INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
SELECT :workspace_id, key, scope, '{CALLBACK}', '{{"platform": "callback", "tenant": "", "kind": "personal"}}', reference,
       {outbox.BROADCAST} FROM call ORDER BY key ON CONFLICT (workspace_id, dedup_key) DO NOTHING
""").bindparams(bindparam("names", type_=ARRAY(Text)))  # noqa: S608 - constants of this code

_HAPPENED = text("""
SELECT badge.name AS badge, badge.points, member.id AS member_id, profile.display_name, profile.email, profile.locale,
       profile.attributes, award.id AS award_id, CAST(award.public_id AS text) AS award_public_id,
       coalesce(award.awarded_at, journey_step.done_at) AS at
FROM badge
JOIN member ON member.workspace_id = :workspace_id AND member.id = (
    SELECT coalesce(merged_into, id) FROM member AS asked WHERE asked.workspace_id = :workspace_id AND asked.id = :member OFFSET 0)
JOIN profile ON profile.workspace_id = :workspace_id AND profile.member_id = member.id
LEFT JOIN award ON award.workspace_id = :workspace_id AND award.id = :award AND award.revoked_at IS NULL
LEFT JOIN journey_step ON journey_step.workspace_id = :workspace_id AND journey_step.journey_id = :journey
     AND journey_step.step = :step
WHERE badge.workspace_id = :workspace_id AND badge.id = :badge AND coalesce(award.id, journey_step.journey_id) IS NOT NULL
""")


async def owe(session: AsyncSession, calls: Sequence[Call], *, workspace_id: int) -> None:
    """Owe calls, each once whatever is owed again."""
    await outbox.enqueue(session, [_outgoing(call) for call in calls], workspace_id=workspace_id)


def _outgoing(call: Call) -> Outgoing:
    step = f"{call.step}:" if call.step else ""
    key = f"callback:{call.event}:{call.about}:{step}{call.name}"
    address = {"platform": CALLBACK, "tenant": "", "kind": "personal"}
    reference = {
        "name": call.name,
        "event": call.event,
        "about": call.about,
        "badge": call.badge_id,
        "member": call.member_id,
        "step": call.step,
    }
    return Outgoing(key, f"callback:{call.name}:{call.member_id % LANES}", CALLBACK, address, reference)


async def owe_awarded(
    session: AsyncSession, names: Sequence[str], *, workspace_id: int, badge_id: int, first: int, last: int
) -> None:
    """Owe the calls of the awards of a badge between two ids, however many they are."""
    if names:
        values = {
            "workspace_id": workspace_id,
            "badge_id": badge_id,
            "first": first,
            "last": last,
            "names": list(names),
        }
        await session.execute(_OWE_AWARDED, values)


async def happened(
    session: AsyncSession, reference: Mapping[str, Any], key: str, *, workspace_id: int
) -> Happened | None:
    """What a call is about. None: it is true no more, as the award was taken back, or its member was erased."""
    is_step = reference["event"] == STEP
    values = {
        "workspace_id": workspace_id,
        "member": reference["member"],
        "badge": reference["badge"],
        "award": 0 if is_step else reference["about"],
        "journey": reference["about"] if is_step else 0,
        "step": reference["step"],
    }
    row = (await session.execute(_HAPPENED, values)).first()
    if row is None:
        return None
    return Happened(
        key=key,
        event=reference["event"],
        at=row.at,
        workspace_id=workspace_id,
        badge_id=reference["badge"],
        badge=row.badge,
        points=row.points,
        member_id=row.member_id,
        name=row.display_name,
        email=row.email,
        locale=row.locale,
        attributes=row.attributes,
        step=reference["step"],
        award_id=row.award_id,
        award_public_id=row.award_public_id,
    )
