"""Cases 18 to 20: what people type is shown as it is; it notifies, links and formats nothing, on any platform it reaches."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bots.simulator import Message
from core.text import clean
from tests.cards.hostile import HOSTILE
from tests.conversations.stage import Stage
from tests.conversations.wire import Sent
from tests.judges import telegram

MESSAGE_MAX = 900
SURROGATES = re.compile("[\ud800-\udfff]")
DEFUSED = re.compile("[\u2060\u200b\u200c\ufeff]")
NAMES = (
    "<!channel>",
    "<b>Bold</b> & Co",
    "*star* _under_",
    "@here",
    "[x](https://evil.com)",
    "{{name}} {% raw %}",
    "</at><at>Everyone</at>",
    "evil.com",
    "\u202egnirts",
    "|pipe| `code`",
    "x" * 300,
    "👩‍👩‍👧‍👦",
)


def read(message: Message) -> str:
    """What people see, without what keeps words from becoming links; in Teams also with the escapes of Markdown undone."""
    shown = DEFUSED.sub("", message.text)
    is_escaped = message.conversation.platform == "teams"
    return squeezed(f"{shown}\n" + re.sub(r"\\(.)", r"\1", shown) if is_escaped else shown)


def squeezed(text: str) -> str:
    """Renderers may break lines in ways of their own."""
    return " ".join(text.split())


def batches() -> Iterator[list[str]]:
    """The hostile strings as lines of messages; amounts of points are commands, not words."""
    batch: list[str] = []
    for string in HOSTILE:
        shown = SURROGATES.sub("", string).replace("\x00", "")
        if "+" in shown or len(shown) > MESSAGE_MAX or not shown.strip():
            continue
        if batch and sum(map(len, batch)) + len(shown) + len(batch) > MESSAGE_MAX:
            yield batch
            batch = []
        batch.append(shown)
    yield batch


BATCHES = list(batches())


async def test_19_and_20_hostile_words_are_literal_on_all_three_platforms(stage: Stage) -> None:
    await stage.sql("UPDATE workspace SET kudos_points = 0, receivers_max = 10")
    used = 0
    for number, batch in enumerate(BATCHES):
        words = f"@[Luis] number {number}: " + "\n".join(batch) + "\nend"
        giver = stage.world.people[2 + number % 3]
        delivery = await stage.slack.slash(giver, stage.slack_channel, "/kudos", words)
        assert "on its way" in json.dumps(delivery.json()), (delivery.json(), batch)
        used += len(batch)
        if number % 5 == 4:
            await stage.quiet(seconds=30)
    await stage.quiet(seconds=60)
    assert used >= 170
    for number, batch in enumerate(BATCHES):
        posts = stage.posts(f"number {number}: ")
        assert len(posts) == 3
        for message in posts:
            shown = read(message)
            missing = [line for line in batch if squeezed(DEFUSED.sub("", clean(line))) not in shown]
            assert [line for line in missing if "@[" not in line] == [], message.conversation.platform
    assert_nobody_is_called(stage, {"Luis", "Zoë", "Priya", "Tom"})


async def test_18_calls_to_everybody_reach_nobody(stage: Stage) -> None:
    """As the platforms themselves write them, not only as people type them."""
    ana = stage["Ana"]
    fields = stage.slack.payloads.slash(ana, stage.slack_channel, "/kudos", [stage["Luis"], " "])
    calls = "<!channel> <!here> <!everyone> <!subteam^S012345|@team> @channel @here @everyone"
    raw = stage.slack.form({**fields, "text": f"{fields['text']} hello {calls}"}, "slash")
    assert (await stage.slack.courier.deliver(raw)).is_accepted
    await stage.quiet()
    said = await stage.teams.say(ana, stage.channel, "@[Plaudit] /help")
    await stage.teams.send(
        {
            **said.activity,
            "id": "everyone",
            "text": "<at>Plaudit</at> /kudos <at>Luis Ortega</at> hello <at>General</at> <at>Everyone</at> @everyone",
            "entities": [
                *_mentions(stage, "Plaudit", "Luis"),
                _mention("General", stage.channel.id, type="channel"),
                _mention("Everyone", "29:everyone", type="everyone"),
            ],
        }
    )
    await stage.telegram.say(ana, stage.group, "/kudos @[Luis] hello @everyone @channel @all")
    await stage.quiet()
    assert await stage.count("kudos") == 3
    assert len(stage.posts("hello")) == 9
    assert_nobody_is_called(stage, {"Ana", "Luis"})


def _mentions(stage: Stage, *names: str) -> list[dict[str, Any]]:
    return [_mention(stage[name].name, stage[name].teams_id) for name in names]


def _mention(name: str, remote_id: str, **more: str) -> dict[str, Any]:
    return {"type": "mention", "mentioned": {"id": remote_id, "name": name, **more}, "text": f"<at>{name}</at>"}


async def test_names_of_people_are_words_too(stage: Stage) -> None:
    for number, name in enumerate(NAMES):
        odd = replace(
            stage["Tom"],
            name=name,
            email=f"odd{number}@example.com",
            slack_id=f"U0ODD{number}",
            teams_id=f"29:odd{number}",
            aad_id=f"odd{number}",
            telegram_id=6_000_000_000 + number,
        )
        stage.world.people.append(odd)
        fields = stage.slack.payloads.slash(stage["Ana"], stage.slack_channel, "/kudos", [odd, f" number {number}."])
        assert (await stage.slack.courier.deliver(stage.slack.form(fields, "slash"))).is_accepted
        await stage.quiet()
        for message in stage.posts(f"number {number}."):
            if message.conversation.platform != "slack":  # there the platform shows its own name for the id
                shown = clean(name)[:80].strip()
                # Bold begins where Markdown lets it: behind a name's outer marks.
                expected = squeezed(DEFUSED.sub("", shown)).replace("**", "")
                assert expected in read(message).replace("**", ""), message.conversation.platform
    board = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/leaderboard", "all")
    assert board.is_accepted
    await stage.telegram.say(stage["Ana"], stage.group, "/leaderboard all")
    await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /leaderboard all")
    await stage.quiet()
    assert len(stage.posts("number ")) == 3 * len(NAMES)


@pytest.mark.parametrize("typed", ["<!channel>", "@here", "<at>Everyone</at>", "{{x}}", "*x*", "evil.com", "<b>", "🎉"])
async def test_what_is_answered_with_the_typed_word_in_it(stage: Stage, typed: str) -> None:
    ana = stage["Ana"]
    for words in (
        f"/{typed}",
        f"/help {typed}",
        f"/leaderboard {typed}",
        f"/leaderboard team {typed}",
        f"/kudos @{typed} hello",
        f"/kudos #{typed} x",
    ):
        await stage.slack.slash(ana, stage.slack_channel, "/plaudit", words)
        await stage.teams.say(ana, stage.channel, f"@[Plaudit] {words}")
        await stage.telegram.say(ana, stage.world.personal("telegram", ana), words)
    await stage.quiet(seconds=20)
    assert await stage.count("outbox", "state = 'parked'") == 0
    assert await stage.count("inbox", "state <> 'done'") == 0
    assert_nobody_is_called(stage, set())


async def test_names_of_chats_are_words_too(stage: Stage) -> None:
    group = stage.world.group("telegram", "<b>*Team* @here {{x}} evil.com</b>", stage.world.people)
    await stage.telegram.say(stage["Ana"], group, "/admin connect")
    await stage.quiet()
    [answer] = stage.telegram.posts(group)
    assert "<b>*Team* @here {{x}} evil.com</b> is connected" in DEFUSED.sub("", answer.text)
    assert_nobody_is_called(stage, set())


def assert_nobody_is_called(stage: Stage, expected: set[str]) -> None:
    """Nobody but these is mentioned in anything that was sent, and nothing is a link, a call or a command."""
    people = [stage[name] for name in expected]
    allowed = {identity for each in people for identity in (each.teams_id, each.slack_id, str(each.telegram_id))}
    messages = stage.wire.messages()
    assert messages
    for sent in messages:
        assert set(called(sent)) <= allowed, sent


def called(sent: Sent) -> Iterator[str]:
    if sent.platform == "teams":
        for attachment in sent.payload.get("attachments", []):
            for entity in attachment["content"].get("msteams", {}).get("entities", []):
                yield entity["mentioned"]["id"]
    if sent.platform == "slack":
        yield from _slack_calls(sent.payload)
    if sent.platform == "telegram":
        visible = telegram.parsed(sent.payload["text"])
        for entity in visible.get("entities", []):
            kind = entity["type"]
            if kind["@type"] == "textEntityTypeMentionName":
                yield str(kind["user_id"])
            if kind["@type"] == "textEntityTypeTextUrl":
                yield kind["url"].removeprefix("tg://user?id=")
        code = [
            (entity["offset"], entity["length"])
            for entity in visible.get("entities", [])
            if entity["type"]["@type"] in ("textEntityTypeCode", "textEntityTypePre")
        ]
        yield from (link for link in telegram.links(_without(visible["text"], code)))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """Inside of code Telegram makes no links."""
    units = text.encode("utf-16-le")
    for offset, length in sorted(spans, reverse=True):
        units = units[: 2 * offset] + " ".encode("utf-16-le") + units[2 * (offset + length) :]
    return units.decode("utf-16-le")


def _slack_calls(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _slack_calls(item)
    if not isinstance(node, dict):
        return
    if node.get("type") == "user":
        yield node["user_id"]
    if node.get("type") in ("broadcast", "usergroup", "link", "channel", "emoji"):
        yield f"{node['type']}!"
    if node.get("type") == "mrkdwn" or "blocks" in node:
        yield from re.findall(r"<[@!#]([^>]*)>", node.get("text") or "")
    for value in node.values():
        yield from _slack_calls(value)
