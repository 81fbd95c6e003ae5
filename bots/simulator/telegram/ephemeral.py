"""Ephemeral messages (Bot API 10.3): who may send one to whom, and where it is found again."""

from dataclasses import dataclass

from bots.simulator.telegram.chats import Chats
from bots.simulator.telegram.errors import bad_request
from bots.simulator.transcript import Message
from bots.simulator.world import Conversation, Json, Person

ANSWER_SECONDS = 15.0


@dataclass(slots=True)
class Ephemerals:
    chats: Chats

    def parameters(self, asked: Json) -> Json | None:
        """Read before the chat is looked for, like every JSON object; an older server passes them over. Raises BotApiError."""
        given = asked.get("ephemeral_message_parameters")
        if given is None or not self.chats.knows_ephemeral:
            return None
        if not isinstance(given, dict):
            raise bad_request("can't parse ephemeral message parameters JSON object")
        if not isinstance(given.get("receiver_user_id"), int):
            raise bad_request("EPHEMERAL_RECEIVER_INVALID")
        return given

    def receiver(self, conversation: Conversation, given: Json, asked: Json) -> Person:
        """Raises BotApiError."""
        person = next((each for each in conversation.members if each.telegram_id == given["receiver_user_id"]), None)
        if conversation.kind == "personal" or (
            conversation.id not in self.chats.administered and not self._is_answer(given, asked, person)
        ):
            raise bad_request("BOT_NOT_ADMIN")
        if person is None or person.is_bot:
            raise bad_request("USER_NOT_PARTICIPANT")
        return person

    def _is_answer(self, given: Json, asked: Json, person: Person | None) -> bool:
        """To a press, or to a message that itself only the bot saw, a moment ago."""
        callback = self.chats.callbacks.get(str(given.get("callback_query_id", "")))
        if callback is None:
            return bool((asked.get("reply_parameters") or {}).get("ephemeral_message_id"))
        age = self.chats.world.clock().timestamp() - callback.made_at
        return callback.person == person and age <= ANSWER_SECONDS

    def find(self, messages: list[Message], conversation: Conversation, asked: Json) -> Message:
        """Raises BotApiError."""
        for message in messages:
            is_it = message.payload.get("ephemeral_message_id") == int(asked.get("ephemeral_message_id", 0))
            is_theirs = message.visible_to is not None and (
                message.visible_to.telegram_id == int(asked.get("receiver_user_id", 0))
            )
            if message.conversation is conversation and is_it and is_theirs and not message.is_deleted:
                return message
        raise bad_request("message to edit not found")
