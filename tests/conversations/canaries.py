"""A whole conversation with its failures, in a process of its own, logging as the product does. Run by `test_logs`.

python -m tests.conversations.canaries DSN development|production
"""

import asyncio
import logging
import sys
from dataclasses import replace

from bots import logs
from bots.simulator import World, example_world
from core.database import Sessions, connect
from tests.conversations.stage import (
    APP_ID,
    APP_PASSWORD,
    SECRET_KEY,
    SIGNING_SECRET,
    SLACK_TOKEN,
    TELEGRAM_KEY,
    TELEGRAM_SECRET,
    Stage,
    open_stage,
)

NAME, EMAIL, WORDS, TAG = "Canaria Canarytown", "canary@canary.example", "canarymessage", "canarytag"
GROUP, TYPED = "Canarygroup", "canarytyped"
SECRETS = (APP_PASSWORD, SIGNING_SECRET, SLACK_TOKEN, TELEGRAM_KEY, TELEGRAM_SECRET, SECRET_KEY)
CANARIES = (*SECRETS, "Canary", "canary", "xoxb-", "Bearer ", "eyJ")
"""Every secret, name, email, message and tag of the conversation has one of the last words in it."""


def canary_world() -> World:
    world = example_world(app_id=APP_ID)
    for number in (1, 5):  # one who is a member, and one who is not
        world.people[number] = replace(world.people[number], name=f"{NAME} {number}", email=f"{number}{EMAIL}")
    return world


async def converse(stage: Stage) -> None:
    ana, luis, mei = (stage.world.people[number] for number in (0, 1, 5))
    for person in (luis, mei):
        await stage.slack.slash(ana, stage.slack_channel, "/kudos", f"@[{person.name}] {WORDS} #{TAG}")
    await stage.telegram.press_start(luis)
    for command in ("/points", f"/{TYPED}", f"/kudos @{TYPED} {WORDS}", f"/kudos {WORDS} +{TYPED}", "/leaderboard x"):
        await stage.teams.say(luis, stage.channel, f"@[Plaudit] {command}")
        await stage.telegram.say(luis, stage.group, command)
    group = stage.world.group("telegram", GROUP, stage.world.people)
    await stage.telegram.say(luis, group, f"/admin connect {TYPED}")
    await stage.quiet(seconds=30)


async def fail(stage: Stage) -> None:
    """Bugs, refused rows, foreign answers, broken bodies, forged requests."""
    ana, luis = stage.world.people[0], stage.world.people[1]
    await stage.alter("ALTER TABLE kudos ADD CONSTRAINT poison CHECK (message NOT LIKE '%poison%')")
    await stage.slack.slash(ana, stage.slack_channel, "/kudos", f"@[{luis.name}] poison {WORDS}")
    await stage.teams.say(ana, stage.channel, f"@[Plaudit] /kudos @[{luis.name}] poison {WORDS}")
    await stage.telegram.say(ana, stage.group, f"/kudos @[{luis.name}] poison {WORDS}")
    for simulator in stage.simulators:
        simulator.faults.fail(2, status=500)
        simulator.faults.drop(2)
        simulator.faults.fail(1, status=400)
    await stage.slack.slash(luis, stage.slack_channel, "/kudos", f"@[{ana.name}] once more {WORDS}")
    raw = stage.slack.deliveries[-1].raw
    await stage.slack.courier.deliver(replace(raw, body=raw.body + b"x"))
    for simulator in stage.simulators:
        await simulator.courier.deliver(replace(simulator.deliveries[-1].raw, body=f'{{"{WORDS}'.encode()))
        await simulator.courier.deliver(replace(simulator.deliveries[-1].raw, headers={}))
    await stage.sql("INSERT INTO outbox_scope (scope) VALUES ('slack:x') ON CONFLICT DO NOTHING")
    await stage.sql(
        "INSERT INTO outbox (workspace_id, dedup_key, scope, priority, kind, address, reference) VALUES (1, :key, 'slack:x',"
        " 0, 'unheard_of', CAST(:address AS jsonb), CAST(:reference AS jsonb))",
        key=WORDS,
        address=f'{{"platform": "slack", "tenant": "{WORDS}", "kind": "channel", "remote_id": "{WORDS}"}}',
        reference=f'{{"note": "{WORDS}"}}',
    )
    await asyncio.sleep(3)
    await stage.alter("DROP TABLE outbox CASCADE")
    await stage.slack.slash(ana, stage.slack_channel, "/kudos", f"@[{luis.name}] without a table {WORDS}")
    await asyncio.sleep(0.5)


async def main(dsn: str, mode: str) -> None:
    logs.configure(is_production=mode == "production")
    engine = connect(dsn)
    try:
        async with open_stage(Sessions(engine), world=canary_world()) as stage:
            await converse(stage)
            await fail(stage)
            logging.getLogger("aiohttp.server").error("a library's own", exc_info=ValueError(WORDS))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
