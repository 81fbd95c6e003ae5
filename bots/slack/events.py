"""Slack's events → `Incoming`."""

from collections.abc import Sequence
from typing import Final, Literal

from bots.chat import Account, Act, Arrived, Deleted, Edited, Gone, Incoming, Part, Place, PlaceKind, Said
from bots.gestures import Reacted, Visited
from bots.slack import metadata
from bots.slack.identity import Identity, NotOurs
from bots.slack.markup import mentions, read_parts
from bots.slack.payloads import (
    Author,
    Envelope,
    EventKind,
    HomeEvent,
    MembershipEvent,
    Message,
    MessageEvent,
    ReactionEvent,
    TokensRevoked,
)

WANTED: Final = (
    "app_mention",
    "message",
    "member_joined_channel",
    "member_left_channel",
    "channel_left",
    "group_left",
    "app_uninstalled",
    "tokens_revoked",
    "app_home_opened",
    "reaction_added",
    "reaction_removed",
)

# Emoji by Slack's names, those that mean something to us.
EMOJI: Final = {"+1": "👍", "thumbsup": "👍"}

# What people say: also with a file, and from a thread to the channel. All other subtypes are Slack's or bots' own.
_SPOKEN = frozenset({None, "file_share", "thread_broadcast"})
_LEFT = frozenset({"channel_left", "group_left"})


def read(envelope: Envelope, identity: Identity) -> Sequence[Incoming]:
    """At most one Incoming. Raises NotOurs, and ValueError for a shape that Slack never sends."""
    return _Reader(envelope, identity).read()


class _Reader:
    """One event and what its envelope says about us: `tenant` our workspace, `bot` our user there."""

    def __init__(self, envelope: Envelope, identity: Identity) -> None:
        grants = [grant for grant in envelope.authorizations if grant.team_id]
        teams = {grant.team_id for grant in grants} or {envelope.team_id}
        self.tenant = identity.team_id or (grants[0].team_id if grants else "") or envelope.team_id
        if not self.tenant or self.tenant not in teams:
            raise NotOurs("an event of another workspace")
        ours = [grant for grant in grants if grant.team_id == self.tenant]
        self.bot = identity.user_id or next((grant.user_id for grant in ours if grant.is_bot and grant.user_id), "")
        # Inside an Enterprise Grid the author's team may be given as the organisation's id.
        self.teams = {self.tenant, *(grant.enterprise_id for grant in ours if grant.enterprise_id)}
        self.envelope = envelope

    def read(self) -> Sequence[Incoming]:
        kind = EventKind.model_validate(self.envelope.event).type
        if kind in {"app_mention", "message"}:
            return self._message(MessageEvent.model_validate(self.envelope.event))
        if kind == "app_uninstalled":
            return self._uninstalled()
        if kind == "tokens_revoked":
            is_ours = bool(TokensRevoked.model_validate(self.envelope.event).tokens.bot)
            return self._uninstalled() if is_ours else []
        if kind in {"reaction_added", "reaction_removed"}:
            return self._reaction(ReactionEvent.model_validate(self.envelope.event))
        if kind == "app_home_opened":
            return self._visit(HomeEvent.model_validate(self.envelope.event))
        if kind in WANTED:
            return self._membership(MembershipEvent.model_validate(self.envelope.event))
        return []

    def _uninstalled(self) -> Sequence[Incoming]:
        """Nobody's place in particular: an empty id means the whole workspace."""
        return [self._incoming(Place("slack", self.tenant, "", PlaceKind.CHANNEL), self._ourselves(), Gone())]

    def _message(self, event: MessageEvent) -> Sequence[Incoming]:
        if event.subtype == "message_changed" and event.message:
            return self._changed(event, event.message)
        if event.subtype == "message_deleted" and event.previous_message:
            return self._deleted(event, event.previous_message)
        # In a channel a message to the bot also arrives as an app_mention: that one is enough.
        if event.subtype not in _SPOKEN or (event.type == "message" and not _is_direct(event)):
            return []
        return self._by_person(event, event, Said(self._parts(event.text or ""), message_id=event.ts))

    def _changed(self, event: MessageEvent, message: Message) -> Sequence[Incoming]:
        previous = event.previous_message
        if message.subtype == "tombstone" and previous:  # a deleted message that has replies
            return self._deleted(event, previous)
        if not self._concerns(event) or (previous and previous.text == message.text):
            return []  # other people's talk; or only an unfurled link, a reaction, a reply
        return self._by_person(event, message, Edited(message.ts, self._parts(message.text or "")))

    def _deleted(self, event: MessageEvent, message: Message) -> Sequence[Incoming]:
        if not self._concerns(event):
            return []
        return self._by_person(event, message, Deleted(event.deleted_ts or message.ts))

    def _membership(self, event: MembershipEvent) -> Sequence[Incoming]:
        is_about_us = event.type in _LEFT or (bool(self.bot) and event.user == self.bot)
        if not is_about_us:
            return []
        place = Place("slack", self.tenant, event.channel, _kind(event.channel, event.channel_type))
        if event.type != "member_joined_channel":
            return [self._incoming(place, self._ourselves(), Gone())]
        return [self._incoming(place, Account(event.inviter) if event.inviter else self._ourselves(), Arrived())]

    def _reaction(self, event: ReactionEvent) -> Sequence[Incoming]:
        """Under messages of ours, and those whose author Slack does not tell. The tone of a skin follows the name."""
        emoji = EMOJI.get(event.reaction.partition("::")[0])
        is_anothers = self.bot and event.item_user and event.item_user != self.bot
        if emoji is None or event.item.type != "message" or is_anothers or event.user == self.bot:
            return []
        place = Place("slack", self.tenant, event.item.channel, _kind(event.item.channel, None))
        act = Reacted(event.item.ts, emoji, added=event.type == "reaction_added")
        return [self._incoming(place, Account(event.user), act)]

    def _visit(self, event: HomeEvent) -> Sequence[Incoming]:
        if event.tab != "home":
            return []
        place = Place("slack", self.tenant, event.channel, PlaceKind.PERSONAL)
        return [self._incoming(place, Account(event.user), Visited(metadata.read(event.view).digest))]

    def _by_person(self, event: MessageEvent, message: Message, act: Act) -> Sequence[Incoming]:
        """Nothing for what a bot wrote, ourselves above all."""
        if message.bot_id or not message.user or message.user == self.bot:
            return []
        thread = message.thread_ts if message.thread_ts and message.thread_ts != message.ts else ""
        place = Place("slack", self.tenant, event.channel, _kind(event.channel, event.channel_type), thread=thread)
        return [self._incoming(place, Account(message.user, foreign=self._foreign(message)), act)]

    def _incoming(self, place: Place, sender: Account, act: Act) -> Incoming:
        return Incoming(place, delivery_id="event:" + self.envelope.event_id, sender=sender, act=act)

    def _concerns(self, event: MessageEvent) -> bool:
        versions = [version.text or "" for version in (event.message, event.previous_message) if version]
        return _is_direct(event) or any(mentions(text, self.bot) for text in versions)

    def _foreign(self, author: Author) -> Literal["", "stranger"]:
        team = author.user_team or author.source_team or author.team
        return "stranger" if team and team not in self.teams else ""

    def _parts(self, text: str) -> tuple[Part, ...]:
        parts = read_parts(text, bot=self.bot)
        if not parts or not isinstance(parts[0], str):
            return parts
        first = parts[0].lstrip()
        return (first, *parts[1:]) if first else parts[1:]

    def _ourselves(self) -> Account:
        return Account(self.bot, foreign="bot")


def _is_direct(event: MessageEvent) -> bool:
    return event.channel_type == "im" or event.channel.startswith("D")


def _kind(channel: str, channel_type: str | None) -> PlaceKind:
    if channel_type == "im" or channel.startswith("D"):
        return PlaceKind.PERSONAL
    return PlaceKind.GROUP if channel_type == "mpim" else PlaceKind.CHANNEL
