"""Messages, edits, private chats and look-ups against the simulated Connector."""

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bots.chat import Manner, PlaceKind, Target
from bots.sending import Ambiguous, Permanent, RetryAfter, SendError, Transient
from bots.teams import connector
from bots.teams.platform import PACING
from cards.render import Rendered
from tests.teams.stage import CARD, Stage, account, place_of, stage


async def test_a_message_goes_into_the_channel_or_its_thread(bot: Stage) -> None:
    channel = bot.channel()
    sent = await bot.platform.send(Target(place_of(bot, channel)), CARD, "Kudos for Zoë")
    reply = await bot.platform.send(Target(place_of(bot, channel, thread=sent.message_id)), CARD, "More")
    other = await bot.platform.send(Target(place_of(bot, channel), reply_to=sent.message_id), CARD, "More")
    first, second, third = bot.teams.posts(channel)
    assert [sent.message_id, reply.message_id, other.message_id] == [first.id, second.id, third.id]
    assert (first.thread, second.thread, third.thread) == ("", first.id, first.id)
    assert sent.place is None
    assert first.payload["summary"] == "Kudos for Zoë"
    assert first.payload["attachments"] == [
        {"contentType": "application/vnd.microsoft.card.adaptive", "content": CARD.payload}
    ]


async def test_a_card_arrives_as_it_was_rendered(bot: Stage) -> None:
    payload = {
        **CARD.payload,
        "body": [{"type": "TextBlock", "text": "<at>Zoë</at> & 🦊 {x}", "wrap": True, "size": 12, "weight": None}],
        "msteams": {
            "entities": [{"type": "mention", "text": "<at>Zoë</at>", "mentioned": {"id": "29:z", "name": "Zoë"}}]
        },
    }
    channel = bot.channel()
    await bot.platform.send(Target(place_of(bot, channel)), Rendered(payload), "x")
    assert bot.teams.posts(channel)[0].payload["attachments"][0]["content"] == payload


async def test_a_message_is_edited_in_place(bot: Stage) -> None:
    channel = bot.channel()
    target = Target(place_of(bot, channel))
    sent = await bot.platform.send(target, CARD, "one")
    edited = await bot.platform.send(replace(target, message_id=sent.message_id, manner=Manner.EDIT), CARD, "two")
    (post,) = bot.teams.posts(channel)
    assert edited.message_id == post.id
    assert post.payload["summary"] == "two"
    with pytest.raises(Permanent, match="no message") as refusal:
        await bot.platform.send(replace(target, manner=Manner.EDIT), CARD, "x")
    assert not refusal.value.gone


async def test_a_deleted_message_cannot_be_edited_and_the_place_is_not_gone(bot: Stage) -> None:
    channel = bot.channel()
    target = Target(place_of(bot, channel), message_id="404", manner=Manner.EDIT)
    with pytest.raises(Permanent) as refusal:
        await bot.platform.send(target, CARD, "x")
    assert not refusal.value.gone


async def test_a_direct_message_opens_the_chat_and_says_which(bot: Stage) -> None:
    await bot.teams.install(bot.luis)
    nowhere = replace(place_of(bot, bot.channel()), remote_id="", kind=PlaceKind.PERSONAL)
    sent = await bot.platform.send(Target(nowhere, person=bot.luis.teams_id), CARD, "for you")
    personal = bot.world.personal("teams", bot.luis)
    assert sent.place is not None
    assert (sent.place.remote_id, sent.place.kind, sent.place.thread) == (personal.id, PlaceKind.PERSONAL, "")
    assert "team_id" not in sent.place.reference
    again = await bot.platform.send(Target(sent.place), CARD, "again")
    assert again.place is None
    assert len(bot.teams.posts(personal)) == 2
    assert len(bot.teams.server.called("POST conversations")) == 1


PRIVATE: list[dict[str, Any]] = [
    {"private": True},
    {"manner": Manner.TOAST},
    {"private": True, "manner": Manner.EDIT, "message_id": "17"},
]


@pytest.mark.parametrize("change", PRIVATE)
async def test_a_private_answer_in_a_channel_goes_to_the_persons_own_chat(bot: Stage, change: dict[str, Any]) -> None:
    await bot.teams.install(bot.ana)
    channel = bot.channel()
    target = Target(place_of(bot, channel, thread="17"), person=bot.ana.teams_id, **change)
    sent = await bot.platform.send(target, CARD, "receipt")
    personal = bot.world.personal("teams", bot.ana)
    assert not bot.teams.posts(channel)
    assert [post.id for post in bot.teams.posts(personal)] == [sent.message_id]
    assert sent.place is not None
    assert sent.place.remote_id == personal.id


@pytest.mark.parametrize("change", PRIVATE)
async def test_a_private_answer_is_whispered_where_that_is_set(change: dict[str, Any]) -> None:
    async with stage(teams_targeted=True) as bot:
        channel = bot.channel()
        target = Target(place_of(bot, channel, thread="17"), person=bot.ana.teams_id, **change)
        sent = await bot.platform.send(target, CARD, "receipt")
        (whisper,) = bot.teams.posts(channel, visible_to=bot.ana)
        assert (whisper.id, whisper.thread, sent.place) == (sent.message_id, "17", None)
        assert not bot.teams.posts(channel)
        assert bot.platform.can_whisper


async def test_what_cannot_be_whispered_goes_to_the_persons_own_chat() -> None:
    async with stage(teams_targeted=True) as bot:
        zoe = bot.world.person("Zoë")
        await bot.teams.install(zoe)
        sent = await bot.platform.send(
            Target(place_of(bot, bot.channel()), person=zoe.teams_id, private=True), CARD, "for you"
        )
        assert [post.id for post in bot.teams.posts(bot.world.personal("teams", zoe))] == [sent.message_id]


async def test_what_is_for_all_is_not_whispered() -> None:
    async with stage(teams_targeted=True) as bot:
        channel = bot.channel()
        sent = await bot.platform.send(Target(place_of(bot, channel), person=bot.ana.teams_id), CARD, "one")
        await bot.platform.send(
            Target(place_of(bot, channel), message_id=sent.message_id, manner=Manner.EDIT), CARD, "two"
        )
        assert [post.payload["summary"] for post in bot.teams.posts(channel)] == ["two"]


async def test_a_person_without_the_bot_does_not_make_the_channel_gone(bot: Stage) -> None:
    channel = bot.channel()
    with pytest.raises(Permanent) as refusal:
        await bot.platform.send(Target(place_of(bot, channel), person=bot.luis.teams_id, private=True), CARD, "x")
    assert not refusal.value.gone
    nowhere = replace(place_of(bot, channel), remote_id="", kind=PlaceKind.PERSONAL)
    with pytest.raises(Permanent) as refusal:
        await bot.platform.send(Target(nowhere, person=bot.luis.teams_id), CARD, "x")
    assert refusal.value.gone
    with pytest.raises(Permanent, match="without a person"):
        await bot.platform.send(Target(nowhere), CARD, "x")


async def test_a_place_without_the_bot_is_gone(bot: Stage) -> None:
    channel = bot.channel()
    await bot.teams.remove_bot(channel, bot.ana)
    for place in (place_of(bot, channel), replace(place_of(bot, channel), remote_id="19:unknown@thread.v2")):
        with pytest.raises(Permanent) as refusal:
            await bot.platform.send(Target(place), CARD, "x")
        assert refusal.value.gone


async def test_a_card_that_teams_refuses_is_permanent_and_nothing_is_repeated(bot: Stage) -> None:
    with pytest.raises(Permanent) as refusal:
        await bot.platform.send(Target(place_of(bot, bot.channel())), Rendered({"type": "Nothing"}), "x")
    assert not refusal.value.gone
    assert "BadSyntax" in refusal.value.reason
    assert len(bot.teams.server.called("POST activities")) == 1


async def test_throttling_says_when_to_come_back(bot: Stage) -> None:
    bot.teams.faults.throttle(retry_after=17, name="POST activities")
    with pytest.raises(RetryAfter) as refusal:
        await bot.platform.send(Target(place_of(bot, bot.channel())), CARD, "x")
    assert refusal.value.seconds == 17
    assert len(bot.teams.server.called("POST activities")) == 1


@pytest.mark.parametrize(("status", "kind"), [(502, Transient), (503, Transient), (504, Transient), (500, Ambiguous)])
async def test_failures_of_the_service_are_told_apart_and_not_repeated(
    bot: Stage, status: int, kind: type[SendError]
) -> None:
    bot.teams.faults.fail(status=status, name="POST activities")
    with pytest.raises(kind):
        await bot.platform.send(Target(place_of(bot, bot.channel())), CARD, "x")
    assert bot.teams.faults.pending == 0
    assert len(bot.teams.server.called("POST activities")) == 1


async def test_a_cut_connection_is_ambiguous(bot: Stage) -> None:
    channel = bot.channel()
    bot.teams.faults.drop(name="POST activities")
    with pytest.raises(Ambiguous):
        await bot.platform.send(Target(place_of(bot, channel)), CARD, "x")
    assert len(bot.teams.posts(channel)) == 1
    assert len(bot.teams.server.called("POST activities")) == 1


async def test_a_silent_service_is_ambiguous(bot: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector, "TIMEOUT", aiohttp.ClientTimeout(total=0.1))
    bot.teams.faults.hang(name="POST activities")
    with pytest.raises(Ambiguous):
        await bot.platform.send(Target(place_of(bot, bot.channel())), CARD, "x")


async def test_a_service_that_cannot_be_reached_is_transient(bot: Stage) -> None:
    place = place_of(bot, bot.channel())
    closed = replace(place, reference={**place.reference, "service_url": "http://127.0.0.1:9/"})
    with pytest.raises(Transient):
        await bot.platform.send(Target(closed), CARD, "x")


@pytest.mark.parametrize(
    "service_url", ["https://evil.example/", "http://localhost:9/", "", "https://127.0.0.1@evil.example/"]
)
async def test_no_token_leaves_for_a_service_that_is_not_listed(bot: Stage, service_url: str) -> None:
    place = place_of(bot, bot.channel())
    elsewhere = replace(place, reference={**place.reference, "service_url": service_url})
    with pytest.raises(Permanent, match="not listed"):
        await bot.platform.send(Target(elsewhere), CARD, "x")
    with pytest.raises(Transient, match="not listed"):
        await bot.platform.profile(account(bot.ana), elsewhere)
    assert not bot.teams.calls


async def test_redirects_are_not_followed(bot: Stage) -> None:
    async def away(_: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect("https://evil.example/")

    bot.teams.server.app.router._frozen = False
    bot.teams.server.app.router.add_post("/moved/v3/conversations/{id}/activities", away)
    place = place_of(bot, bot.channel())
    moved = replace(place, reference={**place.reference, "service_url": f"{bot.teams.url}/moved/"})
    with pytest.raises(Permanent, match="307"):
        await bot.platform.send(Target(moved), CARD, "x")


async def test_one_token_serves_until_shortly_before_its_end(bot: Stage) -> None:
    target = Target(place_of(bot, bot.channel()))
    await asyncio.gather(*(bot.platform.send(target, CARD, "x") for _ in range(10)))
    bot.clock.forward(minutes=54)
    await bot.platform.send(target, CARD, "x")
    assert len(bot.teams.server.called("token")) == 1
    bot.clock.forward(minutes=2)
    await bot.platform.send(target, CARD, "x")
    assert len(bot.teams.server.called("token")) == 2


async def test_a_token_that_is_refused_is_replaced(bot: Stage) -> None:
    target = Target(place_of(bot, bot.channel()))
    await bot.platform.send(target, CARD, "x")
    bot.teams.tokens.expire_all()
    with pytest.raises(Transient, match="401"):
        await bot.platform.send(target, CARD, "x")
    assert (await bot.platform.send(target, CARD, "x")).message_id


async def test_a_wrong_secret_is_transient_and_named_without_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    async with stage(teams_app_password="wrong-canary") as bot:
        with pytest.raises(Transient, match="401") as refusal:
            await bot.platform.send(Target(place_of(bot, bot.channel())), CARD, "x")
    assert "invalid_client" in caplog.text
    assert "canary" not in caplog.text + refusal.value.reason


@pytest.mark.parametrize("fault", ["fail", "drop"])
async def test_a_token_service_that_is_away_is_transient(bot: Stage, fault: str) -> None:
    getattr(bot.teams.faults, fault)(name="token")
    target = Target(place_of(bot, bot.channel()))
    with pytest.raises(Transient):
        await bot.platform.send(target, CARD, "x")
    assert not bot.teams.server.called("POST activities")
    assert (await bot.platform.send(target, CARD, "x")).message_id


async def test_a_single_tenant_app_asks_its_own_tenant_and_a_multi_tenant_one_microsofts(bot: Stage) -> None:
    await bot.platform.send(Target(place_of(bot, bot.channel())), CARD, "x")
    assert bot.teams.server.called("token")[0].path.startswith(f"/{bot.world.tenant_id}/")
    async with stage(teams_app_type="MultiTenant") as other:
        await other.platform.send(Target(place_of(other, other.channel())), CARD, "x")
        assert other.teams.server.called("token")[0].path.startswith("/botframework.com/")


def test_pacing_keeps_to_each_of_the_published_limits() -> None:
    for seconds, messages in ((1, 7), (2, 8), (30, 60)):
        assert PACING.burst + int(seconds / PACING.gap) <= messages
    assert PACING.per_second == 50
