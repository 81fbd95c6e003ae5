"""Where a message goes, which of Slack's methods carries it, and what is in it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer

from bots.chat import Manner, Place, PlaceKind, Sent, Target
from bots.sending import Permanent
from bots.slack.platform import PACING, SlackPlatform
from cards.render import Rendered
from tests.slack.slack_side import TEAM
from tests.slack.web_api import FakeSlack

BLOCKS = [{"type": "divider"}]
RENDERED = Rendered(
    {"text": "Hi &amp; bye", "blocks": BLOCKS, "channel": "C0WRONG", "username": "CEO", "as_user": True}
)
MESSAGE = {"text": "Hi &amp; bye", "blocks": BLOCKS}
CHANNEL = Place("slack", TEAM, "C0GENERAL", PlaceKind.CHANNEL)
THREAD = replace(CHANNEL, thread="1795600001.000100")
DIRECT = Place("slack", TEAM, "D0ANABOT1", PlaceKind.PERSONAL)
NOBODY = Place("slack", TEAM, "", PlaceKind.PERSONAL)
ANA = "U0ANA0001"
NOT_IN_CHANNEL = {"ok": False, "error": "not_in_channel"}

Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def url(slack_server: BaseTestServer) -> str:
    return str(slack_server.make_url("/api/response_url"))


def asked(slack: FakeSlack) -> Asked:
    return [(call.method, call.arguments) for call in slack.calls]


async def test_post(platform: SlackPlatform, slack: FakeSlack) -> None:
    assert await platform.send(Target(CHANNEL), RENDERED, "") == Sent("1795600020.000100")
    posted = {"channel": "C0GENERAL", **MESSAGE, "unfurl_links": False, "unfurl_media": False}
    assert asked(slack) == [("chat.postMessage", posted)]
    assert slack.calls[0].authorization == "Bearer xoxb-test"


async def test_post_in_a_thread(platform: SlackPlatform, slack: FakeSlack) -> None:
    await platform.send(Target(THREAD), RENDERED, "")
    assert slack.calls[0].arguments["thread_ts"] == "1795600001.000100"


async def test_without_a_text_the_summary_is_literal(platform: SlackPlatform, slack: FakeSlack) -> None:
    await platform.send(Target(CHANNEL), Rendered({}), "<!channel> & <#C1>")
    assert slack.calls[0].arguments["text"] == "&lt;!channel&gt; &amp; &lt;#C1&gt;"
    assert "blocks" not in slack.calls[0].arguments


async def test_direct_message_opens_the_chat(platform: SlackPlatform, slack: FakeSlack) -> None:
    sent = await platform.send(Target(NOBODY, person=ANA), RENDERED, "")
    assert sent == Sent("1795600020.000100", DIRECT)
    assert slack.methods == ["conversations.open", "chat.postMessage"]
    assert slack.calls[0].arguments == {"users": ANA}
    assert slack.calls[1].arguments["channel"] == "D0ANABOT1"


async def test_private_in_a_direct_message_is_a_message(platform: SlackPlatform, slack: FakeSlack) -> None:
    await platform.send(Target(DIRECT, person=ANA, private=True), RENDERED, "")
    assert slack.methods == ["chat.postMessage"]


async def test_a_chat_of_two_others_is_answered_in_our_own(platform: SlackPlatform, slack: FakeSlack) -> None:
    slack.answers["chat.postMessage"] = [{"ok": False, "error": "channel_not_found"}]
    place = replace(DIRECT, remote_id="D0ANALUIS")
    sent = await platform.send(Target(place, person=ANA), RENDERED, "")
    assert sent.place == DIRECT
    assert slack.methods == ["chat.postMessage", "conversations.open", "chat.postMessage"]


async def test_private_in_a_channel(platform: SlackPlatform, slack: FakeSlack) -> None:
    sent = await platform.send(Target(THREAD, person=ANA, private=True), RENDERED, "")
    assert sent == Sent()  # it can never be edited
    note = {"channel": "C0GENERAL", "user": ANA, **MESSAGE, "thread_ts": "1795600001.000100"}
    assert asked(slack) == [("chat.postEphemeral", note)]


async def test_private_by_response_url(platform: SlackPlatform, slack: FakeSlack, url: str) -> None:
    await platform.send(Target(CHANNEL, person=ANA, private=True, response_url=url), RENDERED, "")
    assert asked(slack) == [("response_url", {**MESSAGE, "response_type": "ephemeral", "replace_original": False})]
    assert slack.calls[0].authorization == ""


async def test_expired_response_url_is_replaced_by_the_person(
    platform: SlackPlatform, slack: FakeSlack, url: str
) -> None:
    slack.answers["response_url"] = [web.json_response({"ok": False, "error": "expired_url"}, status=404)]
    await platform.send(Target(CHANNEL, person=ANA, private=True, response_url=url), RENDERED, "")
    assert slack.methods == ["response_url", "chat.postEphemeral"]


@pytest.mark.parametrize("code", ["not_in_channel", "channel_not_found", "user_not_in_channel"])
async def test_where_nothing_can_be_whispered_our_own_chat_does(
    platform: SlackPlatform, slack: FakeSlack, code: str
) -> None:
    slack.answers["chat.postEphemeral"] = [{"ok": False, "error": code}]
    sent = await platform.send(Target(replace(THREAD, name="general"), person=ANA, private=True), RENDERED, "")
    assert sent == Sent("1795600020.000100", DIRECT)
    assert slack.methods == ["chat.postEphemeral", "conversations.open", "chat.postMessage"]
    assert slack.calls[2].arguments["channel"] == "D0ANABOT1"
    assert "thread_ts" not in slack.calls[2].arguments


async def test_a_whisper_that_is_wrong_in_itself_stays_wrong(platform: SlackPlatform, slack: FakeSlack) -> None:
    slack.answers["chat.postEphemeral"] = [{"ok": False, "error": "invalid_blocks"}]
    with pytest.raises(Permanent):
        await platform.send(Target(CHANNEL, person=ANA, private=True), RENDERED, "")
    assert slack.methods == ["chat.postEphemeral"]


PAGE = Rendered({"text": "Hello", "blocks": BLOCKS, "view": {"type": "home", "blocks": BLOCKS}})


async def test_a_page_is_published_once_for_what_it_shows(platform: SlackPlatform, slack: FakeSlack) -> None:
    target = Target(DIRECT, person=ANA, manner=Manner.PAGE)
    assert await platform.send(target, PAGE, "") == Sent()
    [(method, arguments)] = asked(slack)
    carried = json.loads(arguments["view"].pop("private_metadata"))
    assert (method, arguments) == ("views.publish", {"user_id": ANA, "view": {"type": "home", "blocks": BLOCKS}})
    assert carried["channel"] == "D0ANABOT1"
    await platform.send(replace(target, message_id=carried["digest"]), PAGE, "")
    assert len(slack.calls) == 1
    other = Rendered({"view": {"type": "home", "blocks": [*BLOCKS, *BLOCKS]}})
    await platform.send(replace(target, message_id=carried["digest"]), other, "")
    assert len(slack.calls) == 2


async def test_private_for_nobody(platform: SlackPlatform, slack: FakeSlack) -> None:
    with pytest.raises(Permanent):
        await platform.send(Target(CHANNEL, private=True), RENDERED, "")
    assert slack.calls == []  # above all it is not shown to everyone


async def test_a_channel_that_we_left_is_gone(platform: SlackPlatform, slack: FakeSlack) -> None:
    slack.answers["chat.postMessage"] = [NOT_IN_CHANNEL]
    with pytest.raises(Permanent) as caught:
        await platform.send(Target(CHANNEL), RENDERED, "")
    assert caught.value.gone


async def test_edit(platform: SlackPlatform, slack: FakeSlack, url: str) -> None:
    target = Target(CHANNEL, message_id="1795600010.000900", interaction=url, manner=Manner.EDIT)
    assert await platform.send(target, RENDERED, "") == Sent("1795600010.000900")
    assert asked(slack) == [("chat.update", {"channel": "C0GENERAL", "ts": "1795600010.000900", **MESSAGE})]


async def test_edit_removes_the_blocks_that_were_there(platform: SlackPlatform, slack: FakeSlack) -> None:
    target = Target(CHANNEL, message_id="1795600010.000900", manner=Manner.EDIT)
    await platform.send(target, Rendered({"text": "closed"}), "")
    assert slack.calls[0].arguments["blocks"] == []


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "channel_not_found"])
async def test_edit_where_only_the_press_reaches(
    platform: SlackPlatform, slack: FakeSlack, url: str, code: str
) -> None:
    slack.answers["chat.update"] = [{"ok": False, "error": code}]
    target = Target(CHANNEL, message_id="1795600010.000900", interaction=url, manner=Manner.EDIT)
    await platform.send(target, RENDERED, "")
    assert slack.methods == ["chat.update", "response_url"]
    assert slack.calls[1].arguments == {**MESSAGE, "replace_original": True}


async def test_edit_of_a_passing_note(platform: SlackPlatform, slack: FakeSlack, url: str) -> None:
    await platform.send(Target(CHANNEL, interaction=url, manner=Manner.EDIT), RENDERED, "")
    assert slack.methods == ["response_url"]


async def test_edit_of_nothing(platform: SlackPlatform, slack: FakeSlack) -> None:
    with pytest.raises(Permanent):
        await platform.send(Target(CHANNEL, manner=Manner.EDIT), RENDERED, "")
    assert slack.calls == []


async def test_edit_that_slack_refuses(platform: SlackPlatform, slack: FakeSlack) -> None:
    slack.answers["chat.update"] = [{"ok": False, "error": "message_not_found"}]
    with pytest.raises(Permanent):
        await platform.send(Target(CHANNEL, message_id="1.1", manner=Manner.EDIT), RENDERED, "")


@pytest.mark.parametrize("place", [CHANNEL, DIRECT])
async def test_toast(platform: SlackPlatform, slack: FakeSlack, url: str, place: Place) -> None:
    await platform.send(Target(place, person=ANA, interaction=url, manner=Manner.TOAST), RENDERED, "")
    await platform.send(Target(place, person=ANA, manner=Manner.TOAST), RENDERED, "")
    assert slack.methods == ["response_url", "chat.postEphemeral"]
    assert slack.calls[0].arguments["replace_original"] is False


def test_pacing(platform: SlackPlatform) -> None:
    assert platform.pacing(CHANNEL) == PACING
    assert PACING.gap >= 1.0
