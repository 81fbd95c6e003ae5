"""The shapes in which Slack delivers, as far as we read them; a body of another shape is a ValueError.

Strict types, unknown fields ignored. Source: Slack's reference of events, slash commands and block_actions.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Authorization(_Shape):
    """One installation that an event is visible to; `user_id` is our bot there."""

    team_id: str | None = None
    enterprise_id: str | None = None
    user_id: str | None = None
    is_bot: bool = False


class Envelope(_Shape):
    """What is around every event. `team_id` is where it happened, `authorizations` for whom we got it."""

    team_id: str = ""
    enterprise_id: str | None = None
    event_id: str = Field(min_length=1, max_length=200)
    event: dict[str, Any]
    authorizations: tuple[Authorization, ...] = Field((), strict=False)


class EventKind(_Shape):
    type: str


class Author(_Shape):
    """Who wrote something; the three team fields appear where people of other workspaces are (Slack Connect)."""

    user: str | None = None
    bot_id: str | None = None
    user_team: str | None = None
    source_team: str | None = None
    team: str | None = None


class Message(Author):
    ts: str = ""
    text: str | None = ""
    thread_ts: str | None = None
    subtype: str | None = None


class MessageEvent(Message):
    """`app_mention` and `message`; the latter with the subtypes `message_changed` and `message_deleted`."""

    type: str
    channel: str = Field(min_length=1)
    channel_type: str | None = None
    deleted_ts: str | None = None
    message: Message | None = None
    previous_message: Message | None = None


class MembershipEvent(_Shape):
    """`member_joined_channel`, `member_left_channel`, `channel_left`, `group_left`."""

    type: str
    channel: str = Field(min_length=1)
    channel_type: str | None = None
    user: str | None = None
    inviter: str | None = None


class RevokedTokens(_Shape):
    """Of each kind, the accounts whose tokens ended: `bot` is our user."""

    bot: tuple[str, ...] = Field((), strict=False)


class TokensRevoked(_Shape):
    """`tokens_revoked`"""

    tokens: RevokedTokens


class Command(_Shape):
    """A slash command: the fields of its form, all text."""

    command: str = Field(min_length=2, pattern="^/")
    text: str = ""
    team_id: str
    enterprise_id: str | None = None
    channel_id: str = Field(min_length=1)
    channel_name: str = ""
    user_id: str = Field(min_length=1)
    user_name: str = ""
    trigger_id: str = Field(min_length=1, max_length=200)
    response_url: str = ""


class Team(_Shape):
    id: str
    enterprise_id: str | None = None


class User(_Shape):
    id: str = Field(min_length=1)
    username: str = ""
    name: str = ""
    team_id: str | None = None


class Channel(_Shape):
    id: str = Field(min_length=1)
    name: str = ""


class Container(_Shape):
    type: str = ""
    message_ts: str = ""
    channel_id: str = ""
    thread_ts: str | None = None
    is_ephemeral: bool = False


class BlockAction(_Shape):
    type: str
    action_id: str
    value: str | None = None


class State(_Shape):
    """`values[block_id][action_id]` is what an input holds now; its keys depend on the kind of input."""

    values: dict[str, dict[str, dict[str, Any]]] = {}


class View(_Shape):
    """A modal or an App Home as it stands before the person; `private_metadata` is what we put there."""

    id: str = Field(min_length=1, max_length=200)
    type: str
    private_metadata: str = Field("", max_length=3000)
    blocks: tuple[dict[str, Any], ...] = Field((), strict=False)
    state: State | None = None


class Interaction(_Shape):
    """What all of the following have. Organisation-wide installations name no team."""

    team: Team | None


class Press(Interaction):
    """`block_actions`: somebody used an element of a message (in a `channel`) or of a `view`."""

    user: User
    channel: Channel | None = None
    container: Container
    actions: tuple[BlockAction, ...] = Field(min_length=1, strict=False)
    trigger_id: str = Field(min_length=1, max_length=200)
    response_url: str = ""
    state: State | None = None
    view: View | None = None


class Submission(Interaction):
    """`view_submission`: somebody sent what they filled into a modal."""

    user: User
    view: View


class BotProfile(_Shape):
    name: str = ""


class ShortcutMessage(Author):
    """The message that a message shortcut was chosen on."""

    username: str = ""
    bot_profile: BotProfile | None = None
    thread_ts: str | None = None


class Shortcut(Interaction):
    """`message_action` (on a message of a channel) and `shortcut` (from anywhere)."""

    enterprise: Team | None = None
    user: User
    callback_id: str
    trigger_id: str = Field(min_length=1, max_length=200)
    response_url: str = ""
    channel: Channel | None = None
    message: ShortcutMessage | None = None


class ReactionItem(_Shape):
    type: str
    channel: str = Field("", min_length=1)
    ts: str = Field("", min_length=1)


class ReactionEvent(_Shape):
    """`reaction_added` and `reaction_removed`; `item_user` wrote what was reacted to, where Slack says so."""

    type: str
    user: str = Field(min_length=1)
    reaction: str
    item: ReactionItem
    item_user: str = ""


class HomeEvent(_Shape):
    """`app_home_opened`; `view` is what stands there, if anything was published before."""

    user: str = Field(min_length=1)
    channel: str = Field(min_length=1)
    tab: str = ""
    view: View | None = None
