"""/journey where people are: set out, see how far, be ticked, be refused."""

import pytest

from bots.simulator.world import PlatformName
from core.people import queries as people
from tests.conversations.stage import Simulator, Stage
from tests.conversations.test_badges import slash
from tests.core.journeys.road import make_journey

STEPS = ["First day", "Read <b>the</b> *handbook*", "Meet your mentor"]


async def stocked(stage: Stage, **fields: object) -> int:
    async with stage.sessions.begin(stage.workspace_id) as (session, _):
        workspace = await people.workspace(session, stage.workspace_id)
        return (await make_journey(session, workspace, **{"reward": "Onboarding", "workflow": STEPS, **fields})).id


async def guide(stage: Stage, name: str = "Ana") -> None:
    await stage.sql("UPDATE member SET roles = '{member,coordinator}' WHERE id = :m", m=stage.member(name))


async def journey(stage: Stage, words: str, giver: str = "Ana") -> str:
    return await slash(stage, words, giver=giver, verb="/journey")


async def test_a_journey_in_slack_from_the_start_to_the_badge(stage: Stage) -> None:
    await stocked(stage)
    await guide(stage)
    offered = await journey(stage, "", "Luis")
    assert "You are on no journey yet." in offered
    assert "Set out: Onboarding" in offered
    assert "You set out on" in await journey(stage, 'enroll "onboarding"', "Luis")
    assert "0 of 3" in await journey(stage, "", "Luis")
    assert "is on the journey" in await journey(stage, 'enroll "Onboarding"', "Luis")
    told = await journey(stage, 'tick "First day" @[Luis]')
    assert "is done for" in told
    shown = await journey(stage, '"Onboarding"', "Luis")
    assert "1 of 3" in shown
    assert "Next: Read" in shown
    assert "ticked by" in shown
    early = await journey(stage, 'tick "Meet your mentor" @[Luis]')
    assert "have an order" in early
    await journey(stage, 'tick "Read <b>the</b> *handbook*" @[Luis]')
    assert "1 journey is completed by it." in await journey(stage, 'tick "meet your mentor" @[Luis] Onboarding')
    assert await stage.earned("Luis") == 20
    assert len(stage.posts("Onboarding")) == 3
    assert "Completed on" in await journey(stage, "", "Luis")
    [private] = await stage.sql("SELECT dedup_key FROM post WHERE dedup_key LIKE 'journey:%'")
    assert private.dedup_key.endswith(f":to:{stage.member('Luis')}")


async def test_a_coordinator_enrols_others_and_looks_after_them(stage: Stage) -> None:
    await stocked(stage)
    await guide(stage)
    assert "set out on" in await journey(stage, 'enroll "Onboarding" @[Luis] @[Tom]')
    assert await stage.count("journey", "origin = 'hand' AND enrolled_by = :m", m=stage.member("Ana")) == 2
    assert await stage.count("outbox", "kind = 'journey_notice' AND state = 'sent'") == 2
    assert "Luis" in await journey(stage, '@[Luis] "Onboarding"')


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ('"Onbording"', "No journey is called"),
        ('enroll "Onboarding" @[Tom]', "Only coordinators and admins"),
        ('tick "First day" @[Tom]', "Only coordinators and admins"),
        ('@[Tom] "Onboarding"', "Only coordinators and admins"),
        ("tick", "Which step, and whose?"),
        ('tick "First day"', "Which step, and whose?"),
    ],
)
async def test_refusals(stage: Stage, words: str, told: str) -> None:
    await stocked(stage)
    assert told in await journey(stage, words, "Luis")
    assert await stage.count("journey") == 0


async def test_refusals_of_coordinators(stage: Stage) -> None:
    await guide(stage)
    assert "There is no journey here yet." in await journey(stage, '"Onboarding"')
    await stocked(stage)
    assert "is on no journey with a step" in await journey(stage, 'tick "First day" @[Luis]')
    assert "is not on the journey" in await journey(stage, 'tick "First day" @[Luis] Onboarding')
    assert "has no step" in await journey(stage, 'tick "Last day" @[Luis] Onboarding')
    await journey(stage, 'enroll "Onboarding" @[Luis]')
    await stocked(stage, reward="Ramp-up")
    await journey(stage, 'enroll "Ramp-up" @[Luis]')
    assert "Several journeys may be meant" in await journey(stage, 'tick "First day" @[Luis]')
    assert "Nobody ticks a step of their own." in await journey(stage, 'tick "First day" @[Ana] Onboarding')


async def test_a_secret_journey_is_not_known_to_those_who_are_not_on_it(stage: Stage) -> None:
    await stocked(stage, reward="Hidden", is_secret=True)
    await stocked(stage)
    told = await journey(stage, '"Hidden"', "Luis")
    assert "No journey is called" in told
    assert "Hidden" not in told.replace("called *Hidden*", "").replace("called Hidden", "").split("There are")[-1]
    assert "Hidden" not in await journey(stage, "", "Luis")


@pytest.mark.parametrize(("name", "platform"), [("Luis", "teams"), ("Tom", "telegram"), ("Zoë", "slack")])
async def test_it_is_begun_by_a_button_in_each_chat(stage: Stage, name: str, platform: PlatformName) -> None:
    await stocked(stage)
    simulators: dict[str, Simulator] = {"teams": stage.teams, "telegram": stage.telegram, "slack": stage.slack}
    simulator = simulators[platform]
    chat = stage.world.personal(platform, stage[name])
    if platform == "teams":
        await stage.teams.install(stage[name])
    if platform == "telegram":
        await stage.telegram.press_start(stage[name])
    await simulator.say(stage[name], chat, "journey")
    await stage.quiet()
    message = simulator.posts(chat)[-1]
    assert "You are on no journey yet." in message.text
    answer = await simulator.press(stage[name], message, "Set out: Onboarding")
    await stage.quiet()
    assert await stage.count("journey", "member_id = :m AND origin = 'self'", m=stage.member(name)) == 1
    shown = simulator.posts(chat)[-1].text + str(getattr(answer, "body", ""))  # Teams is answered in the response
    assert "You set out on" in shown
    assert "0 of 3" in shown
