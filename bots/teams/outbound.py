"""Messages, edits and look-ups through the Bot Connector."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from botbuilder.schema import Activity, Attachment, ChannelAccount, ConversationAccount, ConversationParameters
from msrest.exceptions import DeserializationError  # type: ignore[attr-defined]

from bots.chat import Account, Manner, Place, PlaceKind, Profile, Sent, Target
from bots.sending import ChatClosed, Permanent, SendError, Transient
from bots.teams.activity import conversation_id
from bots.teams.answers import CARD_TYPE
from bots.teams.connector import Connectors
from bots.teams.errors import BOT_REMOVED, CONVERSATION_UNKNOWN, MEMBER_UNKNOWN, ConnectorRefusal, as_send_error
from bots.teams.mentions import account_of
from cards.render import Rendered

MEMBERS_MAX = 200

GUEST_MARK = "#ext#"
# What a service without a directory answers; the Playground's and older emulators' do.
NO_DIRECTORY = frozenset({404, 405, 501})
# Somebody who is not there, or a conversation that the bot is not in.
NOT_SHOWN = BOT_REMOVED | {MEMBER_UNKNOWN, CONVERSATION_UNKNOWN}


async def send(
    connectors: Connectors, target: Target, rendered: Rendered, summary: str, *, whispers: bool = False
) -> Sent:
    """A new message, or the message `target.message_id` rewritten. Raises SendError.

    A private answer in a group or channel, and a toast that found no HTTP response to travel in, go to the person's own
    chat with the bot, as Teams shows messages in a group to everybody; if the bot `whispers`, only where that fails.
    """
    activity = _message(rendered, summary)
    if not _is_elsewhere(target):
        if target.manner is Manner.EDIT:
            return await _edit(connectors, target, activity)
        return Sent(await _post(connectors, target.place, activity, reply_to=target.reply_to))
    if whispers and target.place.kind is not PlaceKind.PERSONAL:
        with suppress(Permanent):
            return Sent(await _post(connectors, target.place, activity, reply_to=target.reply_to, to=target.person))
    try:
        personal = await _open(connectors, target.place, target.person)
        return Sent(await _post(connectors, personal, activity), place=personal)
    except Permanent as refusal:
        if refusal.gone and target.place.kind is not PlaceKind.PERSONAL:
            raise ChatClosed(refusal.reason) from None
        raise


async def find_profile(connectors: Connectors, account: Account, place: Place) -> Profile | None:
    """What the conversation's roster says. None: not in it, or not ours to ask. Raises Transient when it cannot be asked now.

    A service that keeps no roster at all leaves only the activity itself to vouch for the person, who then has a name.
    """
    try:
        if not place.remote_id:
            place = await _open(connectors, place, account.remote_id)
        return _read_profile(account, place, await _member(connectors, account, place))
    except Permanent as refusal:
        if not place.remote_id:
            return None
        raise Transient(refusal.reason) from None
    except ConnectorRefusal as refusal:
        if refusal.code in NOT_SHOWN:
            return None
        if refusal.status in NO_DIRECTORY and account.name:
            return Profile(name=account.name, also=account.also, foreign=account.foreign)
        raise Transient(str(refusal)) from None
    except SendError as failure:
        raise Transient(failure.reason) from None
    except DeserializationError:
        raise Transient("the Connector's answer cannot be read") from None


def _message(rendered: Rendered, summary: str) -> Activity:
    return Activity(
        type="message", summary=summary, attachments=[Attachment(content_type=CARD_TYPE, content=rendered.payload)]
    )


def _is_elsewhere(target: Target) -> bool:
    """What one person alone may see is never written into a message of a group, not even as an edit of it."""
    if target.place.kind is PlaceKind.PERSONAL:
        return not target.place.remote_id
    return target.private or target.manner is Manner.TOAST


async def find_members(connectors: Connectors, crowd: str, place: Place) -> Sequence[Account] | None:
    """The roster of a channel or team, its first page. None where it is not ours to see. Raises Transient."""
    client = connectors.get(_service_url(place))
    try:
        page = await client.conversations.get_conversation_paged_members(crowd, page_size=MEMBERS_MAX)
    except ConnectorRefusal as refusal:
        if refusal.status in (400, 403, *NO_DIRECTORY):
            return None
        raise Transient(str(refusal)) from None
    except SendError as failure:
        raise Transient(failure.reason) from None
    known = (
        {"id": each.id, "name": each.name, "aadObjectId": each.aad_object_id, "role": each.role}
        for each in page.members
    )
    return [account_of(member) for member in known]


async def _post(connectors: Connectors, place: Place, activity: Activity, *, reply_to: str = "", to: str = "") -> str:
    """The new message's id. In a channel it goes into the thread; other chats have none. `to` names the only one to see it."""
    if place.kind is PlaceKind.CHANNEL and not place.thread:
        place = replace(place, thread=reply_to)
    conversation = conversation_id(place)
    client = connectors.get(_service_url(place))
    try:
        created = await client.conversations.send_to_conversation(
            conversation, _addressed(activity, place, to), is_targeted=bool(to)
        )
    except ConnectorRefusal as refusal:
        raise as_send_error(refusal) from None
    except DeserializationError:
        return ""
    return created.id or "" if created else ""


async def _edit(connectors: Connectors, target: Target, activity: Activity) -> Sent:
    if not target.message_id:
        raise Permanent("no message to edit")
    place = target.place
    client = connectors.get(_service_url(place))
    activity = _addressed(activity, place)
    activity.id = target.message_id
    try:
        await client.conversations.update_activity(conversation_id(place), target.message_id, activity)
    except ConnectorRefusal as refusal:
        raise as_send_error(refusal, editing=True) from None
    except DeserializationError:
        pass
    return Sent(target.message_id)


async def _open(connectors: Connectors, place: Place, person: str) -> Place:
    """The person's chat with the bot; asking twice gives the same one."""
    if not person:
        raise Permanent("a private message without a person")
    client = connectors.get(_service_url(place))
    parameters = ConversationParameters(
        is_group=False,
        bot=_bot(place),
        members=[ChannelAccount(id=person)],
        tenant_id=place.tenant,
        channel_data={"tenant": {"id": place.tenant}},
    )
    try:
        created = await client.conversations.create_conversation(parameters)
    except ConnectorRefusal as refusal:
        raise as_send_error(refusal) from None
    except DeserializationError:
        created = None
    if not created or not created.id:
        raise Transient("the Connector's answer names no conversation")
    reference = {key: value for key, value in place.reference.items() if key != "team_id"}
    return Place("teams", place.tenant, created.id, PlaceKind.PERSONAL, reference=reference)


def _addressed(activity: Activity, place: Place, to: str = "") -> Activity:
    activity.from_property = _bot(place)
    activity.conversation = ConversationAccount(id=conversation_id(place), tenant_id=place.tenant)
    activity.channel_data = {"tenant": {"id": place.tenant}}
    activity.recipient = ChannelAccount(id=to) if to else None
    return activity


def _bot(place: Place) -> ChannelAccount:
    return ChannelAccount(id=place.reference.get("bot_id", ""), name=place.reference.get("bot_name", ""))


def _service_url(place: Place) -> str:
    return place.reference.get("service_url", "")


async def _member(connectors: Connectors, account: Account, place: Place) -> Mapping[str, Any]:
    """The roster's entry. A standard channel's roster is its team's, a private channel's its own."""
    client = connectors.get(_service_url(place))
    team_id = place.reference.get("team_id")
    try:
        member = await client.conversations.get_conversation_member(place.remote_id, account.remote_id)
    except ConnectorRefusal as refusal:
        is_asked_elsewhere = team_id and team_id != place.remote_id and refusal.code == CONVERSATION_UNKNOWN
        if not is_asked_elsewhere:
            raise
        member = await client.conversations.get_conversation_member(team_id, account.remote_id)
    if member is None:
        raise DeserializationError("no member")
    known = {"id": member.id, "name": member.name, "aadObjectId": member.aad_object_id, "role": member.role}
    return {**(member.additional_properties or {}), **known}


def _read_profile(account: Account, place: Place, member: Mapping[str, Any]) -> Profile:
    object_ids = (member.get("aadObjectId"), member.get("objectId"), *account.also)
    foreign = account.foreign or _foreign(place, member)
    return Profile(
        name=_string(member, "name") or account.name,
        email=None if foreign else _email(member),
        also=tuple(dict.fromkeys(each for each in object_ids if isinstance(each, str) and each)),
        foreign=foreign,
        remote_id=_string(member, "id"),
    )


def _foreign(place: Place, member: Mapping[str, Any]) -> Any:
    role = (_string(member, "userRole") or _string(member, "role")).lower()
    if role == "bot":
        return "bot"
    if role == "guest" or GUEST_MARK in _string(member, "userPrincipalName").lower():
        return "guest"
    home = _string(member, "tenantId").lower()
    return "stranger" if role == "anonymous" or (home and home != place.tenant) else ""


def _email(member: Mapping[str, Any]) -> str | None:
    """The tenant's directory vouches for both; guests' (`#EXT#`) belong to another directory."""
    for key in ("email", "userPrincipalName"):
        if "@" in _string(member, key):
            return _string(member, key)
    return None


def _string(member: Mapping[str, Any], key: str) -> str:
    value = member.get(key)
    return value if isinstance(value, str) else ""
