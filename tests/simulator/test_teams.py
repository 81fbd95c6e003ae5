"""The simulated Connector is asked by Microsoft's client, and its activities are checked by Microsoft's token validation."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from botbuilder.schema import Activity, Attachment, ChannelAccount, ConversationParameters
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import AppCredentials, ChannelValidation, JwtTokenValidation, SimpleCredentialProvider
from botframework.connector.models import ErrorResponseException

from bots.simulator import TeamsSimulator, UnknownName, World
from bots.simulator.teams import Forgery
from tests.simulator.conftest import Listener

APP_ID = "11111111-2222-3333-4444-555555555555"
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
CARD = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "body": [
        {"type": "TextBlock", "text": "Kudos!"},
        {"type": "FactSet", "facts": [{"title": "To", "value": "Luis"}]},
        {"type": "Input.Text", "id": "why", "isRequired": True},
    ],
    "actions": [{"type": "Action.Execute", "title": "Second it", "verb": "press", "data": {"token": "t"}}],
}


class Credentials(AppCredentials):  # type: ignore[misc]  # the SDK has no types
    def __init__(self, token: str) -> None:
        super().__init__(app_id=APP_ID)
        self._token = token

    def get_access_token(self, force_refresh: bool = False) -> str:
        return self._token


async def fetch_token(
    sim: TeamsSimulator, *, password: str = "pw", app_id: str = APP_ID
) -> tuple[int, dict[str, object]]:
    form = {"grant_type": "client_credentials", "client_id": app_id, "client_secret": password}
    form["scope"] = "https://api.botframework.com/.default"
    url = f"{sim.url}/{sim.world.tenant_id}/oauth2/v2.0/token"
    async with ClientSession() as session, session.post(url, data=form) as answer:
        return answer.status, await answer.json()


@pytest.fixture
async def sim(world: World, listener: Listener) -> AsyncIterator[TeamsSimulator]:
    async with TeamsSimulator(world, bot_url=listener.url, app_id=APP_ID, app_password="pw") as simulator:
        yield simulator


@pytest.fixture
async def connector(sim: TeamsSimulator) -> AsyncIterator[ConnectorClient]:
    _, answer = await fetch_token(sim)
    async with ConnectorClient(Credentials(str(answer["access_token"])), base_url=sim.service_url) as client:
        yield client


def card() -> Activity:
    return Activity(type="message", attachments=[Attachment(content_type=CARD_TYPE, content=CARD)])


async def test_tokens_are_for_the_right_app_and_password(sim: TeamsSimulator) -> None:
    assert (await fetch_token(sim))[0] == 200
    assert (await fetch_token(sim, password="wrong"))[0] == 401
    assert (await fetch_token(sim, app_id="other"))[0] == 401
    assert [call.status for call in sim.server.called("token")] == [200, 401, 401]
    sent_without = ConnectorClient(Credentials("invented"), base_url=sim.service_url)
    with pytest.raises(ErrorResponseException) as refused:
        await sent_without.conversations.get_conversation_members("a:x")
    assert refused.value.response.status_code == 401


async def test_a_mention_in_a_channel_arrives_and_is_answered(
    sim: TeamsSimulator, connector: ConnectorClient, listener: Listener
) -> None:
    world = sim.world
    ana, luis = world.person("Ana"), world.person("Luis")
    channel = world.channel("teams", "General", [ana, luis])
    assert (await sim.say(ana, channel, "nobody asked you")).delivery is None
    said = await sim.say(ana, channel, "@[Plaudit] /kudos @[Luis] <3")
    activity = Activity().deserialize(json.loads(listener.bodies[-1]))
    assert activity.text == "<at>Plaudit</at> /kudos <at>Luis Ortega</at> <3"
    mentioned = [
        entity.additional_properties["mentioned"]["id"] for entity in activity.entities if entity.type == "mention"
    ]
    assert mentioned == [f"28:{APP_ID}", luis.teams_id]
    assert activity.conversation.id == f"{channel.id};messageid={said.message.id}"

    sent = await connector.conversations.reply_to_activity(activity.conversation.id, activity.id, card())
    message = await sim.wait_for_post(channel, "To: Luis")
    assert (message.id, message.thread) == (sent.id, said.message.id)

    async def answer(_: web.Request) -> web.Response:
        done = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "done"}]}
        return web.json_response({"statusCode": 200, "type": CARD_TYPE, "value": done})

    listener.answer = answer
    pressed = await sim.press(luis, message, "Second it", {"why": "yes"})
    assert pressed.faults == ()
    assert pressed.activity["value"]["action"]["data"] == {"token": "t", "why": "yes"}
    await sim.wait_for_private(channel, luis, "done")
    with pytest.raises(UnknownName, match="no button"):
        await sim.press(luis, message, "Second it", {"why": "again"})
    assert (await sim.press(ana, message, "Second it", {"why": "me too"})).status == 200

    await connector.conversations.update_activity(channel.id, message.id, card())
    assert (await sim.press(luis, message, "Second it", {"why": "again"})).faults == ()
    await connector.conversations.update_activity(channel.id, message.id, Activity(type="message", text="all see this"))
    await sim.wait_for_edit(message, "all see this")
    await connector.conversations.delete_activity(channel.id, message.id)
    assert sim.posts(channel) == []


async def test_an_invoke_answer_that_teams_would_not_take_is_reported(
    sim: TeamsSimulator, connector: ConnectorClient, listener: Listener
) -> None:
    ana = sim.world.person("Ana")
    await sim.install(ana)
    personal = sim.world.personal("teams", ana)
    await connector.conversations.send_to_conversation(personal.id, card())
    message = await sim.wait_for_post(personal)
    with pytest.raises(UnknownName, match="without a value"):
        await sim.press(ana, message, "Second it")
    pressed = await sim.press(ana, message, "Second it", {"why": "x"})
    assert pressed.status == 200
    assert pressed.faults != ()
    assert sim.transcript.entries[-1].kind == "toast"


@pytest.mark.parametrize(
    ("problem", "status", "code"),
    [
        ("unknown conversation", 404, "ConversationNotFound"),
        ("unknown member", 404, "MemberNotFoundInConversation"),
        ("unknown activity", 404, "ActivityNotFoundInConversation"),
        ("not installed", 403, "ForbiddenOperationException"),
        ("removed", 403, "BotNotInConversationRoster"),
        ("too big", 413, "MessageSizeTooBig"),
        ("empty", 400, "BadSyntax"),
        ("card of the future", 400, "BadSyntax"),
    ],
)
async def test_what_the_connector_refuses(
    sim: TeamsSimulator, connector: ConnectorClient, problem: str, status: int, code: str
) -> None:
    world, calls = sim.world, connector.conversations
    ana, luis = world.person("Ana"), world.person("Luis")
    group = world.group("teams", "Lunch", [ana])
    stranger = ConversationParameters(
        bot=ChannelAccount(id=world.bot.teams_id), members=[ChannelAccount(id=luis.teams_id)], tenant_id=world.tenant_id
    )
    future = Attachment(content_type=CARD_TYPE, content={**CARD, "version": "2.0"})
    group.has_bot = problem != "removed"
    attempts = {
        "unknown conversation": lambda: calls.send_to_conversation("19:x@thread.v2", card()),
        "unknown member": lambda: calls.get_conversation_member(group.id, luis.aad_id),
        "unknown activity": lambda: calls.update_activity(group.id, "1", card()),
        "not installed": lambda: calls.create_conversation(stranger),
        "removed": lambda: calls.send_to_conversation(group.id, card()),
        "too big": lambda: calls.send_to_conversation(group.id, Activity(type="message", text="x" * 82_000)),
        "empty": lambda: calls.send_to_conversation(group.id, Activity(type="message")),
        "card of the future": lambda: calls.send_to_conversation(
            group.id, Activity(type="message", attachments=[future])
        ),
    }
    with pytest.raises(ErrorResponseException) as refused:
        await attempts[problem]()
    assert (refused.value.response.status_code, refused.value.error.error.code) == (status, code)
    assert sim.posts(group) == []


async def test_an_installed_person_can_be_written_to_by_either_id(
    sim: TeamsSimulator, connector: ConnectorClient
) -> None:
    world = sim.world
    ana = world.person("Ana")
    personal = world.personal("teams", ana)
    deliveries = await sim.install(ana)
    assert [delivery.raw.kind for delivery in deliveries] == ["conversationUpdate", "installationUpdate"]
    for account_id in (ana.teams_id, ana.aad_id):
        parameters = ConversationParameters(members=[ChannelAccount(id=account_id)], tenant_id=world.tenant_id)
        opened = await connector.conversations.create_conversation(parameters)
        assert opened.id == personal.id
    member = await connector.conversations.get_conversation_member(personal.id, ana.aad_id)
    assert member.additional_properties["email"] == ana.email
    await sim.uninstall(ana)
    with pytest.raises(ErrorResponseException) as refused:
        await connector.conversations.send_to_conversation(personal.id, card())
    assert refused.value.error.error.code == "MessageWritesBlocked"


@pytest.mark.parametrize("password_or_fault", ["throttle", "drop"])
async def test_faults(sim: TeamsSimulator, connector: ConnectorClient, password_or_fault: str) -> None:
    group = sim.world.group("teams", "Lunch", [sim.world.person("Ana")])
    if password_or_fault == "throttle":
        sim.faults.throttle(retry_after=3, name="POST activities")
    else:
        sim.faults.drop()
    with pytest.raises(Exception) as failed:
        await connector.conversations.send_to_conversation(group.id, card())
    response = getattr(failed.value, "response", None)
    if password_or_fault == "throttle":
        assert response is not None
        assert response.headers["Retry-After"] == "3"
        assert sim.posts(group) == []
    else:
        assert response is None
        assert len(sim.posts(group)) == 1
    assert sim.faults.pending == 0


async def test_microsofts_validation_accepts_the_token_and_refuses_forgeries(
    sim: TeamsSimulator, listener: Listener
) -> None:
    ana = sim.world.person("Ana")
    group = sim.world.group("teams", "Lunch", [ana])
    said = await sim.say(ana, group, "@[Plaudit] hello")
    ChannelValidation.open_id_metadata_endpoint = sim.openid_metadata_url

    def is_accepted(token: str) -> bool:
        # A thread of its own: the SDK fetches keys with a blocking client, from this very process.
        activity = Activity().deserialize(said.activity)
        check = JwtTokenValidation.authenticate_request(
            activity, f"Bearer {token}", SimpleCredentialProvider(APP_ID, "pw")
        )
        try:
            return bool(asyncio.run(check).is_authenticated)
        except Exception:  # noqa: BLE001  (the SDK raises anything)
            return False

    assert await asyncio.to_thread(is_accepted, listener.headers[-1]["Authorization"].removeprefix("Bearer "))
    forgeries = [
        Forgery(algorithm="none"),
        Forgery(algorithm="HS256"),
        Forgery(kid="unknown"),
        Forgery(key=sim.keys.unpublished(), kid=sim.keys.current.kid),
        Forgery(claims={"aud": "somebody-else"}),
        Forgery(claims={"iss": "https://example.com"}),
        Forgery(claims={"exp": 1}),
        Forgery(claims={"serviceurl": "https://example.com/"}),
    ]
    for forgery in forgeries:
        assert not await asyncio.to_thread(is_accepted, sim.token(forgery)), forgery
    old = sim.keys.current.kid
    assert sim.rotate_keys().kid != old


async def test_people_edit_and_delete(sim: TeamsSimulator, listener: Listener) -> None:
    ana, luis = sim.world.person("Ana"), sim.world.person("Luis")
    group = sim.world.group("teams", "Lunch", [ana])
    said = await sim.say(ana, group, "@[Plaudit] thnaks")
    await sim.edit(said.message, "@[Plaudit] thanks @[Luis]")
    await sim.delete(said.message)
    await sim.join(group, luis, ana)
    edited, deleted, joined = (Activity().deserialize(json.loads(body)) for body in listener.bodies[1:])
    assert (edited.type, edited.id, edited.channel_data["eventType"]) == (
        "messageUpdate",
        said.message.id,
        "editMessage",
    )
    assert edited.text == "<at>Plaudit</at> thanks <at>Luis Ortega</at>"
    assert (deleted.type, deleted.id, deleted.text) == ("messageDelete", said.message.id, None)
    assert deleted.channel_data["eventType"] == "softDeleteMessage"
    assert [member.id for member in joined.members_added] == [luis.teams_id]
    redelivered = await sim.redeliver(said.activity)
    assert redelivered.raw.json() == said.activity
