"""The Bot Connector's REST API, `/v3/conversations…`, as Teams implements it."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bots.simulator.teams.checks import ConnectorError, check_activity
from bots.simulator.teams.tokens import TokenService
from bots.simulator.transcript import Message
from bots.simulator.world import Conversation, Json, Person, World

PAGE_SIZE_MAX = 500
PAGE_SIZE_MIN = 50
CONVERSATION = "/v3/conversations/{conversation}"
ACTIVITY = CONVERSATION + "/activities/{activity}"


class Board(Protocol):
    """Where the Connector puts what the bot sends."""

    def post(
        self, conversation: Conversation, activity: Json, *, thread: str, visible_to: Person | None = None
    ) -> Message: ...

    def rewrite(self, message: Message, activity: Json) -> None: ...

    def erase(self, message: Message) -> None: ...

    def message(self, conversation: Conversation, activity_id: str) -> Message | None: ...


@dataclass(frozen=True, slots=True)
class Place:
    conversation: Conversation
    thread: str


class Connector:
    """Checks the bot's token, then what it asks for."""

    def __init__(self, world: World, tokens: TokenService, board: Board) -> None:
        self._world = world
        self._tokens = tokens
        self._board = board

    def add_routes(self, app: web.Application) -> None:
        add = app.router.add_route
        add("POST", "/v3/conversations", self._guard(self._create))
        add("POST", CONVERSATION + "/activities", self._guard(self._send))
        add("POST", ACTIVITY, self._guard(self._reply))
        add("PUT", ACTIVITY, self._guard(self._update))
        add("DELETE", ACTIVITY, self._guard(self._delete))
        add("GET", CONVERSATION + "/members", self._guard(self._members))
        add("GET", CONVERSATION + "/pagedmembers", self._guard(self._paged_members))
        add("GET", CONVERSATION + "/members/{member}", self._guard(self._member))

    def _guard(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def guarded(request: web.Request) -> web.Response:
            if not self._tokens.accepts(request.headers.get("Authorization", "")):
                return web.json_response({"message": "Authorization has been denied for this request."}, status=401)
            try:
                return await handler(request)
            except ConnectorError as error:
                return error.response()

        return guarded

    async def _create(self, request: web.Request) -> web.Response:
        asked = await _object(request)
        if asked.get("isGroup"):
            return await self._create_thread(asked)
        # The Connector reads keys in any case; Microsoft's Python SDK writes this one as `tenantID`.
        tenant = (
            asked.get("tenantId")
            or asked.get("tenantID")
            or (asked.get("channelData") or {}).get("tenant", {}).get("id")
        )
        if tenant != self._world.tenant_id:
            raise ConnectorError(400, "BadSyntax", "Bad format of conversation ID or unknown tenant")
        members = asked.get("members") or []
        if len(members) != 1:
            # Teams has no group chats made by bots: "You can't create a new group chat or a new channel".
            raise ConnectorError(400, "BadSyntax", "Incorrect conversation creation parameters")
        person = self._known(members[0].get("id", ""))
        conversation = self._world.personal("teams", person)
        if not conversation.has_bot:
            raise ConnectorError(
                403, "ForbiddenOperationException", "The bot is not installed in user's personal scope"
            )
        created = {"id": conversation.id}
        if asked.get("activity"):
            check_activity(asked["activity"], len(json.dumps(asked["activity"])))
            created["activityId"] = self._board.post(conversation, asked["activity"], thread="").id
        return web.json_response(created, status=201)

    async def _create_thread(self, asked: Json) -> web.Response:
        channel_id = ((asked.get("channelData") or {}).get("channel") or {}).get("id", "")
        activity = asked.get("activity")
        conversation = self._world.find("teams", channel_id)
        if not activity or not channel_id:
            raise ConnectorError(400, "BadSyntax", "Incorrect conversation creation parameters")
        if conversation is None or conversation.kind != "channel":
            raise ConnectorError(404, "ConversationNotFound", "Conversation not found.")
        _require_bot(conversation)
        check_activity(activity, len(json.dumps(activity)))
        message = self._board.post(conversation, activity, thread="")
        created = {"id": f"{conversation.id};messageid={message.id}", "activityId": message.id}
        return web.json_response(created, status=201)

    async def _send(self, request: web.Request) -> web.Response:
        place = self._place(request)
        _require_bot(place.conversation)
        activity = await _object(request)
        check_activity(activity, len(await request.read()))
        if activity["type"] != "message":
            return web.json_response({"id": str(self._world.stamp())}, status=201)
        message = self._board.post(
            place.conversation, activity, thread=place.thread, visible_to=_targeted(request, place, activity)
        )
        return web.json_response({"id": message.id}, status=201)

    async def _reply(self, request: web.Request) -> web.Response:
        self._message(request, must_exist=False)
        return await self._send(request)

    async def _update(self, request: web.Request) -> web.Response:
        _require_bot(self._place(request).conversation)
        message = self._message(request)
        activity = await _object(request)
        check_activity(activity, len(await request.read()))
        if message.author != self._world.bot:
            raise ConnectorError(403, "ForbiddenOperationException", "Only the bot's own messages can be changed")
        self._board.rewrite(message, activity)
        return web.json_response({"id": message.id})

    async def _delete(self, request: web.Request) -> web.Response:
        _require_bot(self._place(request).conversation)
        message = self._message(request)
        if message.author != self._world.bot:
            raise ConnectorError(403, "ForbiddenOperationException", "Only the bot's own messages can be deleted")
        self._board.erase(message)
        return web.Response(status=200)

    async def _members(self, request: web.Request) -> web.Response:
        conversation = self._place(request).conversation
        _require_bot(conversation)
        return web.json_response([self._account(person) for person in conversation.members])

    async def _member(self, request: web.Request) -> web.Response:
        conversation = self._place(request).conversation
        _require_bot(conversation)
        wanted = request.match_info["member"]
        for person in conversation.members:
            if wanted in (person.teams_id, person.aad_id, person.email):
                return web.json_response(self._account(person))
        raise ConnectorError(404, "MemberNotFoundInConversation", "Member not found in conversation.")

    async def _paged_members(self, request: web.Request) -> web.Response:
        conversation = self._place(request).conversation
        _require_bot(conversation)
        size = min(PAGE_SIZE_MAX, max(PAGE_SIZE_MIN, int(request.query.get("pageSize", PAGE_SIZE_MAX))))
        begin = int(request.query.get("continuationToken") or 0)
        people = [person for person in conversation.members if not person.is_bot]  # Teams' rosters list none
        page = people[begin : begin + size]
        more = {"continuationToken": str(begin + size)} if begin + size < len(people) else {}
        return web.json_response({**more, "members": [self._account(person) for person in page]})

    def _known(self, account_id: str) -> Person:
        for person in self._world.people:
            if account_id in (person.teams_id, person.aad_id):
                return person
        raise ConnectorError(400, "BadSyntax", "Bad format of user ID")

    def _place(self, request: web.Request) -> Place:
        conversation_id, _, thread = request.match_info["conversation"].partition(";messageid=")
        conversation = self._world.find("teams", conversation_id)
        if conversation is None:
            raise ConnectorError(404, "ConversationNotFound", "Conversation not found.")
        return Place(conversation, thread)

    def _message(self, request: web.Request, *, must_exist: bool = True) -> Message:
        conversation = self._place(request).conversation
        message = self._board.message(conversation, request.match_info["activity"])
        if message is None or (must_exist and message.is_deleted):
            raise ConnectorError(404, "ActivityNotFoundInConversation", "Activity not found in conversation.")
        return message

    def _account(self, person: Person) -> Json:
        return {
            "id": person.teams_id,
            "name": person.name,
            "objectId": person.aad_id,
            "aadObjectId": person.aad_id,
            "givenName": person.first_name,
            "surname": person.last_name,
            "email": person.email,
            "userPrincipalName": person.email,
            "tenantId": self._world.tenant_id,
            "userRole": "guest" if person.is_guest else "user",
        }


def _targeted(request: web.Request, place: Place, activity: Json) -> Person | None:
    """Whom alone a message is for; None if it is for everybody there."""
    if request.query.get("isTargetedActivity") != "true":
        return None
    wanted = (activity.get("recipient") or {}).get("id")
    if not wanted or place.conversation.kind == "personal":
        raise ConnectorError(400, "BadArgument", "Missing recipient when creating targeted message.")
    for person in place.conversation.members:
        if wanted in (person.teams_id, person.aad_id):
            return person
    raise ConnectorError(404, "MemberNotFoundInConversation", "Member not found in conversation.")


def _require_bot(conversation: Conversation) -> None:
    if conversation.has_bot:
        return
    if conversation.kind == "personal":
        raise ConnectorError(403, "MessageWritesBlocked", "Message writes blocked: the user removed or blocked the bot")
    raise ConnectorError(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")


async def _object(request: web.Request) -> Json:
    try:
        parsed = json.loads(await request.read())
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise ConnectorError(400, "BadSyntax", "The request's body is not a JSON object")
    return parsed
