"""Where a message goes, as it is kept in the outbox and as an adapter takes it."""

from collections.abc import Mapping
from typing import Any

from bots.chat import Manner, Place, PlaceKind, Target


def place_key(place: Place) -> str:
    """The conversation that tokens are bound to and messages are paced with."""
    return f"{place.platform}:{place.tenant}:{place.remote_id}"


def paced_with(target: Target) -> str:
    """The conversation a message is paced with: a private chat that is not open yet is its person's own."""
    key = place_key(target.place)
    return key if target.place.remote_id else f"{key}@{target.person}"


def to_address(target: Target) -> dict[str, Any]:
    """The target as the outbox keeps it: ids only, empty fields left out."""
    place = target.place
    fields = {
        "platform": place.platform,
        "tenant": place.tenant,
        "remote_id": place.remote_id,
        "kind": place.kind.value,
        "reference": dict(place.reference),
        "thread": place.thread,
        "person": target.person,
        "message_id": target.message_id,
        "reply_to": target.reply_to,
        "interaction": target.interaction,
        "response_url": target.response_url,
        "private": target.private,
        "optional": target.optional,
        "quiet": target.quiet,
        "alert": target.alert,
        "manner": target.manner.value,
    }
    return {name: value for name, value in fields.items() if value}


def to_target(address: Mapping[str, Any]) -> Target:
    """The other way round. Addresses made in core have no manner: they are posts."""
    place = Place(
        platform=address["platform"],
        tenant=address["tenant"],
        remote_id=address.get("remote_id", ""),
        kind=PlaceKind(address["kind"]),
        name=address.get("name", ""),
        reference=address.get("reference", {}),
        thread=address.get("thread", ""),
    )
    return Target(
        place=place,
        person=address.get("person", ""),
        message_id=address.get("message_id", ""),
        reply_to=address.get("reply_to", ""),
        interaction=address.get("interaction", ""),
        response_url=address.get("response_url", ""),
        private=address.get("private", False),
        optional=address.get("optional", False),
        quiet=address.get("quiet", False),
        alert=address.get("alert", False),
        manner=Manner(address.get("manner", Manner.POST)),
    )


def is_for_one(target: Target) -> bool:
    """Whether only one person will see it, wherever it ends up."""
    return target.private or target.place.kind is PlaceKind.PERSONAL
