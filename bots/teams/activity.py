"""A Teams activity (the parsed JSON) → `Incoming`. Pure; needs no SDK.

Source: Microsoft's Bot Framework Activity schema and "Event-driven conversations with activity handlers".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bots.chat import Account, Act, Arrived, Deleted, Edited, Gone, Incoming, Place, PlaceKind, Said
from bots.teams import invokes
from bots.teams.fields import inside, locale, required_object, required_text, text
from bots.teams.mentions import THREAD_PREFIX, account_of, read_parts

STORED = frozenset({"message", "messageUpdate", "messageDelete", "conversationUpdate", "installationUpdate"})
REVISIONS = frozenset({"messageUpdate", "messageDelete"})
THREAD = ";messageid="
KINDS = {"personal": PlaceKind.PERSONAL, "groupChat": PlaceKind.GROUP, "channel": PlaceKind.CHANNEL}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every activity must have. `tenant` is in lower case, `""` if the activity names none or two."""

    kind: str
    delivery_id: str
    channel: str
    service_url: str
    tenant: str
    place: Place
    sender: Account


def read_envelope(body: Mapping[str, Any]) -> Envelope:
    """Raises ValueError, without quoting, for an activity that lacks what Teams always sends."""
    kind = required_text(body, "type")
    conversation = required_object(body, "conversation")
    sender = required_object(body, "from")
    recipient = required_object(body, "recipient")
    for holder in (conversation, sender, recipient):
        required_text(holder, "id")
    tenant = _tenant(body)
    return Envelope(
        kind=kind,
        delivery_id=_delivery_id(body, kind),
        channel=required_text(body, "channelId"),
        service_url=required_text(body, "serviceUrl"),
        tenant=tenant,
        place=_place(body, tenant),
        sender=_sender(sender, tenant),
    )


def parse(body: Mapping[str, Any]) -> Sequence[Incoming]:
    """The deliveries in an activity: one, or none if it is not for us. Raises ValueError."""
    envelope = read_envelope(body)
    act = _act(body, envelope)
    if act is None:
        return ()
    is_invoke, name = envelope.kind == "invoke", text(body, "name")
    incoming = Incoming(
        envelope.place,
        envelope.delivery_id,
        envelope.sender,
        act,
        in_dialog=is_invoke and name in invokes.DIALOGS,
        is_visiting=is_invoke and name in invokes.EXTENSION,
        is_whispered=_is_targeted(body),
    )
    return (incoming,)


def invoked(body: Mapping[str, Any]) -> Incoming | None:
    """An invoke whose answer travels in the HTTP body; None if it is not ours. Raises ValueError."""
    return next((replace(incoming, answers_in_body=True) for incoming in parse(body)), None)


def conversation_id(place: Place) -> str:
    """The id under which the Connector knows the place, with its thread in a channel."""
    return f"{place.remote_id}{THREAD}{place.thread}" if place.thread else place.remote_id


def _act(body: Mapping[str, Any], envelope: Envelope) -> Act | None:
    match envelope.kind:
        case "message":
            return _said(body)
        case "messageUpdate":
            return Edited(required_text(body, "id"), read_parts(body))
        case "messageDelete":
            return Deleted(required_text(body, "id"))
        case "conversationUpdate":
            return _membership(body)
        case "installationUpdate":
            return _installation(body)
        case "invoke":
            return invokes.act_of(body)
        case _:
            return None


def _said(body: Mapping[str, Any]) -> Act:
    # A client that does not know Action.Execute sends the button's data as a message without text.
    value = body.get("value")
    if not body.get("text") and isinstance(value, dict) and invokes.TOKEN_KEY in value:
        return invokes.pressed(value, body)
    # What nobody else can read is nothing to answer beneath, and it goes by itself after a day: no kudos follows it.
    message_id = "" if _is_targeted(body) else required_text(body, "id")
    return Said(read_parts(body), message_id=message_id, locale=locale(body))


def _is_targeted(body: Mapping[str, Any]) -> bool:
    """Whether it is for the bot's eyes only (a slash command)."""
    return required_object(body, "recipient").get("isTargeted") is True


def _membership(body: Mapping[str, Any]) -> Act | None:
    bot_id = body["recipient"]["id"]
    if _lists(body, "membersAdded", bot_id):
        return Arrived(locale=locale(body))
    if _lists(body, "membersRemoved", bot_id):
        return Gone()
    return None


def _lists(body: Mapping[str, Any], key: str, bot_id: str) -> bool:
    members = body.get(key)
    return isinstance(members, list) and any(isinstance(each, dict) and each.get("id") == bot_id for each in members)


def _installation(body: Mapping[str, Any]) -> Act | None:
    """`add-upgrade` and `remove-upgrade` tell of an app version that gained or lost the bot."""
    action = str(body.get("action") or "").lower()
    if action in ("add", "add-upgrade"):
        return Arrived(locale=locale(body))
    if action in ("remove", "remove-upgrade"):
        return Gone()
    return None


def _delivery_id(body: Mapping[str, Any], kind: str) -> str:
    """Edits and deletions carry the message's own id: their kind, event and time tell them apart."""
    known = f"{required_text(required_object(body, 'conversation'), 'id')}|{required_text(body, 'id')}"
    if kind not in REVISIONS:
        return known
    event = text(inside(body, "channelData"), "eventType")
    return f"{known}|{kind}|{event}|{body.get('timestamp') or ''}"


def _place(body: Mapping[str, Any], tenant: str) -> Place:
    conversation = required_object(body, "conversation")
    remote_id, _, thread = required_text(conversation, "id").partition(THREAD)
    bot = required_object(body, "recipient")
    reference = {
        "service_url": required_text(body, "serviceUrl"),
        "bot_id": bot["id"],
        "bot_name": bot.get("name"),
        "team_id": text(inside(body, "channelData", "team"), "id"),
    }
    return Place(
        platform="teams",
        tenant=tenant,
        remote_id=remote_id,
        kind=_kind(body, conversation),
        name=text(conversation, "name") or text(inside(body, "channelData", "channel"), "name"),
        reference={key: value for key, value in reference.items() if isinstance(value, str) and value},
        thread=thread,
    )


def _kind(body: Mapping[str, Any], conversation: Mapping[str, Any]) -> PlaceKind:
    """Chats between people have ids of their own kind, whatever the message extension calls them: none is a chat with us."""
    kind = KINDS.get(str(conversation.get("conversationType")))
    if kind is None and text(inside(body, "channelData", "channel"), "id"):
        return PlaceKind.CHANNEL
    is_group = conversation.get("isGroup") is True or text(conversation, "id").startswith(THREAD_PREFIX)
    if kind in (None, PlaceKind.PERSONAL) and is_group:
        return PlaceKind.GROUP
    return kind or PlaceKind.PERSONAL


def _sender(raw: Mapping[str, Any], tenant: str) -> Account:
    account = account_of(raw)
    home = raw.get("tenantId")
    if not account.foreign and isinstance(home, str) and home.lower() != tenant:
        return replace(account, foreign="stranger")
    return account


def _tenant(body: Mapping[str, Any]) -> str:
    """`conversation.tenantId` may only confirm what `channelData.tenant.id` says."""
    named = {text(inside(body, "channelData", "tenant"), "id"), required_object(body, "conversation").get("tenantId")}
    tenants = {each.lower() for each in named if isinstance(each, str) and each}
    return tenants.pop() if len(tenants) == 1 else ""
