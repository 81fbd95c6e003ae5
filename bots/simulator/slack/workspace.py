"""What Slack knows about one workspace: users, channels, triggers, response_urls, open views."""

from dataclasses import dataclass, field

from bots.simulator.slack.errors import SlackApiError
from bots.simulator.slack.views import View
from bots.simulator.transcript import Message
from bots.simulator.world import Conversation, Json, Person, World

RESPONSE_SECONDS = 30 * 60.0
RESPONSE_USES = 5


@dataclass(slots=True)
class Trigger:
    person: Person
    made_at: float
    is_used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """`message` is the one that a press came from; it is what replace_original replaces."""

    person: Person
    conversation: Conversation
    message: Message | None
    made_at: float
    uses: int = 0


@dataclass(slots=True)
class Workspace:
    world: World
    app_id: str
    bot_id: str
    patience: float
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    views: list[View] = field(default_factory=list)
    homes: dict[Person, View] = field(default_factory=dict)

    def now(self) -> float:
        return self.world.clock().timestamp()

    def new_trigger(self, person: Person) -> str:
        ids = self.world.ids
        trigger_id = f"{ids.number(12)}.{ids.number(12)}.{ids.hexadecimal(32)}"
        self.triggers[trigger_id] = Trigger(person, self.now())
        return trigger_id

    def use_trigger(self, trigger_id: str) -> Person:
        """A trigger opens one modal, as long as Slack waits for an answer. Raises SlackApiError."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackApiError("invalid_trigger_id")
        if trigger.is_used:
            raise SlackApiError("exchanged_trigger_id")
        if self.now() - trigger.made_at > self.patience:
            raise SlackApiError("expired_trigger_id")
        trigger.is_used = True
        return trigger.person

    def new_response_path(self, person: Person, conversation: Conversation, message: Message | None) -> str:
        key = f"{self.world.slack_team_id}/{self.world.ids.number(13)}/{self.world.ids.hexadecimal(24)}"
        self.response_urls[key] = ResponseUrl(person, conversation, message, self.now())
        return f"/actions/{key}"

    def person(self, user_id: str) -> Person:
        for person in (*self.world.people, self.world.bot):
            if person.slack_id == user_id:
                return person
        raise SlackApiError("user_not_found")

    def conversation(self, channel_id: str) -> Conversation:
        """By id; a user's id means the direct message with them. Private channels hide from bots outside."""
        if channel_id.startswith("U") and any(person.slack_id == channel_id for person in self.world.people):
            return self.world.personal("slack", self.person(channel_id))
        found = self.world.find("slack", channel_id)
        if found is None or (found.kind == "group" and not found.has_bot):
            raise SlackApiError("channel_not_found")
        return found

    def name_of(self, remote_id: str) -> str:
        for person in (*self.world.people, self.world.bot):
            if person.slack_id == remote_id:
                return person.name
        found = self.world.find("slack", remote_id)
        return found.name if found else remote_id

    def user(self, person: Person) -> Json:
        """A user object as users.info gives it."""
        profile: Json = {
            "real_name": person.name,
            "display_name": person.first_name,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "team": self.world.slack_team_id,
        }
        if person.email and not person.is_bot:
            profile["email"] = person.email
        return {
            "id": person.slack_id,
            "team_id": self.world.slack_team_id,
            "name": handle(person),
            "deleted": False,
            "real_name": person.name,
            "tz": person.time_zone,
            "locale": person.locale,
            "profile": profile,
            "is_admin": False,
            "is_owner": False,
            "is_restricted": person.is_guest,
            "is_ultra_restricted": False,
            "is_bot": person.is_bot,
            "is_app_user": False,
        }

    def channel(self, conversation: Conversation) -> Json:
        """A conversation object as conversations.info gives it."""
        if conversation.kind == "personal":
            return {"id": conversation.id, "is_im": True, "user": conversation.person.slack_id, "is_archived": False}
        return {
            "id": conversation.id,
            "name": conversation.name,
            "is_channel": True,
            "is_im": False,
            "is_private": conversation.kind == "group",
            "is_member": conversation.has_bot,
            "is_archived": False,
        }


def handle(person: Person) -> str:
    """The user name of old, as in `user_name` and `<@U…|name>`."""
    return person.email.split("@", maxsplit=1)[0] or person.name.lower()
