"""What Telegram knows about its chats: who pressed Start, who blocked the bot, which message is where."""

from collections import defaultdict
from dataclasses import dataclass, field

from bots.simulator.telegram.entities import user
from bots.simulator.telegram.errors import BotApiError, bad_request
from bots.simulator.transcript import Message
from bots.simulator.world import Conversation, Json, Person, UnknownName, World

RIGHTS = (
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
"""What an administrator's ChatMember always names."""


@dataclass(slots=True)
class Callback:
    """A press that waits for answerCallbackQuery; `made_at` is in seconds since 1970."""

    person: Person
    message: Message
    made_at: float


@dataclass(slots=True)
class Chats:
    world: World
    blocked: set[Person] = field(default_factory=set)
    callbacks: dict[str, Callback] = field(default_factory=dict)
    administered: set[str] = field(default_factory=set)
    """Groups in which the bot is an administrator."""
    hidden: set[str] = field(default_factory=set)
    """Groups that tell only administrators who is in them."""
    beneath: dict[str, Json] = field(default_factory=dict)
    """The reply keyboard or ForceReply that a private chat shows now."""
    knows_ephemeral: bool = True
    """Whether the server is of Bot API 10.3 or later."""
    _numbers: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def next_number(self, conversation: Conversation) -> int:
        self._numbers[conversation.id] += 1
        return self._numbers[conversation.id]

    def writable(self, chat_id: object) -> Conversation:
        """The chat, if the bot may write there. Raises BotApiError."""
        conversation = self.find(chat_id)
        if conversation.moved_to is not None:
            moved = {"migrate_to_chat_id": int(conversation.moved_to.id)}
            raise BotApiError(400, "group chat was upgraded to a supergroup chat", moved)
        if conversation.kind == "personal" and conversation.person in self.blocked:
            raise BotApiError(403, "bot was blocked by the user")
        if conversation.kind == "personal" and conversation.person.is_bot:
            raise BotApiError(403, "bot can't send messages to bots")
        if conversation.kind == "personal" and not conversation.has_bot:
            raise BotApiError(403, "bot can't initiate conversation with a user")
        if not conversation.has_bot:
            raise BotApiError(403, f"bot was kicked from the {_words(conversation)} chat")
        return conversation

    def find(self, chat_id: object) -> Conversation:
        """Private chats exist for everybody whom the bot has met in a group, even before Start."""
        if chat_id in (None, ""):
            raise bad_request("chat_id is empty")
        conversation = self.world.find("telegram", str(chat_id))
        if conversation is not None:
            return conversation
        for person in self.world.people:
            if str(person.telegram_id) == str(chat_id) and self._has_met(person):
                return self.world.personal("telegram", person)
        raise bad_request("chat not found")

    def chat(self, conversation: Conversation) -> Json:
        """A Chat object."""
        if conversation.kind == "personal":
            account = user(conversation.person)
            kept: Json = {key: account[key] for key in ("first_name", "last_name", "username") if key in account}
            return {"id": int(conversation.id), "type": "private", **kept}
        kind = "supergroup" if conversation.id.startswith("-100") else "group"
        everyone = {"all_members_are_administrators": True} if kind == "group" else {}
        return {"id": int(conversation.id), "type": kind, "title": conversation.name, **everyone}

    def member(self, conversation: Conversation, user_id: int) -> Json:
        """A ChatMember object. Raises BotApiError."""
        is_told = conversation.id not in self.hidden or conversation.id in self.administered
        if user_id != self.world.bot.telegram_id and not is_told:
            raise bad_request("member list is inaccessible")
        for person in (*conversation.members, self.world.bot):
            if person.telegram_id == user_id:
                is_in = conversation.has_bot if person == self.world.bot else True
                is_first = person == self.world.bot and conversation.id in self.administered
                return membership(person, _status(is_in, is_first))
        if any(person.telegram_id == user_id for person in self.world.people):
            person = next(person for person in self.world.people if person.telegram_id == user_id)
            return membership(person, "left")
        raise bad_request("PARTICIPANT_ID_INVALID")

    def _has_met(self, person: Person) -> bool:
        return any(place.has_bot and person in place.members for place in self.world.of("telegram"))


def membership(person: Person, status: str) -> Json:
    """A ChatMember object."""
    extras: Json = {"until_date": 0} if status == "kicked" else {}
    if status == "administrator":
        extras = {"can_be_edited": False, **dict.fromkeys(RIGHTS, True)}
    return {"user": user(person), "status": status, **extras}


def button(message: Message, title: str) -> Json:
    """The inline button with that text. Raises UnknownName with the texts there are."""
    rows = message.payload.get("reply_markup", {}).get("inline_keyboard", [])
    titles = [found["text"] for row in rows for found in row]
    for row in rows:
        for found in row:
            if found["text"] == title:
                return dict(found)
    raise UnknownName(f"no button {title!r} to press; there are: {', '.join(titles)}")


def _status(is_in: bool, is_administrator: bool) -> str:
    if not is_in:
        return "left"
    return "administrator" if is_administrator else "member"


def _words(conversation: Conversation) -> str:
    return "supergroup" if conversation.id.startswith("-100") else "group"
