"""The adapter and a simulated Slack talk to each other over HTTP; both sides check signatures, tokens and blocks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bots.chat import (
    Account,
    Answer,
    Arrived,
    Audience,
    Gone,
    Incoming,
    Manner,
    Place,
    PlaceKind,
    Pressed,
    Said,
    Target,
)
from bots.sending import Ambiguous, RetryAfter
from bots.simulator import SlackSimulator, World, example_world
from bots.slack.platform import SlackPlatform
from bots.slack.webhook import PATH, routes
from cards.model import Action, Button, Buttons, Card, Paragraph, Text
from cards.render import Context, Rendered
from tests.slack.slack_side import SECRET, FakeDesk

SECOND = Action("second", 7)
CARD = Card("Ana thanked Luis", (Paragraph((Text("Well done <!channel>"),)), Buttons((Button("Second it", SECOND),))))


@dataclass
class Stage:
    sim: SlackSimulator
    platform: SlackPlatform
    desk: FakeDesk

    @property
    def world(self) -> World:
        return self.sim.world

    def rendered(self) -> Rendered:
        return self.platform.render(CARD, Context(tokens={SECOND: "tok_1"}))

    def parsed(self) -> list[Incoming]:
        """What the worker reads from the stored bodies."""
        return [incoming for stored in self.desk.stored.values() for incoming in self.platform.parse(stored.body)]


@pytest.fixture
async def stage(unused_tcp_port: int) -> AsyncIterator[Stage]:
    desk, app = FakeDesk(), web.Application()
    bot_url = f"http://127.0.0.1:{unused_tcp_port}{PATH}"
    async with SlackSimulator(example_world(), bot_url=bot_url, signing_secret=SECRET, retry_delays=(0, 0)) as sim:
        platform = SlackPlatform(
            signing_secret=SECRET,
            bot_token="xoxb-simulated-bot-token",
            api_url=sim.api_url,
            clock=sim.workspace.now,
        )
        app.add_routes(routes(platform, desk))
        async with TestServer(app, port=unused_tcp_port):
            yield Stage(sim, platform, desk)
        await platform.close()


async def test_mention_in_a_channel_and_the_answer_there(stage: Stage) -> None:
    ana, luis = stage.world.person("Ana"), stage.world.person("Luis")
    general = stage.world.channel("slack", "general", [ana, luis])
    delivery = await stage.sim.say(ana, general, "@[Plaudit] kudos @[Luis] for <b>it</b> & all")
    assert delivery
    assert delivery.is_accepted
    [incoming] = stage.parsed()
    assert incoming.sender == Account(ana.slack_id)
    assert isinstance(incoming.act, Said)
    assert incoming.act.parts == ("kudos ", Account(luis.slack_id), " for <b>it</b> & all")
    sent = await stage.platform.send(Target(incoming.place), stage.rendered(), CARD.summary)
    post = await stage.sim.wait_for_post(general, "Well done")
    assert sent.message_id == post.id
    assert post.buttons == ("Second it",)


async def test_press_and_the_message_rewritten(stage: Stage) -> None:
    ana, luis = stage.world.person("Ana"), stage.world.person("Luis")
    general = stage.world.channel("slack", "general", [ana, luis])
    await stage.sim.say(ana, general, "@[Plaudit] kudos @[Luis]")
    [asked] = stage.parsed()
    await stage.platform.send(Target(asked.place), stage.rendered(), CARD.summary)
    post = await stage.sim.wait_for_post(general, "Well done")
    for _ in range(2):
        assert (await stage.sim.press(luis, post, "Second it")).status == 200
    presses = list(stage.desk.answered.values())
    assert len(presses) == 2  # two acts of a person; the token's guard makes one effect of them
    act = presses[0].act
    assert isinstance(act, Pressed)
    assert (act.token, act.message_id) == ("tok_1", post.id)
    closed = Rendered({"text": "closed", "blocks": []})
    edit = Target(presses[0].place, message_id=post.id, interaction=act.interaction, manner=Manner.EDIT)
    await stage.platform.send(edit, closed, "closed")
    assert (await stage.sim.wait_for_edit(post, "closed")).buttons == ()


async def test_command_is_answered_at_once_and_privately(stage: Stage) -> None:
    ana, luis = stage.world.person("Ana"), stage.world.person("Luis")
    general = stage.world.channel("slack", "general", [ana, luis])
    stage.desk.answer_next = Answer(stage.rendered(), CARD.summary, Audience.PRIVATE, Manner.POST)
    delivery = await stage.sim.slash(ana, general, "/kudos", "@[Luis] thanks")
    assert delivery.status == 200
    assert (await stage.sim.wait_for_private(general, ana, "Well done")).visible_to == (ana.name,)
    [seen] = [post for post in stage.sim.posts(general, visible_to=ana) if "Well done" in post.text]
    [incoming] = stage.desk.answered.values()
    assert (await stage.sim.press(ana, seen, "Second it")).status == 200
    *_, press = stage.desk.answered.values()
    assert isinstance(press.act, Pressed)
    edit = Target(press.place, message_id=press.act.message_id, interaction=press.act.interaction, manner=Manner.EDIT)
    await stage.platform.send(edit, Rendered({"text": "taken back"}), "taken back")
    await stage.sim.wait_for_edit(seen, "taken back")
    late = Target(incoming.place, person=ana.slack_id, response_url=incoming.response_url, private=True)
    await stage.platform.send(late, Rendered({"text": "later"}), "later")
    assert (await stage.sim.wait_for_private(general, ana, "later")).visible_to == (ana.name,)


async def test_where_the_bot_is_no_member_the_asker_still_hears(stage: Stage) -> None:
    ana = stage.world.person("Ana")
    closed = stage.world.channel("slack", "closed", [ana], has_bot=False)
    await stage.sim.slash(ana, closed, "/points")
    [incoming] = stage.desk.answered.values()
    target = Target(incoming.place, person=ana.slack_id, response_url=incoming.response_url, private=True)
    await stage.platform.send(target, Rendered({"text": "10 points"}), "10 points")
    await stage.sim.wait_for_private(closed, ana, "10 points")


async def test_direct_message(stage: Stage) -> None:
    ana = stage.world.person("Ana")
    chat = stage.world.personal("slack", ana)
    await stage.sim.say(ana, chat, "points")
    [incoming] = stage.parsed()
    assert (incoming.place.kind, incoming.place.remote_id) == (PlaceKind.PERSONAL, chat.id)
    unopened = Target(replace(incoming.place, remote_id=""), person=ana.slack_id)
    sent = await stage.platform.send(unopened, Rendered({"text": "10 points"}), "10 points")
    assert sent.place == incoming.place
    assert (await stage.sim.wait_for_post(chat, "10 points")).id == sent.message_id


async def test_repeated_event_is_stored_once(stage: Stage) -> None:
    ana = stage.world.person("Ana")
    await stage.sim.say(ana, stage.world.personal("slack", ana), "points")
    [stored] = stage.desk.stored.values()
    for _ in range(3):
        assert (await stage.sim.redeliver({**stored.body, "token": "x"})).status == 200
    assert len(stage.desk.stored) == 1


async def test_slack_repeats_what_was_not_kept(stage: Stage) -> None:
    ana = stage.world.person("Ana")
    stage.desk.failure = RuntimeError("the database is away")
    delivery = await stage.sim.say(ana, stage.world.personal("slack", ana), "points")
    assert delivery
    assert delivery.status == 500
    assert len(stage.sim.deliveries) == 3


async def test_people(stage: Stage) -> None:
    ana = stage.world.person("Ana")
    await stage.sim.say(ana, stage.world.personal("slack", ana), "points")
    [incoming] = stage.parsed()
    profile = await stage.platform.profile(incoming.sender, incoming.place)
    assert profile
    assert (profile.name, profile.email, profile.foreign) == (ana.name, ana.email, "")
    for name, foreign in (("Gus", "guest"), ("Other Bot", "bot")):
        other = await stage.platform.profile(Account(stage.world.person(name).slack_id), incoming.place)
        assert other
        assert other.foreign == foreign
    assert await stage.platform.profile(Account("U0NOBODY1"), incoming.place) is None


async def test_handshake_and_leaving(stage: Stage) -> None:
    assert (await stage.sim.verify_url()).status == 200
    ana = stage.world.person("Ana")
    general = stage.world.channel("slack", "general", [ana])
    await stage.sim.join(stage.world.bot, general)
    await stage.sim.uninstall()
    assert [type(incoming.act) for incoming in stage.parsed()] == [Arrived, Gone]


async def test_throttled(stage: Stage) -> None:
    general = stage.world.channel("slack", "general", [stage.world.person("Ana")])
    place = Place("slack", stage.sim.workspace.world.slack_team_id, general.id, PlaceKind.CHANNEL)
    stage.sim.faults.throttle(retry_after=7)
    with pytest.raises(RetryAfter) as caught:
        await stage.platform.send(Target(place), stage.rendered(), CARD.summary)
    assert caught.value.seconds == 7
    assert stage.sim.faults.pending == 0
    assert len(stage.sim.calls) == 1


async def test_an_answer_that_is_lost_is_ambiguous(stage: Stage) -> None:
    general = stage.world.channel("slack", "general", [stage.world.person("Ana")])
    place = Place("slack", stage.sim.workspace.world.slack_team_id, general.id, PlaceKind.CHANNEL)
    stage.sim.faults.drop()
    with pytest.raises(Ambiguous):
        await stage.platform.send(Target(place), stage.rendered(), CARD.summary)
    assert len(stage.sim.posts(general)) == 1  # it had arrived, and was not posted again
