"""What is said to whoever asked: in the HTTP body, built at once, or as a message, owed through the outbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bots.answering import messages, outgoing
from bots.chat import Answer, Incoming, Manner, Platform, Reply
from bots.presenter import Presenter, Subject
from core import outbox
from core.database import Transaction
from core.inbox import Key

Told = Sequence[tuple[Incoming, Reply]]
"""The replies to the parts of a delivery."""


@dataclass(frozen=True, slots=True)
class Replies:
    platforms: Mapping[str, Platform]
    presenter: Presenter

    async def build(
        self, transaction: Transaction, workspace_id: int, incoming: Incoming, reply: Reply
    ) -> Answer | None:
        """A reply as it is shown; None if what it is about is no longer true."""
        platform = self.platforms[incoming.place.platform]
        target = outgoing(platform, incoming, reply)
        subject = Subject(workspace_id, reply.kind, reply.reference, is_posted=reply.manner is Manner.EDIT)
        built = await self.presenter.present(transaction, subject, target, platform)
        if built is None:
            return None
        card, rendered = built
        wrong_input = reply.reference.get("input", "")
        return Answer(rendered, card.summary, reply.audience, reply.manner, wrong_input, reply, workspace_id)

    async def owe(self, session: AsyncSession, key: Key, workspace_id: int, told: Told) -> None:
        """Answers that do not travel in an HTTP body are owed through the outbox. One delivery may come to two: an apology and
        after a replay the answer, or a receipt and the word that a form sent once more was sent already."""
        name = f"answer:{':'.join(key)}"
        owed = [
            message
            for index, (incoming, reply) in enumerate(told)
            if not incoming.carries(reply.manner)
            for message in messages(
                self.platforms[incoming.place.platform], incoming, reply, f"{name}:{index}:{reply.kind}"
            )
        ]
        await outbox.enqueue(session, owed, workspace_id=workspace_id)
