"""A stored update → what happened, in the words of `bots.chat`."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from telegram import (
    CallbackQuery,
    Chat,
    ChatMember,
    ChatMemberUpdated,
    MaybeInaccessibleMessage,
    Message,
    MessageReactionUpdated,
    ReactionType,
    ReactionTypeEmoji,
    Update,
    User,
    UsersShared,
)

from bots.chat import Account, Act, Arrived, Edited, Gone, Incoming, Moved, Place, PlaceKind, Pressed, Said, Shared
from bots.gestures import Reacted
from bots.telegram.entities import Ourselves, Words, account, number, parts, string, words
from bots.telegram.whispers import Whisper

_KINDS = {Chat.PRIVATE: PlaceKind.PERSONAL, Chat.GROUP: PlaceKind.GROUP, Chat.SUPERGROUP: PlaceKind.GROUP}
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_START = "/start"
THUMB = "👍"
_EPHEMERAL = "ephemeral_message_id"


def parse(body: Mapping[str, Any], us: Ourselves, verbs: Collection[str]) -> list[Incoming]:
    """At most one Incoming. `verbs` are the casefolded words with which a reply to the bot may begin in a group.

    Raises ValueError for shapes that Telegram never sends.
    """
    try:
        update = Update.de_json(dict(body))
        incoming = _read(update, us, verbs)
    except (TypeError, KeyError, AttributeError, OverflowError, OSError) as error:
        raise ValueError(f"not an update of Telegram's ({type(error).__name__})") from error
    return [] if incoming is None else [incoming]


def _read(update: Update, us: Ourselves, verbs: Collection[str]) -> Incoming | None:
    delivery_id = f"update:{update.update_id}"
    if update.message is not None:
        return _message(update.message, us, verbs, delivery_id)
    if update.edited_message is not None:
        return _edited(update.edited_message, us, verbs, delivery_id)
    if update.callback_query is not None:
        return _pressed(update.callback_query, us, delivery_id)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, us, delivery_id)
    if update.message_reaction is not None:
        return _reacted(update.message_reaction, us, delivery_id)
    return None


def _message(message: Message, us: Ourselves, verbs: Collection[str], delivery_id: str) -> Incoming | None:
    place = _place(message.chat, us, _thread(message))
    if place is None:
        return None
    if message.migrate_to_chat_id is not None:
        sender = account(message.from_user) if message.from_user is not None else Account(place.remote_id)
        return Incoming(place, delivery_id, sender, Moved(number(message.migrate_to_chat_id)))
    sender_or_none = _sender(message, us)
    if message.users_shared is not None and sender_or_none is not None and place.kind is PlaceKind.PERSONAL:
        return Incoming(place, delivery_id, sender_or_none, _shared(message.users_shared, message))
    said = words(message)
    if sender_or_none is None or said is None or not _is_for_us(message, said, us, verbs):
        return None
    return Incoming(place, delivery_id, sender_or_none, _said(message, said, us, place))


def _said(message: Message, said: Words, us: Ourselves, place: Place) -> Act:
    locale = message.from_user.language_code if message.from_user is not None else None
    spoken = parts(said, us)
    if place.kind is PlaceKind.PERSONAL and _is_start(said):
        return Arrived(_payload(said), locale)
    if place.kind is PlaceKind.PERSONAL:
        spoken = tuple(replace(part, is_picked=True) if isinstance(part, Account) else part for part in spoken)
    answered = message.reply_to_message
    ours = number(answered.message_id) if answered is not None and _answers_us(message, us) else ""
    return Said(spoken, _name_of(message, message.from_user), _replied_to(message, us), locale, ours)


def _name_of(message: MaybeInaccessibleMessage, receiver: User | None) -> str:
    """The message's id. One that only a single person sees has the number 0, and another one besides, which counts for them."""
    own = message.api_kwargs.get(_EPHEMERAL, getattr(message, _EPHEMERAL, None))
    if own is None or receiver is None:
        return number(message.message_id)
    return str(Whisper(int(number(receiver.id)), int(number(own))))


def _shared(shared: UsersShared, message: Message) -> Shared:
    people = tuple(
        Account(number(user.user_id), " ".join(filter(None, (user.first_name, user.last_name))), is_picked=True)
        for user in shared.users
    )
    locale = message.from_user.language_code if message.from_user is not None else None
    return Shared(int(number(shared.request_id)), people, locale)


def _edited(message: Message, us: Ourselves, verbs: Collection[str], delivery_id: str) -> Incoming | None:
    place, sender, said = _place(message.chat, us, _thread(message)), _sender(message, us), words(message)
    if place is None or sender is None or said is None or not _is_for_us(message, said, us, verbs):
        return None
    act = Edited(number(message.message_id), parts(said, us), _replied_to(message, us))
    return Incoming(place, delivery_id, sender, act)


def _pressed(query: CallbackQuery, us: Ourselves, delivery_id: str) -> Incoming | None:
    message = query.message
    if message is None or query.data is None:  # a game, or a message sent through an inline query: neither is ours
        return None
    thread = _thread(message) if isinstance(message, Message) else ""
    place = _place(message.chat, us, thread)
    if place is None or us.is_user(query.from_user):
        return None
    act = Pressed(
        string(query.data),
        message_id=_name_of(message, query.from_user),
        interaction=string(query.id),
        locale=query.from_user.language_code,
    )
    return Incoming(place, delivery_id, account(query.from_user), act)


def _reacted(change: MessageReactionUpdated, us: Ourselves, delivery_id: str) -> Incoming | None:
    """A thumb that was put under a message or taken away. Telegram tells of all reactions of a person at once, before and after,
    and of nobody's in the name of a group."""
    place, person = _place(change.chat, us), change.user
    was, is_now = _has_thumb(change.old_reaction), _has_thumb(change.new_reaction)
    if place is None or person is None or us.is_user(person) or was == is_now:
        return None
    return Incoming(place, delivery_id, account(person), Reacted(number(change.message_id), THUMB, added=is_now))


def _has_thumb(reactions: Sequence[ReactionType]) -> bool:
    """In any tone of skin."""
    return any(isinstance(each, ReactionTypeEmoji) and string(each.emoji).startswith(THUMB) for each in reactions)


def _membership(change: ChatMemberUpdated, us: Ourselves, delivery_id: str) -> Incoming | None:
    place = _place(change.chat, us)
    was, is_now = _is_inside(change.old_chat_member), _is_inside(change.new_chat_member)
    if place is None or was == is_now or not us.is_user(change.new_chat_member.user):
        return None
    act = Arrived(locale=change.from_user.language_code) if is_now else Gone()
    return Incoming(place, delivery_id, account(change.from_user), act)


def _is_inside(member: ChatMember) -> bool:
    """A restricted member may have left: then `is_member` says so."""
    if member.status == ChatMember.RESTRICTED:
        return bool(getattr(member, "is_member", False))
    return member.status in {ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.OWNER}


def _place(chat: Chat, us: Ourselves, thread: str = "") -> Place | None:
    """None for channels and for kinds of chat that this version does not know."""
    kind = _KINDS.get(chat.type)
    if kind is None:
        return None
    return Place("telegram", us.bot_id, number(chat.id), kind, name=chat.title or "", thread=thread)


def _thread(message: Message) -> str:
    """Only topics of a forum: an ordinary group gives every chain of replies a thread id, and refuses it in answers."""
    if not message.is_topic_message or message.message_thread_id is None:
        return ""
    return number(message.message_thread_id)


def _sender(message: Message, us: Ourselves) -> Account | None:
    """None for anonymous admins and channels (nobody to thank with) and for the bot itself."""
    if message.from_user is None or message.sender_chat is not None or us.is_user(message.from_user):
        return None
    return account(message.from_user)


def _is_for_us(message: Message, said: Words, us: Ourselves, verbs: Collection[str]) -> bool:
    if message.forward_origin is not None:
        return False
    if message.chat.type == Chat.PRIVATE:
        return True
    if said.command is not None:
        addressee = said.of(said.command).partition("@")[2]
        return not addressee or us.is_named(addressee)
    return _mentions_us(said, us) or (_answers_us(message, us) and _first_word(said) in verbs)


def _mentions_us(said: Words, us: Ourselves) -> bool:
    return any(
        us.is_user(entity.user) or (entity.type == entity.MENTION and us.is_named(said.of(entity).removeprefix("@")))
        for entity in said.entities
    )


def _answers_us(message: Message, us: Ourselves) -> bool:
    return message.reply_to_message is not None and us.is_user(message.reply_to_message.from_user)


def _first_word(said: Words) -> str:
    return next(iter(said.text.casefold().split(maxsplit=1)), "")


def _replied_to(message: Message, us: Ourselves) -> Account | None:
    """The author of the message this one answers. Each message of a topic "answers" the one that opened it: not meant."""
    answered = message.reply_to_message
    if answered is None or answered.sender_chat is not None or answered.forum_topic_created is not None:
        return None
    if answered.from_user is None or us.is_user(answered.from_user):
        return None
    return account(answered.from_user)


def _is_start(said: Words) -> bool:
    return said.command is not None and said.of(said.command).partition("@")[0] == _START


def _payload(said: Words) -> str:
    """A deep link's argument. What cannot be one was typed by hand and means nothing."""
    assert said.command is not None
    typed = said.between(said.command.length).strip()
    return typed if _PAYLOAD.fullmatch(typed) else ""
