"""Messages in a group that one person sees: Telegram's ephemeral messages, where the server and the group allow them.

They exist since Bot API 10.2 and are asked for as since 10.3 (https://core.telegram.org/bots/api#ephemeral-messages-and-commands).
A server that does not know them takes the parameter for nothing and would say aloud what is meant for one person: so it is asked
first whether it reads the parameter, by a call that no server can carry out. In a group where the bot is no administrator
Telegram lets it answer presses and ephemeral messages only; a refusal is remembered for a while.

Neither sending nor reading costs more where they do not exist: `None` says that the message has to go another way.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bots.chat import Sent, Target
from bots.sending import RetryAfter
from bots.telegram.api import Api
from bots.telegram.errors import MISREAD, is_bad_request, translate

ASK_AGAIN_AFTER = 3600.0  # seconds
_MARK = "ephemeral"
_NAME = re.compile(rf"{_MARK}:([0-9]+):([0-9]+)", re.ASCII)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Whisper:
    """An ephemeral message: its number counts for its receiver in its chat, so it is no message id."""

    receiver: int
    number: int

    def __str__(self) -> str:
        return f"{_MARK}:{self.receiver}:{self.number}"

    @staticmethod
    def read(message_id: str) -> "Whisper | None":
        found = _NAME.fullmatch(message_id)
        return Whisper(int(found[1]), int(found[2])) if found else None


@dataclass(slots=True)
class Whispers:
    """What one process has learnt. `clock` counts seconds."""

    api: Api
    clock: Callable[[], float]
    _is_known: bool | None = None
    _refused_until: dict[str, float] = field(default_factory=dict)

    async def say(self, target: Target, payload: Mapping[str, Any]) -> Sent | None:
        """None where the message cannot be whispered. Raises SendError."""
        answered = Whisper.read(target.reply_to)
        is_allowed = bool(target.interaction) or answered is not None
        place = target.place.remote_id
        if not is_allowed and self.clock() < self._refused_until.get(place, 0.0):
            return None
        if not await self._is_understood():
            return None
        try:
            said = await self.api.ask("sendMessage", _parameters(target, payload, answered))
        except (BadRequest, ChatMigrated, Forbidden) as error:
            is_ours = is_bad_request(error, MISREAD)
            if not is_allowed and not is_ours:
                self._refused_until[place] = self.clock() + ASK_AGAIN_AFTER
            return None
        except TelegramError as error:
            raise translate(error) from error
        return await self._checked(target, said)

    async def _checked(self, target: Target, said: Mapping[str, Any]) -> Sent | None:
        """What everybody can read is taken back at once."""
        number = said.get("ephemeral_message_id")
        if isinstance(number, int):
            return Sent(str(Whisper(int(target.person), number)))
        self._is_known = False
        log.error("Telegram said aloud what was to be whispered; nothing is whispered any more")
        try:
            await self.api.ask("deleteMessage", {"chat_id": target.place.remote_id, "message_id": said["message_id"]})
        except TelegramError as error:
            log.error("and it could not be taken back: %s", translate(error).reason)  # noqa: TRY400
        return None

    async def _is_understood(self) -> bool:
        """Whether the server reads the parameter: then it finds fault with it before it looks for the chat, which is none."""
        if self._is_known is None:
            asked = {"chat_id": 0, "text": _MARK, "ephemeral_message_parameters": "?"}
            try:
                await self.api.ask("sendMessage", asked)
            except TelegramError as error:
                fault = translate(error)
                if isinstance(fault, RetryAfter):
                    raise fault from error
                if isinstance(error, BadRequest | Forbidden):
                    self._is_known = is_bad_request(error, _MARK)
            else:
                self._is_known = False
        return bool(self._is_known)

    async def edit(self, target: Target, whisper: Whisper, payload: Mapping[str, Any]) -> Sent:
        """Raises SendError."""
        asked = {
            "chat_id": target.place.remote_id,
            "receiver_user_id": whisper.receiver,
            "ephemeral_message_id": whisper.number,
            **payload,
        }
        try:
            await self.api.ask("editEphemeralMessageText", asked)
        except TelegramError as error:
            if not is_bad_request(error, "message is not modified"):
                raise translate(error, is_repeatable=True) from error
        return Sent(str(whisper))


def _parameters(target: Target, payload: Mapping[str, Any], answered: Whisper | None) -> dict[str, Any]:
    receiver: dict[str, Any] = {"receiver_user_id": int(target.person)}
    if target.interaction:
        receiver["callback_query_id"] = target.interaction
    parameters = {"chat_id": target.place.remote_id, **payload, "ephemeral_message_parameters": receiver}
    if target.place.thread:
        parameters["message_thread_id"] = int(target.place.thread)
    if answered is not None:
        parameters["reply_parameters"] = {"ephemeral_message_id": answered.number}
    return parameters
