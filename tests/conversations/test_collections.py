"""/badges where people are: pages, secrets, and what is shown first."""

import asyncio

from bots.simulator import Message
from core.badges import showcase
from core.people import queries as people
from tests.conversations.stage import Stage
from tests.conversations.test_badges import slash, stocked


async def collected(stage: Stage, *names: str, receiver: str = "Luis", **fields: object) -> None:
    for name in names:
        await stocked(stage, reward=name, **fields)
        await slash(stage, f'@[{receiver}] "{name}" well done')


def shown(stage: Stage, name: str) -> Message:
    return stage.slack.posts(stage.slack_channel, visible_to=stage[name])[-1]


async def press(stage: Stage, name: str, message: Message, title: str) -> None:
    await stage.slack.press(stage[name], message, title)
    await stage.quiet()


async def own(stage: Stage, name: str = "Luis") -> Message:
    await slash(stage, "", giver=name, verb="/badges")
    return shown(stage, name)


async def test_a_collection_has_rarity_times_and_how_many_hold_it(stage: Stage) -> None:
    await collected(stage, "Above and beyond", rarity="epic", emoji="🏆")
    await slash(stage, '@[Luis] "Above and beyond" again', giver="Tom")
    await slash(stage, '@[Zoë] "Above and beyond" too', giver="Tom")
    told = (await own(stage)).text
    assert "🏆 Above and beyond · Epic · 2 times, " in told
    assert "held by 2 of 5" in told
    await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] badges @[Zoë]")
    await stage.quiet()
    [answer] = [message for message in stage.teams.posts(stage.channel) if "Badges of Zoë" in message.text]
    assert "Above and beyond" in answer.text
    assert answer.buttons == ()


async def test_an_empty_collection_says_what_to_do(stage: Stage) -> None:
    assert "None yet." in (await own(stage)).text
    assert "None yet. Give the first" in await slash(stage, "@[Tom]", verb="/badges")


async def test_pages_are_turned_in_place(stage: Stage) -> None:
    await collected(stage, *(f"Badge {number:02}" for number in range(1, 9)))
    first = await own(stage)
    assert "8 badges" in first.text
    assert "Badge 08" in first.text
    assert "Badge 02" not in first.text
    assert first.buttons[-1] == "Older ▶"
    before = len(stage.slack.messages)
    await press(stage, "Luis", first, "Older ▶")
    assert "Badge 02" in first.text
    assert "Badge 08" not in first.text
    assert first.buttons[-1] == "◀ Newer"
    await stage.sql(
        "UPDATE award SET revoked_at = now(), revoke_reason = 'x' WHERE id > (SELECT id FROM award ORDER BY id LIMIT 1 OFFSET 2)"
    )
    await press(stage, "Luis", first, "◀ Newer")
    assert "3 badges" in first.text
    assert len(stage.slack.messages) == before


async def test_three_are_shown_first(stage: Stage) -> None:
    await collected(stage, "A", "B", "C", "D")
    mine = await own(stage)
    for name in "ABC":
        await press(stage, "Luis", mine, f"☆ {name}")
    assert [label for label in mine.buttons if label.startswith("★")] == ["★ A", "★ B", "★ C"]
    await press(stage, "Luis", mine, "☆ D")
    assert "You show 3 badges first already" in shown(stage, "Luis").text
    await press(stage, "Luis", mine, "★ B")
    await press(stage, "Luis", mine, "☆ D")
    assert [tuple(row) for row in await stage.sql("SELECT badge.name FROM award_showcase JOIN badge ON badge.id = badge_id ORDER BY place")] == [
        ("A",), ("D",), ("C",),
    ]  # fmt: skip
    others = await slash(stage, "@[Luis]", giver="Tom", verb="/badges")
    assert others.index("★ ") < others.index('"A"') < others.index('"D"') < others.index('"C"') < others.index('"B"')


async def test_a_press_that_comes_twice_does_the_same_once(stage: Stage) -> None:
    """Cases 3 and 5: the button says what it makes of the badge, so a repeat changes nothing."""
    await collected(stage, "A")
    mine = await own(stage)
    pressed = await stage.slack.press(stage["Luis"], mine, "☆ A")
    await stage.slack.courier.deliver_copies(pressed.raw, 3)
    await stage.quiet()
    assert await stage.count("award_showcase") == 1


async def test_case_16_nobody_chooses_for_another(stage: Stage) -> None:
    await collected(stage, "A")
    mine = await own(stage)
    await press(stage, "Tom", mine, "☆ A")
    assert await stage.count("award_showcase") == 0


async def test_places_are_the_limit_at_once(stage: Stage) -> None:
    names = [f"Badge {number}" for number in range(6)]
    await collected(stage, *names)
    ids = [row[0] for row in await stage.sql("SELECT id FROM badge ORDER BY id")]

    async def choose(badge_id: int) -> None:
        async with stage.sessions.begin(stage.workspace_id) as (session, _):
            workspace = await people.workspace(session, stage.workspace_id)
            member = (await people.people(session, [stage.member("Luis")], workspace_id=workspace.id))[
                stage.member("Luis")
            ]
            await showcase.show(session, workspace=workspace, member=member, badge_id=badge_id)

    await asyncio.gather(*(choose(badge_id) for badge_id in ids * 4), return_exceptions=True)
    assert await stage.count("award_showcase") <= 3
    for badge_id in ids:
        await asyncio.gather(choose(badge_id), return_exceptions=True)
    assert await stage.count("award_showcase") == 3


async def test_the_place_of_a_revoked_badge_is_free(stage: Stage) -> None:
    await collected(stage, "A", "B", "C", "D")
    mine = await own(stage)
    for name in "ABC":
        await press(stage, "Luis", mine, f"☆ {name}")
    await slash(stage, 'revoke @[Luis] "A" by mistake')
    await press(stage, "Luis", mine, "☆ D")
    assert [label for label in mine.buttons if label.startswith("★")] == ["★ D", "★ B", "★ C"]
    old = await stage.slack.press(stage["Luis"], mine, "★ D")
    assert old.is_accepted


async def test_secret_badges_stay_so_until_the_reader_has_earned_them(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Tom"])
    await collected(stage, "Hush", is_secret=True)
    private = stage.world.personal("telegram", stage["Tom"])

    async def read(name: str = "Luis") -> str:
        await stage.telegram.say(stage["Tom"], private, f"/badges @[{name}]")
        await stage.quiet()
        return stage.telegram.posts(private)[-1].text

    assert "Hush" in (await own(stage)).text
    told = await read()
    assert "a secret badge" in told
    assert "Hush" not in told
    await slash(stage, '@[Tom] "Hush" you too')
    assert "Hush" in await read()
    await stage.telegram.say(stage["Tom"], stage.group, "/badges @[Luis]")
    await stage.quiet()
    in_public = [message.text for message in stage.telegram.posts(stage.group) if "Badges of" in message.text]
    assert "a secret badge" in in_public[0]
    assert "Hush" not in in_public[0]
    assert "I find no such badge" in await slash(stage, 'story @[Luis] "Hush"', giver="Zoë")
    assert "Hush" in await slash(stage, 'story @[Luis] "Hush"', giver="Tom")


async def test_who_left_is_a_former_member(stage: Stage) -> None:
    await collected(stage, "A")
    await stage.sql("UPDATE member SET status = 'left' WHERE id = :id", id=stage.member("Luis"))
    told = await slash(stage, "@[Luis]", verb="/badges")
    assert "Badges of former member" in told
    assert "Luis" not in told


async def test_a_typed_name_identifies_nobody(stage: Stage) -> None:
    """Case 37."""
    assert "I cannot tell who" in await slash(stage, "@luis", verb="/badges")
