"""How much of what happens a connected conversation hears."""

from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Refusal
from core.people.models import Conversation

DIRECT, THREAD, DIGEST, SILENT = "direct", "thread", "digest", "silent"
MODES: Final = (DIRECT, THREAD, DIGEST, SILENT)
"""A card at once; a card at once, in a thread of the day; once a day; only what is asked for here."""

ADDRESS: Final = (
    "jsonb_build_object('platform', platform, 'tenant', tenant, 'remote_id', remote_id, 'kind', kind, 'name', name,"
    " 'reference', reference)"
)
"""SQL: a conversation's row as the outbox's messages are addressed."""

DAILY_ADDRESS: Final = (
    f"{ADDRESS} || CASE mode WHEN 'thread' THEN CAST('{{\"daily\": true}}' AS jsonb) ELSE CAST('{{}}' AS jsonb) END"
)
"""SQL: the same, of what stands in a thread of its day where that was chosen."""

AT_ONCE: Final = "is_connected AND mode IN ('direct', 'thread')"
"""SQL: conversations that hear of each kudos and badge."""

NOT_SILENT: Final = "is_connected AND mode <> 'silent'"
"""SQL: conversations that hear of what concerns everybody: lotteries and campaigns."""

THREADED: Final = frozenset({"slack", "teams"})


class ModeUnknown(Refusal):
    """Not one of `MODES`."""

    code = "mode_unknown"


class NoThreads(Refusal):
    """A chat without threads of its own."""

    code = "no_threads"


class NotAChannel(Refusal):
    """A private chat: what is told there is for its member to choose."""

    code = "not_a_channel"


async def choose(session: AsyncSession, conversation: Conversation, mode: str) -> None:
    """Raises ModeUnknown or NoThreads."""
    if mode not in MODES:
        raise ModeUnknown(typed=mode[:40])
    if mode == THREAD and conversation.platform not in THREADED:
        raise NoThreads
    of_place = (Conversation.workspace_id == conversation.workspace_id, Conversation.id == conversation.id)
    await session.execute(update(Conversation).where(*of_place).values(mode=mode))
