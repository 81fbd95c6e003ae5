"""Telegram as `bots.chat.Platform`."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from telegram import ChatMember
from telegram.error import ChatMigrated, TelegramError

from bots.chat import Account, Incoming, Manner, Place, PlaceKind, PlatformName, Profile, Sent, Target
from bots.sending import Pacing, Transient
from bots.telegram import menu, outbound, updates
from bots.telegram.api import connect
from bots.telegram.auth import bot_id, check_secret, is_genuine
from bots.telegram.entities import Ourselves
from bots.telegram.errors import is_bad_request, translate
from bots.telegram.whispers import Whispers
from cards.model import Card
from cards.render import Context, Rendered
from cards.words import words_for

Mode = Literal["webhook", "polling"]
LEARN_AGAIN_AFTER = 60.0  # seconds
PRIVATE_PACING = Pacing(gap=1.0, burst=3, per_second=28)
GROUP_PACING = Pacing(gap=4.0, burst=5, per_second=28)  # 5 + 60/4: no minute holds more than Telegram's 20
_NOBODY = ("user not found", "participant_id_invalid", "member not found", "user_id_invalid", "invalid user_id")
log = logging.getLogger(__name__)


class TelegramPlatform:
    """One bot. Nothing here touches the network before `start`, `send` or `profile`.

    `api_url` is the Bot API's root without `/bot`. `clock` counts seconds and only goes forward.
    """

    name: PlatformName = "telegram"
    can_whisper = False
    must_answer_presses = True
    can_refresh = False
    asks_by_place = False

    def __init__(
        self,
        *,
        token: str,
        secret: str,
        api_url: str,
        mode: Mode,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ValueError for a token or (webhook mode) a secret that Telegram would not take."""
        if mode == "webhook":
            check_secret(secret)
        self.bot_id = bot_id(token)
        self.mode = mode
        self._secret = secret
        self._clock = clock
        self._us = Ourselves(self.bot_id)
        self._learn_at = clock()
        self.api, self._request = connect(token, api_url)
        self._whispers = Whispers(self.api, clock)

    async def start(self) -> None:
        """Learn the bot's name and publish its menu. Failures are logged: updates can be stored without either, and the
        name is learnt when the next message goes out."""
        await self._learn()
        await self.set_commands()

    async def set_commands(self) -> None:
        """A failure is logged."""
        try:
            await menu.publish(self.api)
        except TelegramError as error:
            log.warning("Telegram did not take the command menu: %s", translate(error).reason)

    def is_genuine(self, secrets: Sequence[str]) -> bool:
        """Whether these values of the secret header are Telegram's."""
        return is_genuine(secrets, self._secret)

    def parse(self, body: Mapping[str, Any]) -> Sequence[Incoming]:
        """Raises ValueError for what Telegram never sends."""
        return updates.parse(body, self._us, words_for(None).verbs())

    async def members(self, crowd: str, place: Place) -> None:
        """Telegram tells a bot of nobody but those it meets."""

    async def profile(self, account: Account, place: Place) -> Profile | None:
        """Telegram knows no directory: only who is in a group, and never an email. None: not in this group; or one of all whom
        somebody knows, of whom the group does not tell."""
        known = Profile(account.name, foreign=account.foreign)
        if place.kind is PlaceKind.PERSONAL:
            return known
        try:
            member = await self._member(int(place.remote_id), int(account.remote_id))
        except TelegramError as error:
            if is_bad_request(error, *_NOBODY):
                return None
            if is_bad_request(error, "member list is inaccessible", "chat_admin_required"):
                # Hidden members: of somebody who was mentioned in the group it has to do that Telegram let them be.
                return None if account.is_picked else known
            raise Transient(translate(error).reason) from error
        if member.status in {ChatMember.LEFT, ChatMember.BANNED} or not getattr(member, "is_member", True):
            return None
        user = member.user
        return Profile(user.full_name, foreign="bot" if user.is_bot else "", locale=user.language_code)

    async def _member(self, chat_id: int, user_id: int) -> ChatMember:
        try:
            return await self.api.get_chat_member(chat_id, user_id)
        except ChatMigrated as moved:
            return await self.api.get_chat_member(moved.new_chat_id, user_id)

    def render(self, card: Card, context: Context) -> Rendered:
        from cards.render.telegram import render

        return render(card, context)

    def pacing(self, place: Place) -> Pacing:
        """For messages and edits. A toast (`Target.manner is Manner.TOAST`) is no message: send it without waiting, or the
        button spins on in the person's hand."""
        return PRIVATE_PACING if place.kind is PlaceKind.PERSONAL else GROUP_PACING

    async def send(self, target: Target, rendered: Rendered, summary: str) -> Sent:
        """See `bots.chat.Platform.send`. A toast is the summary's first 200 characters."""
        if not self._us.username and self._clock() >= self._learn_at:
            await self._learn()
        if target.manner is Manner.TOAST:
            return await outbound.toast(self.api, target.interaction, summary, is_alert=target.alert)
        if target.manner is Manner.EDIT:
            return await outbound.edit(self.api, self._whispers, target, rendered.payload)
        return await outbound.post(self.api, self._whispers, target, rendered, self._us.username)

    async def close(self) -> None:
        await self._request.shutdown()

    async def _learn(self) -> None:
        self._learn_at = self._clock() + LEARN_AGAIN_AFTER
        try:
            me = await self.api.get_me()
        except TelegramError as error:
            log.warning(
                "Telegram does not tell the bot's name, so commands for /…@name wait: %s", translate(error).reason
            )
            return
        self._us = Ourselves(self.bot_id, me.username or "")
