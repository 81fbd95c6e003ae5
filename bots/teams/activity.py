"""A Teams activity (the parsed JSON) → `Incoming`. Pure; needs no SDK.

Source: Microsoft's Bot Framework Activity schema and "Event-driven conversations with activity handlers".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bots.chat import Account, Act, Arrived, Deleted, Edited, Gone, Incoming, Place, PlaceKind, Pressed, Said
from bots.teams.mentions import account_of, read_parts

STORED = frozenset({"message", "messageUpdate", "messageDelete", "conversationUpdate", "installationUpdate"})
REVISIONS = frozenset({"messageUpdate", "messageDelete"})
EXECUTE = "adaptiveCard/action"
THREAD = ";messageid="
KINDS = {"personal": PlaceKind.PERSONAL, "groupChat": PlaceKind.GROUP, "channel": PlaceKind.CHANNEL}
ID_LENGTH_MAX = 1000
TOKEN_KEY = "token"  # noqa: S105 - the name of a field


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
    kind = _text(body, "type")
    conversation = _object(body, "conversation")
    sender = _object(body, "from")
    recipient = _object(body, "recipient")
    for holder in (conversation, sender, recipient):
        _text(holder, "id")
    tenant = _tenant(body)
    return Envelope(
        kind=kind,
        delivery_id=_delivery_id(body, kind),
        channel=_text(body, "channelId"),
        service_url=_text(body, "serviceUrl"),
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
    return (Incoming(envelope.place, envelope.delivery_id, envelope.sender, act),)


def pressed(body: Mapping[str, Any]) -> Incoming:
    """An Action.Execute whose answer travels in the HTTP body. Raises ValueError."""
    envelope = read_envelope(body)
    return Incoming(envelope.place, envelope.delivery_id, envelope.sender, _press(body), answers_in_body=True)


def conversation_id(place: Place) -> str:
    """The id under which the Connector knows the place, with its thread in a channel."""
    return f"{place.remote_id}{THREAD}{place.thread}" if place.thread else place.remote_id


def _act(body: Mapping[str, Any], envelope: Envelope) -> Act | None:
    match envelope.kind:
        case "message":
            return _said(body)
        case "messageUpdate":
            return Edited(_text(body, "id"), read_parts(body))
        case "messageDelete":
            return Deleted(_text(body, "id"))
        case "conversationUpdate":
            return _membership(body)
        case "installationUpdate":
            return _installation(body)
        case "invoke" if body.get("name") == EXECUTE:
            return _press(body)
        case _:
            return None


def _said(body: Mapping[str, Any]) -> Act:
    # A client that does not know Action.Execute sends the button's data as a message without text.
    value = body.get("value")
    if not body.get("text") and isinstance(value, dict) and TOKEN_KEY in value:
        return _pressed(value, body)
    return Said(read_parts(body), message_id=_text(body, "id"), locale=_locale(body))


def _press(body: Mapping[str, Any]) -> Pressed:
    value = body.get("value")
    action = value.get("action") if isinstance(value, dict) else None
    data = action.get("data") if isinstance(action, dict) else None
    return _pressed(data if isinstance(data, dict) else {}, body)


def _pressed(data: Mapping[str, Any], body: Mapping[str, Any]) -> Pressed:
    """Without a token of ours it is still a press: whoever works on it says that it is not valid."""
    token = data.get(TOKEN_KEY)
    replied = body.get("replyToId")
    return Pressed(
        token=token if isinstance(token, str) else "",
        inputs={name: value for name, value in data.items() if name != TOKEN_KEY and isinstance(value, str)},
        message_id=replied if isinstance(replied, str) else "",
        locale=_locale(body),
    )


def _membership(body: Mapping[str, Any]) -> Act | None:
    bot_id = body["recipient"]["id"]
    if _lists(body, "membersAdded", bot_id):
        return Arrived(locale=_locale(body))
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
        return Arrived(locale=_locale(body))
    if action in ("remove", "remove-upgrade"):
        return Gone()
    return None


def _delivery_id(body: Mapping[str, Any], kind: str) -> str:
    """Edits and deletions carry the message's own id: their kind, event and time tell them apart."""
    known = f"{_text(_object(body, 'conversation'), 'id')}|{_text(body, 'id')}"
    if kind not in REVISIONS:
        return known
    return f"{known}|{kind}|{_channel_data(body).get('eventType') or ''}|{body.get('timestamp') or ''}"


def _place(body: Mapping[str, Any], tenant: str) -> Place:
    conversation = _object(body, "conversation")
    remote_id, _, thread = _text(conversation, "id").partition(THREAD)
    bot = _object(body, "recipient")
    reference = {
        "service_url": _text(body, "serviceUrl"),
        "bot_id": bot["id"],
        "bot_name": bot.get("name"),
        "team_id": _nested(body, "team", "id"),
    }
    return Place(
        platform="teams",
        tenant=tenant,
        remote_id=remote_id,
        kind=_kind(body, conversation),
        name=_name(conversation) or _nested(body, "channel", "name"),
        reference={key: value for key, value in reference.items() if isinstance(value, str) and value},
        thread=thread,
    )


def _kind(body: Mapping[str, Any], conversation: Mapping[str, Any]) -> PlaceKind:
    known = KINDS.get(str(conversation.get("conversationType")))
    if known is not None:
        return known
    if _nested(body, "channel", "id"):
        return PlaceKind.CHANNEL
    return PlaceKind.GROUP if conversation.get("isGroup") is True else PlaceKind.PERSONAL


def _sender(raw: Mapping[str, Any], tenant: str) -> Account:
    account = account_of(raw)
    home = raw.get("tenantId")
    if not account.foreign and isinstance(home, str) and home.lower() != tenant:
        return replace(account, foreign="stranger")
    return account


def _tenant(body: Mapping[str, Any]) -> str:
    """`conversation.tenantId` may only confirm what `channelData.tenant.id` says."""
    named = {_nested(body, "tenant", "id"), _object(body, "conversation").get("tenantId")}
    tenants = {each.lower() for each in named if isinstance(each, str) and each}
    return tenants.pop() if len(tenants) == 1 else ""


def _channel_data(body: Mapping[str, Any]) -> Mapping[str, Any]:
    data = body.get("channelData")
    return data if isinstance(data, dict) else {}


def _nested(body: Mapping[str, Any], key: str, field: str) -> str:
    holder = _channel_data(body).get(key)
    value = holder.get(field) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""


def _name(holder: Mapping[str, Any]) -> str:
    name = holder.get("name")
    return name if isinstance(name, str) else ""


def _locale(body: Mapping[str, Any]) -> str | None:
    locale = body.get("locale")
    return locale if isinstance(locale, str) and locale else None


def _object(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = holder.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"{key} is missing")  # noqa: TRY004 - what `parse` promises
    return value


def _text(holder: Mapping[str, Any], key: str) -> str:
    value = holder.get(key)
    if not isinstance(value, str) or not value or len(value) > ID_LENGTH_MAX:
        raise ValueError(f"{key} is missing")
    return value
