"""What a button carries. A token says nothing by itself: who may press it, what it does and until when is a row.

Tokens are derived from the secret key, so that a card rendered twice carries the same ones; only their hashes are stored.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, Text, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Hot, Table
from core.errors import Refusal

TOKEN_BYTES = 16
SINGLE, PER_MEMBER, REPEATABLE = "single", "per_member", "repeatable"
NOBODY = 0
"""Who presses what no member does: a link that was opened in a browser."""


class ActionToken(Table):
    """Outside row-level security: read before the workspace is known. `conversation` empty: wherever its member is."""

    __tablename__ = "action_token"
    __table_args__ = (
        CheckConstraint("mode IN ('single', 'per_member', 'repeatable')", name="mode"),
        CheckConstraint("conversation <> '' OR member_id IS NOT NULL", name="bound"),
        Index("ix_action_token_expires_at", "expires_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    workspace_id: Mapped[int]
    verb: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    argument: Mapped[str] = mapped_column(Text, server_default="")
    member_id: Mapped[int | None]
    conversation: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(String(16))
    expires_at: Mapped[datetime]


class Press(Table):
    __tablename__ = "press"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)


class Closed(Refusal):
    """The token is unknown (we never issued it) or its time is over."""

    code = "closed"


class AlreadyDone(Refusal):
    code = "already_done"


class NotForYou(Refusal):
    code = "not_for_you"


class OtherPlace(Refusal):
    code = "other_place"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token will allow. `conversation` is the key of the place it is shown in."""

    workspace_id: int
    verb: str
    object_id: int
    argument: str
    member_id: int | None
    conversation: str
    mode: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that was pressed and is ours."""

    token_hash: bytes
    workspace_id: int
    verb: str
    object_id: int
    argument: str
    member_id: int | None
    conversation: str
    mode: str


# A card that is rendered again keeps the time it was first given. Buttons that may be pressed any number of times are the same
# on every card of their kind: those live on with the newest, or a page shown every day would die a month after the first.
_MINT = Hot(
    "WITH given AS (SELECT * FROM json_to_recordset(CAST(CAST(:grants AS text) AS json)) AS given(hash text, workspace_id bigint, verb text,"
    " object_id bigint, argument text, member_id bigint, conversation text, mode text, expires_at timestamptz)),"
    " renewed AS (UPDATE action_token SET expires_at = given.expires_at FROM given"
    " WHERE action_token.token_hash = decode(given.hash, 'hex') AND action_token.mode = 'repeatable'"
    " AND action_token.expires_at < given.expires_at - INTERVAL '1 day')"
    " INSERT INTO action_token (token_hash, workspace_id, verb, object_id, argument, member_id, conversation, mode, expires_at)"
    " SELECT decode(hash, 'hex'), workspace_id, verb, object_id, argument, member_id, conversation, mode, expires_at"
    " FROM given ORDER BY hash ON CONFLICT DO NOTHING"
)

_FIND = text(
    "SELECT token_hash, workspace_id, verb, object_id, argument, member_id, conversation, mode FROM action_token"
    " WHERE token_hash = :hash AND expires_at > clock_timestamp()"
)

# A single press locks its token first, so that of two people at once one waits and then finds it used.
_LOCK = text("SELECT 1 FROM action_token WHERE token_hash = :hash FOR UPDATE")
_IS_PRESSED = text("SELECT 1 FROM press WHERE token_hash = :hash")
# What was shown to a member who was merged since is for the one who lives on.
_IS_HEIR = text("SELECT 1 FROM member WHERE workspace_id = :workspace_id AND id = :issued_to AND merged_into = :member")
_PRESS = text(
    "INSERT INTO press (token_hash, member_id) VALUES (:hash, :member) ON CONFLICT DO NOTHING RETURNING member_id"
)
_FORGET = text(
    "WITH expired AS (DELETE FROM action_token WHERE token_hash IN"
    " (SELECT token_hash FROM action_token WHERE expires_at < :before LIMIT 5000) RETURNING token_hash)"
    " DELETE FROM press USING expired WHERE press.token_hash = expired.token_hash"
)


def derive(grant: Grant, *, secret: bytes) -> str:
    """The token of a grant: 128 bits, 22 characters of base64url. Its time is not part of it."""
    fields = [
        grant.workspace_id,
        grant.verb,
        grant.object_id,
        grant.argument,
        grant.member_id,
        grant.conversation,
        grant.mode,
    ]
    digest = hmac.digest(secret, json.dumps(fields).encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode()


def digest(token: str) -> bytes:
    """What is stored of a token. Strict JSON may still hold a lone surrogate: that is no token of ours, and no error."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


async def mint(session: AsyncSession, grants: Sequence[Grant], *, secret: bytes) -> list[str]:
    """Make the grants pressable and return their tokens, in order."""
    minted = [derive(grant, secret=secret) for grant in grants]
    rows = [
        {
            "hash": digest(token).hex(),
            "workspace_id": grant.workspace_id,
            "verb": grant.verb,
            "object_id": grant.object_id,
            "argument": grant.argument,
            "member_id": grant.member_id,
            "conversation": grant.conversation,
            "mode": grant.mode,
            "expires_at": grant.expires_at.isoformat(),
        }
        for token, grant in zip(minted, grants, strict=True)
    ]
    if rows:
        await _MINT.all(session, {"grants": json.dumps(rows)})
    return minted


async def find(session: AsyncSession, token: str) -> Issued:
    """Read a pressed token. Raises Closed."""
    issued = await known(session, token)
    if issued is None:
        raise Closed
    return issued


async def find_by_digest(session: AsyncSession, hashed: bytes) -> Issued:
    """Read a token of which what is stored is known. Raises Closed."""
    row = (await session.execute(_FIND, {"hash": hashed})).first()
    if row is None:
        raise Closed
    return Issued(*row)


async def known(session: AsyncSession, token: str) -> Issued | None:
    """The token, if it is ours and its time is not over."""
    row = (await session.execute(_FIND, {"hash": digest(token)})).first()
    return Issued(*row) if row is not None else None


async def press(session: AsyncSession, issued: Issued, *, member_id: int, conversation: str) -> None:
    """Use a token once, in the transaction of its effect. Raises NotForYou, OtherPlace or AlreadyDone."""
    if issued.member_id not in (None, member_id) and not await _is_heir(session, issued, member_id):
        raise NotForYou
    if issued.conversation not in ("", conversation):
        raise OtherPlace
    if issued.mode == REPEATABLE:
        return
    if issued.mode == SINGLE:
        await session.execute(_LOCK, {"hash": issued.token_hash})
        if await is_spent(session, issued):
            raise AlreadyDone
    if (await session.execute(_PRESS, {"hash": issued.token_hash, "member": member_id})).first() is None:
        raise AlreadyDone


async def spend(session: AsyncSession, issued: Issued) -> None:
    """Use a single token that no member presses, in the transaction of its effect. Raises AlreadyDone."""
    await press(session, issued, member_id=NOBODY, conversation=issued.conversation)


async def is_spent(session: AsyncSession, issued: Issued) -> bool:
    """Whether a single token was used."""
    return (await session.execute(_IS_PRESSED, {"hash": issued.token_hash})).first() is not None


async def _is_heir(session: AsyncSession, issued: Issued, member_id: int) -> bool:
    values = {"workspace_id": issued.workspace_id, "issued_to": issued.member_id, "member": member_id}
    return (await session.execute(_IS_HEIR, values)).first() is not None


async def forget(session: AsyncSession, *, before: datetime) -> None:
    """Delete tokens that expired before an instant, with their presses."""
    await session.execute(_FORGET, {"before": before})
