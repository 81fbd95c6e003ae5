"""Forms that are filled in step by step, in chats that show no inputs: what was filled in so far, and what is asked for now.

A member has one open form in a private chat. It is forgotten when it is sent, cancelled, replaced or out of time, and when its
member is merged into another.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Select, String, Text, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.database import OfWorkspace, Table


class Draft(OfWorkspace, Table):
    """`conversation` is the key of the private chat, `kind` the form's view, `reference` what the view is about. `filled` holds
    values by the names of inputs; `people` are pairs of remote id and name, in the order in which they were chosen. `awaited` names
    the input that the member's next message is for, empty if it is for none, and `length_max` bounds it; `message_id` is where
    the form stands."""

    __tablename__ = "draft"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "member_id"], ["member.workspace_id", "member.id"]),
        Index("ix_draft_expires_at", "expires_at"),
    )

    conversation: Mapped[str] = mapped_column(Text, primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    nonce: Mapped[str] = mapped_column(String(40))
    reference: Mapped[Mapping[str, Any]]
    filled: Mapped[Mapping[str, Any]] = mapped_column(server_default="{}")
    people: Mapped[Sequence[Sequence[str]]] = mapped_column(JSONB, server_default="[]")
    awaited: Mapped[str] = mapped_column(Text, server_default="")
    length_max: Mapped[int] = mapped_column(server_default="0")
    message_id: Mapped[str] = mapped_column(Text, server_default="")
    expires_at: Mapped[datetime]


async def start(
    session: AsyncSession,
    *,
    workspace_id: int,
    conversation: str,
    member_id: int,
    kind: str,
    nonce: str,
    reference: Mapping[str, Any],
    values: Mapping[str, str],
    people: Sequence[tuple[str, str]],
    expires_at: datetime,
) -> None:
    """Open a form; the one that was open in the chat is forgotten. `people` are (remote id, name)."""
    fresh = {
        "kind": kind,
        "nonce": nonce,
        "reference": dict(reference),
        "filled": dict(values),
        "people": [list(pair) for pair in people],
        "awaited": "",
        "length_max": 0,
        "message_id": "",
        "expires_at": expires_at,
    }
    key = {"workspace_id": workspace_id, "conversation": conversation, "member_id": member_id}
    await session.execute(
        insert(Draft)
        .values(**key, **fresh)
        .on_conflict_do_update(index_elements=["workspace_id", "conversation", "member_id"], set_=fresh)
    )


async def hold(session: AsyncSession, *, workspace_id: int, conversation: str) -> Draft | None:
    """The form that is open in a private chat, locked until the end of the transaction, so that steps follow one another."""
    return (await session.scalars(_open(workspace_id, conversation).with_for_update())).first()


async def get(session: AsyncSession, *, workspace_id: int, conversation: str) -> Draft | None:
    """The form that is open in a private chat."""
    return (await session.scalars(_open(workspace_id, conversation))).first()


def _open(workspace_id: int, conversation: str) -> Select[tuple[Draft]]:
    return (
        select(Draft)
        .where(
            Draft.workspace_id == workspace_id,
            Draft.conversation == conversation,
            Draft.expires_at > func.clock_timestamp(),
        )
        .order_by(Draft.expires_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


async def close(session: AsyncSession, *, workspace_id: int, conversation: str) -> None:
    """The form was sent or given up."""
    await session.execute(delete(Draft).where(Draft.workspace_id == workspace_id, Draft.conversation == conversation))


async def merge(session: AsyncSession, *, workspace_id: int, younger: int) -> None:
    """Whoever was merged into another fills in no form any more."""
    await session.execute(delete(Draft).where(Draft.workspace_id == workspace_id, Draft.member_id == younger))


async def forget(session: AsyncSession, *, before: datetime) -> None:
    """Delete forms whose time was over before an instant. Run as ops."""
    old = select(Draft.workspace_id, Draft.conversation, Draft.member_id).where(Draft.expires_at < before).limit(5000)
    keys = (Draft.workspace_id, Draft.conversation, Draft.member_id)
    await session.execute(delete(Draft).where(tuple_(*keys).in_(old)))
