"""Forms: opened by a bare command, sent once, and given back with what is wrong."""

import asyncio
from collections.abc import Mapping

from bots.simulator import Message
from bots.simulator.teams.presses import Invoked
from tests.conversations.stage import Stage


async def open_in_teams(stage: Stage, name: str = "Ana") -> Message:
    """The kudos form in somebody's private chat."""
    person = stage[name]
    await stage.teams.install(person)
    await stage.teams.say(person, stage.world.personal("teams", person), "kudos")
    await stage.quiet()
    return stage.teams.posts(stage.world.personal("teams", person))[-1]


def filled(stage: Stage, *names: str, **values: str) -> Mapping[str, str]:
    people = ",".join(stage[name].aad_id for name in names)
    return {"people": people, "message": "for the demo #teamwork", **values}


async def test_a_bare_kudos_in_teams_is_a_form_whose_answer_is_the_receipt(stage: Stage) -> None:
    form = await open_in_teams(stage)
    assert "Who do you want to thank?" in form.text
    answer = await stage.teams.press(stage["Ana"], form, "Send", dict(filled(stage, "Luis", "Zoë", points="3")))
    assert answer.faults == ()
    await stage.quiet()
    assert "on its way" in str(answer.body)
    assert len(stage.posts("for the demo")) == 3
    assert await stage.count("kudos", "points_each = 3 AND message = 'for the demo'") == 1
    assert await stage.count("kudos_receiver") == 2
    assert await stage.count("kudos_tag") == 1


async def test_a_form_is_sent_once_however_often_and_fast_it_is_pressed(stage: Stage) -> None:
    form = await open_in_teams(stage)
    values = dict(filled(stage, "Luis"))
    await asyncio.gather(*(stage.teams.press(stage["Ana"], form, "Send", values) for _ in range(8)))
    await stage.quiet()
    assert await stage.count("kudos") == 1


async def test_each_opening_can_be_sent(stage: Stage) -> None:
    for _ in range(2):
        form = await open_in_teams(stage)
        await stage.teams.press(stage["Ana"], form, "Send", dict(filled(stage, "Luis")))
    await stage.quiet()
    assert await stage.count("kudos") == 2


async def test_a_refused_form_comes_back_as_it_was_and_can_be_sent_again(stage: Stage) -> None:
    form = await open_in_teams(stage)
    wrong = filled(stage, "Luis", points="1.5", privacy="private")
    answer = await stage.teams.press(stage["Ana"], form, "Send", dict(wrong))
    assert answer.faults == ()
    inputs = {
        each["id"]: each.get("value") for each in answer.body["value"]["body"] if each["type"].startswith("Input")
    }
    assert inputs["people"] == stage["Luis"].aad_id
    assert (inputs["message"], inputs["points"], inputs["privacy"]) == ("for the demo #teamwork", "1.5", "private")
    assert "1.5" in str(answer.body["value"]["body"][1])
    assert await stage.count("kudos") == 0
    shown = stage.teams.posts(stage.world.personal("teams", stage["Ana"]))[-1]
    await stage.teams.press(stage["Ana"], shown, "Send", dict(filled(stage, "Luis", points="+2", privacy="private")))
    await stage.quiet()
    assert await stage.count("kudos", "is_private AND points_each = 2") == 1
    assert not stage.posts("for the demo")


async def test_what_was_not_offered_is_refused(stage: Stage) -> None:
    """Case 15: the place, the points and the people are the server's to judge, whatever a changed form says."""
    form = await open_in_teams(stage)
    for changed in (
        {"place": "999999"},
        {"place": "1e3"},
        {"points": "-5"},
        {"points": "9223372036854775808"},
        {"points": "true"},
        {"people": stage["Ana"].aad_id},
        {"people": "00000000-0000-0000-0000-000000000000"},
        {"message": " "},
    ):
        values = dict(filled(stage, "Luis", **changed))
        answer = await send(stage, "Ana", form, values)
        assert answer.status == 200, changed
    assert await stage.count("kudos") == 0


async def test_a_form_is_its_openers_only(stage: Stage) -> None:
    form = await open_in_teams(stage)
    await stage.teams.install(stage["Luis"])
    answer = await send(stage, "Luis", form, filled(stage, "Zoë"))
    assert "for somebody else" in str(answer.body)
    assert await stage.count("kudos") == 0


async def send(stage: Stage, name: str, form: Message, values: Mapping[str, str]) -> Invoked:
    """Send the form from somebody's private chat, with values that the client itself might have held back."""
    content = form.payload["attachments"][0]["content"]
    [data] = [
        action["data"]
        for block in content["body"]
        if block["type"] == "ActionSet"
        for action in block["actions"]
        if action["title"] == "Send"
    ]
    value = {"action": {"type": "Action.Execute", "verb": "plaudit", "data": {**data, **values}}}
    place = stage.world.personal("teams", stage[name])
    return await stage.teams.invoke(stage[name], place, "adaptiveCard/action", value)
