"""How updates reach the bot: posted to its webhook and repeated until it answers 2xx, or fetched with getUpdates."""

import asyncio
import json

from bots.simulator.courier import Courier, Delivery, Raw
from bots.simulator.telegram.errors import BotApiError
from bots.simulator.world import Json

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  (the name of a header)
ALWAYS_ASKED_FOR = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
PAGE_MAX = 100


class UpdateQueue:
    """`retry_delay` is in seconds; Telegram's own is longer and grows. `tries` bounds the repeats of one update."""

    def __init__(self, courier: Courier, *, first_id: int, retry_delay: float = 0.05, tries: int = 4) -> None:
        self.webhook_url = ""
        self.secret = ""
        self.allowed: frozenset[str] = frozenset()
        self.pending: list[Json] = []
        self.retry_delay = retry_delay
        self.tries = tries
        self._courier = courier
        self._next_id = first_id
        self._arrived = asyncio.Event()
        self._poll = 0

    def set_webhook(self, url: str, secret: str) -> None:
        self.webhook_url, self.secret = url, secret
        self._courier.url = url

    def make(self, kind: str, content: Json) -> Json:
        self._next_id += 1
        return {"update_id": self._next_id, kind: content}

    def is_asked_for(self, kind: str) -> bool:
        """chat_member and reactions come only to bots that name them in allowed_updates."""
        return kind in self.allowed if self.allowed else kind not in ALWAYS_ASKED_FOR

    async def push(self, update: Json) -> Delivery | None:
        """The bot's last answer; None when it polls (the update waits) or does not want this kind."""
        if not self.is_asked_for(next(key for key in update if key != "update_id")):
            return None
        if not self.webhook_url:
            self.pending.append(update)
            self._arrived.set()
            return None
        return await self._post(update)

    def raw(self, update: Json, *, secret: str | None = None) -> Raw:
        """The webhook request; `secret` "" sends no header."""
        shown = self.secret if secret is None else secret
        headers = {"Content-Type": "application/json", **({SECRET_HEADER: shown} if shown else {})}
        kind = next(key for key in update if key != "update_id")
        return Raw(json.dumps(update, ensure_ascii=False).encode(), headers, kind)

    async def fetch(self, *, offset: int, limit: int, timeout: float) -> list[Json]:
        """getUpdates: confirms everything before `offset`, waits up to `timeout` seconds. Raises BotApiError."""
        if self.webhook_url:
            words = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise BotApiError(409, words)
        self._poll += 1
        poll = self._poll
        self._arrived.set()
        if offset > 0:
            self.pending = [update for update in self.pending if update["update_id"] >= offset]
        try:
            async with asyncio.timeout(timeout):
                while not self.pending and timeout > 0:
                    self._arrived.clear()
                    await self._arrived.wait()
                    if self._poll != poll:
                        words = (
                            "terminated by other getUpdates request; make sure that only one bot instance is running"
                        )
                        raise BotApiError(409, words)
        except TimeoutError:
            return []
        return self.pending[: min(limit, PAGE_MAX)]

    async def _post(self, update: Json) -> Delivery:
        delivery = await self._courier.deliver(self.raw(update), url=self.webhook_url)
        for _ in range(self.tries - 1):
            if delivery.is_accepted:
                break
            await asyncio.sleep(self.retry_delay)
            delivery = await self._courier.deliver(self.raw(update), url=self.webhook_url)
        return delivery
