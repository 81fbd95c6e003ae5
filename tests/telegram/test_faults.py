"""What becomes of a send when Telegram or the network refuses: did it arrive, and may it be tried again?"""

import logging
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from telegram.error import BadRequest, NetworkError, TelegramError, TimedOut

from bots.chat import Account, Manner, Place, PlaceKind, Profile, Target
from bots.sending import Ambiguous, Pacing, Permanent, RetryAfter, SendError, Transient
from bots.telegram.errors import translate
from bots.telegram.platform import TelegramPlatform
from cards.render import Rendered
from tests.telegram.bot_api import BotApi, Scripted
from tests.telegram.conftest import SECRET, TOKEN, recorded

GROUP = Place("telegram", "7000000001", "-1002233445566", PlaceKind.GROUP, thread="77")
HTML = Rendered({"text": "<b>hi</b>", "parse_mode": "HTML"})

REFUSALS: list[tuple[int, str, type[SendError], bool]] = [
    (400, "Bad Request: chat not found", Permanent, True),
    (400, "Bad Request: PEER_ID_INVALID", Permanent, True),
    (400, "Bad Request: not enough rights to send text messages to the chat", Permanent, False),
    (400, "Bad Request: message is too long", Permanent, False),
    (400, "Bad Request: BUTTON_DATA_INVALID", Permanent, False),
    (400, "Bad Request: TOPIC_CLOSED", Permanent, False),
    (403, "Forbidden: bot was blocked by the user", Permanent, True),
    (403, "Forbidden: bot was kicked from the supergroup chat", Permanent, True),
    (403, "Forbidden: user is deactivated", Permanent, True),
    (403, "Forbidden: bot can't initiate conversation with a user", Permanent, True),
    (401, "Unauthorized", Transient, False),
    (404, "Not Found", Transient, False),
    (413, "Request Entity Too Large", Permanent, False),
    (429, "Too Many Requests: retry later", RetryAfter, False),
    (500, "Internal Server Error", Ambiguous, False),
    (502, "Bad Gateway", Transient, False),
    (503, "Service Unavailable", Transient, False),
    (504, "Gateway Timeout", Ambiguous, False),
]


@pytest.mark.parametrize(("status", "words", "kind", "gone"), REFUSALS, ids=[words for _, words, *_ in REFUSALS])
async def test_refusals(
    platform: TelegramPlatform, api: BotApi, status: int, words: str, kind: type[SendError], gone: bool
) -> None:
    api.refuse("sendMessage", status, words)
    with pytest.raises(SendError) as refused:
        await platform.send(Target(GROUP), HTML, "hi")
    assert type(refused.value) is kind
    assert getattr(refused.value, "gone", False) is gone
    assert len(api.of("sendMessage")) == 1


async def test_the_pause_telegram_asks_for(platform: TelegramPlatform, api: BotApi) -> None:
    """Case 31."""
    api.refuse("sendMessage", 429, "Too Many Requests: retry after 37", retry_after=37)
    with pytest.raises(RetryAfter) as refused:
        await platform.send(Target(GROUP), HTML, "hi")
    assert refused.value.seconds == 37


UNREADABLE = [b"", b"<html>", b"[]", b'{"ok": true}', b"null"]


@pytest.mark.parametrize("answer", UNREADABLE)
async def test_a_yes_that_cannot_be_read_may_be_one(
    platform: TelegramPlatform, api: BotApi, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    api.script("sendMessage", Scripted(body=answer))
    with pytest.raises(Ambiguous):
        await platform.send(Target(GROUP), HTML, "hi")
    assert caplog.text == ""


async def test_a_cut_connection_is_ambiguous_for_posts_only(platform: TelegramPlatform, api: BotApi) -> None:
    api.script("sendMessage", Scripted())
    with pytest.raises(Ambiguous):
        await platform.send(Target(GROUP), HTML, "hi")
    api.script("editMessageText", Scripted())
    with pytest.raises(Transient):
        await platform.send(Target(GROUP, message_id="5", manner=Manner.EDIT), HTML, "hi")
    api.script("answerCallbackQuery", Scripted())
    with pytest.raises(Transient):
        await platform.send(Target(GROUP, interaction="5", manner=Manner.TOAST), HTML, "hi")


async def test_nobody_listening_is_transient(api: BotApi) -> None:
    url = api.url
    await api.__aexit__()
    platform = TelegramPlatform(token=TOKEN, secret=SECRET, api_url=url, mode="webhook")
    with pytest.raises(Transient):
        await platform.send(Target(GROUP), HTML, "hi")
    await platform.close()


def caused(error: TelegramError, cause: BaseException) -> TelegramError:
    error.__cause__ = cause
    return error


CAUSES = [
    (caused(TimedOut(), httpx.ConnectTimeout("")), Transient),
    (caused(TimedOut(), httpx.PoolTimeout("")), Transient),
    (caused(TimedOut(), httpx.ReadTimeout("")), Ambiguous),
    (caused(TimedOut(), httpx.WriteTimeout("")), Ambiguous),
    (caused(NetworkError(""), httpx.ConnectError("")), Transient),
    (caused(NetworkError(""), httpx.ProxyError("")), Transient),
    (caused(NetworkError(""), httpx.ReadError("")), Ambiguous),
    (caused(NetworkError(""), httpx.WriteError("")), Ambiguous),
    (caused(NetworkError(""), httpx.RemoteProtocolError("")), Ambiguous),
    (caused(NetworkError(""), RuntimeError("")), Ambiguous),
]


@pytest.mark.parametrize(("error", "kind"), CAUSES, ids=[repr(error.__cause__) for error, _ in CAUSES])
def test_the_cause_tells_whether_it_was_sent(error: TelegramError, kind: type[SendError]) -> None:
    assert type(translate(error)) is kind


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ('Bad Request: can\'t parse entities: unsupported start tag "secret" at byte offset 3', "Can't parse entities"),
        ("Bad Request: 秘密", "refused"),
    ],
)
def test_reasons_hold_nothing_we_sent(words: str, reason: str) -> None:
    assert translate(BadRequest(words)).reason == reason


async def test_a_topic_gets_its_answer_and_its_thread(platform: TelegramPlatform, api: BotApi) -> None:
    await platform.send(Target(GROUP, reply_to="80"), HTML, "hi")
    [fields] = api.of("sendMessage")
    assert fields == {
        "chat_id": -1002233445566,
        "message_thread_id": 77,
        "reply_parameters": {"message_id": 80, "allow_sending_without_reply": True},
        "text": "<b>hi</b>",
        "parse_mode": "HTML",
    }


async def test_an_edit_leaves_out_keyboards_that_only_a_new_message_can_open(
    platform: TelegramPlatform, api: BotApi
) -> None:
    asking = Rendered({"text": "hi", "reply_markup": {"force_reply": True}})
    await platform.send(Target(GROUP, message_id="5", manner=Manner.EDIT), asking, "hi")
    assert api.of("editMessageText") == [{"chat_id": -1002233445566, "message_id": 5, "text": "hi"}]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_name_not_learnt_at_the_start_is_learnt_later(api: BotApi, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    platform = TelegramPlatform(token=TOKEN, secret=SECRET, api_url=api.url, mode="webhook", clock=clock)
    api.refuse("getMe", 502, "Bad Gateway")
    await platform.start()
    assert platform.parse(recorded("group_addressed")) == []
    await platform.send(Target(GROUP), HTML, "hi")
    assert len(api.of("getMe")) == 1
    clock.now = 60.0
    await platform.send(Target(GROUP), HTML, "hi")
    assert len(platform.parse(recorded("group_addressed"))) == 1
    await platform.send(Target(GROUP), HTML, "hi")
    assert len(api.of("getMe")) == 2
    assert "name" in caplog.text
    await platform.close()


async def test_no_log_and_no_error_holds_the_token(api: BotApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    platform = TelegramPlatform(token=TOKEN, secret=SECRET, api_url=api.url, mode="webhook")
    api.refuse("getMe", 401, "Unauthorized")
    await platform.start()
    await platform.send(Target(GROUP), HTML, "hi")
    api.script("sendMessage", Scripted())
    with pytest.raises(Ambiguous) as refused:
        await platform.send(Target(GROUP), HTML, "hi")
    assert api.paths[0].endswith(TOKEN)
    assert TOKEN not in caplog.text
    assert TOKEN not in str(refused.value)
    assert SECRET not in caplog.text
    await platform.close()


LUIS = Account("222222222", "Luis")
MEMBERS: list[tuple[str, dict[str, Any], Profile | None]] = [
    ("member", {}, Profile("Luis Ortega", locale="pt-br")),
    ("left", {}, None),
    ("kicked", {"until_date": 0}, None),
]


@pytest.mark.parametrize(("status", "more", "expected"), MEMBERS, ids=[status for status, *_ in MEMBERS])
async def test_profiles(
    platform: TelegramPlatform, api: BotApi, status: str, more: dict[str, Any], expected: Profile | None
) -> None:
    user = {"id": 222222222, "is_bot": False, "first_name": "Luis", "last_name": "Ortega", "language_code": "pt-br"}
    api.say("getChatMember", {"user": user, "status": status, **more})
    assert await platform.profile(LUIS, GROUP) == expected
    assert api.of("getChatMember") == [{"chat_id": -1002233445566, "user_id": 222222222}]


async def test_a_bots_profile_is_foreign(platform: TelegramPlatform, api: BotApi) -> None:
    api.say(
        "getChatMember", {"user": {"id": 3, "is_bot": True, "first_name": "Other"}, "status": "administrator", **RIGHTS}
    )
    assert await platform.profile(Account("3"), GROUP) == Profile("Other", foreign="bot")


RIGHTS = dict.fromkeys(
    [
        "can_be_edited",
        "can_manage_chat",
        "can_change_info",
        "can_delete_messages",
        "can_invite_users",
        "can_restrict_members",
        "can_promote_members",
        "can_manage_video_chats",
        "can_post_stories",
        "can_edit_stories",
        "can_delete_stories",
        "is_anonymous",
    ],
    False,
)


@pytest.mark.parametrize("words", ["user not found", "PARTICIPANT_ID_INVALID", "invalid user_id specified"])
async def test_nobody_of_that_id(platform: TelegramPlatform, api: BotApi, words: str) -> None:
    api.refuse("getChatMember", 400, f"Bad Request: {words}")
    assert await platform.profile(LUIS, GROUP) is None


async def test_hidden_members_are_taken_as_telegram_named_them(platform: TelegramPlatform, api: BotApi) -> None:
    api.refuse("getChatMember", 400, "Bad Request: member list is inaccessible")
    assert await platform.profile(LUIS, GROUP) == Profile("Luis")


async def test_members_of_a_group_that_moved_are_asked_for_there(platform: TelegramPlatform, api: BotApi) -> None:
    api.refuse(
        "getChatMember", 400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100777
    )
    api.say("getChatMember", {"user": {"id": 222222222, "is_bot": False, "first_name": "Luis"}, "status": "member"})
    assert await platform.profile(LUIS, GROUP) == Profile("Luis")
    assert api.of("getChatMember")[1]["chat_id"] == -100777


@pytest.mark.parametrize(
    ("status", "words"), [(429, "Too Many Requests"), (502, "Bad Gateway"), (403, "Forbidden: kicked")]
)
async def test_a_directory_that_does_not_answer_is_transient(
    platform: TelegramPlatform, api: BotApi, status: int, words: str
) -> None:
    api.refuse("getChatMember", status, words)
    with pytest.raises(Transient):
        await platform.profile(LUIS, GROUP)


async def test_in_private_nobody_is_asked(platform: TelegramPlatform, api: BotApi) -> None:
    private = Place("telegram", "7000000001", "222222222", PlaceKind.PERSONAL)
    assert await platform.profile(LUIS, private) == Profile("Luis")
    assert api.calls == []


async def test_no_minute_in_a_group_holds_more_than_twenty(platform: TelegramPlatform) -> None:
    pacing = platform.pacing(GROUP)
    assert busiest(sent_at_full_speed(pacing, seconds=600.0), window=60.0) <= 20
    private = platform.pacing(Place("telegram", "7000000001", "1", PlaceKind.PERSONAL))
    assert (private.gap, private.per_second < 30) == (1.0, True)


def sent_at_full_speed(pacing: Pacing, seconds: float) -> list[float]:
    """A bucket of `burst` that fills by one each `gap`, always emptied at once."""
    return [0.0] * pacing.burst + [pacing.gap * step for step in range(1, int(seconds / pacing.gap))]


def busiest(moments: list[float], window: float) -> int:
    return max(sum(start <= moment <= start + window for moment in moments) for start in moments)
