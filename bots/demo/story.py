"""One afternoon at Quillmoor: what people do, step by step, and what each of the three chats shows of it."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text

from bots.demo.screen import Screen
from bots.demo.stage import Stage
from bots.simulator import Message, Person

CODE = re.compile(r"/admin connect (\S{20,})")
WAIT_SECONDS = 30.0


class Unexpected(Exception):
    """The bot did something else than the story says."""


@dataclass(frozen=True, slots=True)
class Step:
    """`what` is the heading, `why` what it shows of Plaudit."""

    what: str
    why: str
    play: Callable[["Story"], Awaitable[None]]


@dataclass(slots=True)
class Story:
    """Plays the steps; `card` and `activity` are the first kudos's, to which later steps come back."""

    stage: Stage
    screen: Screen
    card: Message | None = None
    activity: dict[str, object] = field(default_factory=dict)
    shown: int = 0

    async def tell(self, steps: Sequence[Step]) -> None:
        """Raises Unexpected, Unsettled or TimeoutError when the bot does not do as the story says."""
        for step in steps:
            self.screen.heading(step.what, step.why)
            await step.play(self)
            await self.show()

    async def show(self) -> None:
        """Wait until the dust has settled, then show what is new in the chats."""
        with self.screen.waiting("The bot is at work, no faster than the platforms allow"):
            await self.stage.settle()
        entries = self.stage.transcript.entries
        self.screen.entries(entries[self.shown :])
        self.shown = len(entries)

    async def skip(self) -> None:
        """Let what was just said be dealt with, and leave it out of what is shown."""
        await self.stage.settle()
        self.shown = len(self.stage.transcript.entries)

    def person(self, name: str) -> Person:
        return self.stage.world.person(name)

    async def connect(self) -> None:
        stage, ana = self.stage, self.person("Ana")
        await stage.teams.say(ana, stage.teams_channel, "@[Plaudit] /admin connect")
        await stage.slack.slash(ana, stage.slack_channel, "/admin", "connect")
        await self.show()

    async def connect_group(self) -> None:
        stage, ana = self.stage, self.person("Ana")
        chat = stage.world.personal("teams", ana)
        await stage.teams.install(ana)
        await stage.teams.say(ana, chat, "/admin connect")
        told = await stage.teams.wait_for_post(chat, "/admin connect ", WAIT_SECONDS)
        code = CODE.search(told.text)
        if code is None:
            raise Unexpected(f"no code in: {told.text}")
        await stage.telegram.say(ana, stage.telegram_group, f"/admin connect {code[1]}")

    async def give(self) -> None:
        stage = self.stage
        words = "@[Plaudit] /kudos @[Luis Ortega] @[Zoë Müller] for staying late until the release was out #dedicated #team_player +5"
        said = await stage.teams.say(self.person("Ana"), stage.teams_channel, words)
        self.activity = said.activity
        self.card = await stage.slack.wait_for_post(stage.slack_channel, "staying late", WAIT_SECONDS)

    async def second(self) -> None:
        assert self.card is not None
        await self.stage.slack.press(self.person("Tom"), self.card, "Second it")

    async def reply(self) -> None:
        stage = self.stage
        await stage.telegram.press_start(self.person("Luis"))
        await self.skip()
        said = await stage.telegram.say(self.person("Mei"), stage.telegram_group, "The Toronto rack is back up.")
        await stage.telegram.reply(
            self.person("Luis"), said.message, "/kudos for driving out twice in the rain #reliable +3"
        )

    async def whisper(self) -> None:
        stage = self.stage
        words = "private @[Tom Okafor] for telling me about it first, and kindly"
        await stage.slack.slash(self.person("Priya"), stage.slack_channel, "/kudos", words)

    async def refuse(self) -> None:
        stage, tom = self.stage, self.person("Tom")
        await stage.slack.slash(tom, stage.slack_channel, "/kudos", "@[Tom Okafor] for being me")
        await stage.slack.slash(tom, stage.slack_channel, "/kudos", "@priya for the handover")
        await stage.slack.slash(tom, stage.slack_channel, "/kudos", "@[Priya Nair] for the handover +25")
        everybody = "@[Ana García] @[Luis Ortega] @[Zoë Müller] @[Priya Nair] @[Mei Lin]"
        await stage.slack.slash(tom, stage.slack_channel, "/kudos", f"{everybody} for a great quarter +15")

    async def mistype(self) -> None:
        stage, tom = self.stage, self.person("Tom")
        await stage.teams.install(tom)
        await self.skip()
        await stage.teams.say(tom, stage.world.personal("teams", tom), "/kudso @[Priya Nair] for the handover")

    async def look_up(self) -> None:
        stage, zoe = self.stage, self.person("Zoë")
        await stage.slack.slash(zoe, stage.slack_channel, "/points")

    async def compare(self) -> None:
        stage, zoe = self.stage, self.person("Zoë")
        await stage.slack.slash(zoe, stage.slack_channel, "/leaderboard")
        await self.show()
        board = stage.slack.posts(stage.slack_channel, visible_to=zoe)[-1]
        self.screen.note("Zoë presses [ All time ].")
        await stage.slack.press(zoe, board, "All time")

    async def repeat(self) -> None:
        before = await self.counted()
        delivery = await self.stage.teams.redeliver(self.activity)
        await self.stage.settle()
        after = await self.counted()
        if before != after:
            raise Unexpected("a repeated delivery had an effect")
        kudos, transfers = after
        self.screen.note(
            f"Teams delivers Ana's message of step 3 once more. The bot answers {delivery.status}; before and after there are"
            f" {kudos:,} kudos and {transfers:,} transfers, and no chat shows anything new."
        )

    async def counted(self) -> tuple[int, int]:
        async with self.stage.sessions.begin(role="ops") as (session, _):
            counts = await session.execute(text("SELECT (SELECT count(*) FROM kudos), (SELECT count(*) FROM transfer)"))
        kudos, transfers = counts.one()
        return kudos, transfers

    async def speak_spanish(self) -> None:
        stage, lucia = self.stage, self.person("Lucía")
        await stage.telegram.press_start(lucia)
        await self.stage.settle()
        await stage.telegram.say(lucia, stage.world.personal("telegram", lucia), "/puntos")
        await self.stage.settle()
        await stage.telegram.say(
            lucia, stage.world.personal("telegram", lucia), "/gracias @[Lucía] por cerrar el trimestre"
        )

    async def undo(self) -> None:
        stage = self.stage
        await stage.teams.say(self.person("Ana"), stage.teams_channel, "@[Plaudit] /kudos undo")


STEPS = (
    Step(
        "Ana connects a Teams channel and a Slack channel",
        "One line per chat. Ana is an admin, and she is the same person in both: accounts belong to members.",
        Story.connect,
    ),
    Step(
        "A Telegram group joins with a code",
        "Telegram has no tenant that would say whose group it is, so an admin proves it with a code that works once.",
        Story.connect_group,
    ),
    Step(
        "Ana thanks two colleagues in Teams",
        "People, reason, tags and points in one line. The card appears in all three chats; Ana alone sees what is left of her allowance.",
        Story.give,
    ),
    Step(
        "Tom agrees, in Slack",
        "A button on the card, no points. The same card changes everywhere, no chat gets another message.",
        Story.second,
    ),
    Step(
        "Luis thanks Mei in Telegram by answering her message",
        "Nobody has to be named: who wrote the message is thanked. Plaudit reads only commands, not what people talk about.",
        Story.reply,
    ),
    Step(
        "Priya thanks Tom in private",
        "No channel shows it. Tom is told where he can be reached.",
        Story.whisper,
    ),
    Step(
        "What is not possible says why, and what to do",
        "Oneself, a name that was typed by hand, the limit per person, the allowance. Nobody but Tom sees it, nothing is stored.",
        Story.refuse,
    ),
    Step(
        "A slip of the finger",
        "An unknown verb is answered with the nearest one.",
        Story.mistype,
    ),
    Step(
        "Zoë looks at her points",
        "What she has earned, and what she may still give.",
        Story.look_up,
    ),
    Step(
        "Zoë looks at the leaderboard",
        "The first ten, and herself among her neighbours. Buttons turn the page in place.",
        Story.compare,
    ),
    Step(
        "Teams repeats itself",
        "Platforms deliver again what they think got lost. One delivery is one effect, however often it comes.",
        Story.repeat,
    ),
    Step(
        "Lucía is answered in Spanish",
        "Each member in their language; the commands have Spanish names, too.",
        Story.speak_spanish,
    ),
    Step(
        "Ana takes her kudos back",
        "Within ten minutes. The points return by a second transfer, since history is never rewritten, and the cards say so.",
        Story.undo,
    ),
)
