"""/kudos where people are."""

import json
from dataclasses import replace

import pytest

from bots.simulator import Message
from tests.conversations.stage import Stage

CARD_TEXT = "for staying late"


async def thank_in_teams(stage: Stage, giver: str = "Ana", words: str = "@[Luis] for staying late") -> None:
    said = await stage.teams.say(stage[giver], stage.channel, f"@[Plaudit] /kudos {words}")
    assert said.delivery is not None
    assert said.delivery.is_accepted
    await stage.quiet()


def card(stage: Stage, platform: str, containing: str = CARD_TEXT) -> Message:
    [found] = [message for message in stage.posts(containing) if message.conversation.platform == platform]
    return found


def wording(message: Message) -> str:
    return json.dumps(message.payload, ensure_ascii=False)


async def test_a_kudos_in_a_teams_channel_stands_in_all_three_chats_with_native_mentions(stage: Stage) -> None:
    await thank_in_teams(stage)
    assert len(stage.posts()) == 3
    luis = stage["Luis"]
    teams = card(stage, "teams").payload["attachments"][0]["content"]
    assert {entity["mentioned"]["id"] for entity in teams["msteams"]["entities"]} == {
        stage["Ana"].teams_id,
        luis.teams_id,
    }
    assert f'"user_id": "{luis.slack_id}"' in wording(card(stage, "slack"))
    links = [each.get("url", "") for each in card(stage, "telegram").payload["entities"]]
    assert f"tg://user?id={luis.telegram_id}" in links


async def test_the_receipt_in_teams_goes_to_the_private_chat_of_whoever_has_one(stage: Stage) -> None:
    ana = stage["Ana"]
    await stage.teams.install(ana)
    await thank_in_teams(stage)
    private = stage.teams.posts(stage.world.personal("teams", ana))
    assert [message.buttons for message in private if "on its way" in message.text] == [("Undo",)]
    assert "on its way" not in " ".join(message.text for message in stage.posts())


async def test_without_a_private_chat_in_teams_the_card_itself_is_the_answer(stage: Stage) -> None:
    await thank_in_teams(stage)
    assert len(stage.posts()) == 3
    assert await stage.count("outbox", "state = 'parked'") == 0


async def test_a_private_answer_without_a_private_chat_says_so_in_the_thread_and_tells_no_figures(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /points")
    await stage.quiet()
    [answer] = stage.teams.posts(stage.channel)
    assert answer.thread == said.message.id
    assert "for you alone" in answer.text
    assert not any(character.isdigit() for character in answer.text)


async def test_a_private_kudos_without_a_private_chat_is_given_and_answered(stage: Stage) -> None:
    await thank_in_teams(stage, words="private @[Luis] for listening")
    assert "for you alone" in " ".join(message.text for message in stage.teams.posts(stage.channel))
    assert await stage.count("kudos", "is_private") == 1
    assert not stage.posts("for listening")


@pytest.mark.parametrize("kind", ["personal", "group"])
async def test_a_kudos_from_other_teams_chats(stage: Stage, kind: str) -> None:
    ana = stage["Ana"]
    if kind == "personal":
        await stage.teams.install(ana)
    place = (
        stage.world.personal("teams", ana)
        if kind == "personal"
        else stage.world.group("teams", "Lunch", stage.world.people)
    )
    before = "" if kind == "personal" else "@[Plaudit] "
    await stage.teams.say(ana, place, f"{before}kudos @[Luis] {CARD_TEXT}")
    await stage.quiet()
    assert len(stage.posts(CARD_TEXT)) == 3
    cards = [message for message in stage.teams.posts(place) if "thanked" in message.text]
    assert len(cards) == (0 if kind == "personal" else 1)


async def test_a_slash_command_is_answered_in_its_body_for_the_giver_alone(stage: Stage) -> None:
    delivery = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", f"@[Luis] @[Tom] {CARD_TEXT} +5")
    assert delivery.json()["response_type"] == "ephemeral"
    await stage.quiet()
    [receipt] = stage.slack.posts(stage.slack_channel, visible_to=stage["Ana"])
    assert "40 of 50" in receipt.text
    assert len(stage.posts(CARD_TEXT)) == 3
    assert await stage.earned("Luis") == await stage.earned("Tom") == 5


async def test_kudos_from_a_slack_message_and_mention(stage: Stage) -> None:
    ana = stage["Ana"]
    await stage.slack.say(ana, stage.world.personal("slack", ana), f"/kudos @[Luis] {CARD_TEXT}")
    await stage.slack.say(ana, stage.slack_channel, "@[Plaudit] kudos @[Tom] for the demo")
    await stage.quiet()
    assert (len(stage.posts(CARD_TEXT)), len(stage.posts("for the demo"))) == (3, 3)
    [whispered] = stage.slack.posts(stage.slack_channel, visible_to=ana)
    assert "on its way" in whispered.text


async def test_telegram_groups_replies_and_private_chats(stage: Stage) -> None:
    ana = stage["Ana"]
    await stage.telegram.say(ana, stage.group, f"/kudos@plaudit_bot @[Luis] {CARD_TEXT}")
    spoken = await stage.telegram.say(stage["Tom"], stage.group, "I fixed the build")
    await stage.telegram.reply(ana, spoken.message, "/kudos for the build")
    await stage.telegram.press_start(ana)
    await stage.telegram.say(ana, stage.world.personal("telegram", ana), "/kudos @[Zoë] for the cake")
    await stage.quiet()
    for words, receiver in ((CARD_TEXT, "Luis"), ("for the build", "Tom"), ("for the cake", "Zoë")):
        assert len(stage.posts(words)) == 3
        assert stage[receiver].name in card(stage, "telegram", words).text


async def test_in_a_telegram_group_no_receipt_is_said_aloud_to_whoever_never_pressed_start(stage: Stage) -> None:
    await stage.telegram.say(stage["Ana"], stage.group, f"/kudos @[Luis] {CARD_TEXT}")
    await stage.quiet()
    assert len(stage.telegram.posts(stage.group)) == 1
    assert await stage.count("outbox", "state = 'parked'") == 0


async def test_several_receivers_tags_and_points(stage: Stage) -> None:
    await thank_in_teams(stage, words="@[Luis] and @[Zoë], great demo #teamwork #helpful +5")
    text = card(stage, "slack", "great demo").text
    assert "#teamwork" in text
    assert "#helpful" in text
    assert "+5 points each" in text
    assert await stage.earned("Luis") == await stage.earned("Zoë") == 5
    assert await stage.allowance_left("Ana") == 40


async def test_a_private_kudos_reaches_its_people_only(stage: Stage) -> None:
    delivery = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "private @[Luis] for listening +3")
    await stage.quiet()
    assert "Nobody else will see it" in json.dumps(delivery.json())
    assert stage.posts() == []
    seen = [entry for entry in stage.transcript.entries if "for listening" in entry.text and entry.kind == "posted"]
    assert {entry.conversation for entry in seen} <= {f"Luis and {stage.world.bot.name}"}
    assert len(seen) == 1
    assert await stage.earned("Luis") == 3


async def test_second_it_in_another_chat_changes_every_card_and_posts_none(stage: Stage) -> None:
    await thank_in_teams(stage)
    before = len(stage.posts())
    await stage.slack.press(stage["Tom"], card(stage, "slack"), "Second it")
    await stage.quiet()
    await stage.telegram.press(stage["Zoë"], card(stage, "telegram"), "Second it · 1")
    await stage.quiet()
    invoked = await stage.teams.press(stage["Priya"], card(stage, "teams"), "Second it · 2")
    await stage.quiet()
    assert invoked.faults == ()
    assert [message.buttons for message in stage.posts()] == [("Second it · 3",)] * 3
    assert len(stage.posts()) == before == 3
    assert await stage.count("kudos_second") == 3


async def test_seconding_ones_own_kudos_is_refused_in_passing(stage: Stage) -> None:
    await thank_in_teams(stage)
    invoked = await stage.teams.press(stage["Luis"], card(stage, "teams"), "Second it")
    assert "gave or received this kudos yourself" in invoked.body["value"]
    assert await stage.count("kudos_second") == 0


@pytest.mark.parametrize("platform", ["teams", "slack", "telegram"])
async def test_undo_by_command(stage: Stage, platform: str) -> None:
    ana = stage["Ana"]
    await thank_in_teams(stage)
    if platform == "teams":
        await stage.teams.say(ana, stage.channel, "@[Plaudit] /kudos undo")
    if platform == "slack":
        await stage.slack.slash(ana, stage.slack_channel, "/kudos", "undo")
    if platform == "telegram":
        await stage.telegram.say(ana, stage.group, "/kudos undo")
    await stage.quiet()
    cards = [message for message in stage.posts() if "took back" in message.text]
    assert len(cards) == 3
    assert all(CARD_TEXT not in wording(message) for message in cards)
    assert (await stage.earned("Luis"), await stage.allowance_left("Ana")) == (0, 50)


async def test_undo_by_the_receipts_button_in_teams(stage: Stage) -> None:
    ana = stage["Ana"]
    await stage.teams.install(ana)
    await thank_in_teams(stage)
    chat = stage.world.personal("teams", ana)
    [receipt] = [message for message in stage.teams.posts(chat) if "on its way" in message.text]
    invoked = await stage.teams.press(ana, receipt, "Undo")
    await stage.quiet()
    assert invoked.faults == ()
    assert "taken back" in json.dumps(invoked.body)
    assert len(stage.posts("took back")) == 3


async def test_undo_by_the_receipts_button_in_slack(stage: Stage) -> None:
    ana = stage["Ana"]
    await stage.slack.slash(ana, stage.slack_channel, "/kudos", f"@[Luis] {CARD_TEXT}")
    await stage.quiet()
    [receipt] = stage.slack.posts(stage.slack_channel, visible_to=ana)
    await stage.slack.press(ana, receipt, "Undo")
    await stage.quiet()
    assert "taken back" in receipt.text
    assert receipt.buttons == ()
    assert len(stage.posts("took back")) == 3


async def test_undo_by_the_receipts_button_in_telegram(stage: Stage) -> None:
    ana = stage["Ana"]
    await stage.telegram.press_start(ana)
    await stage.telegram.say(ana, stage.group, f"/kudos @[Luis] {CARD_TEXT}")
    await stage.quiet()
    chat = stage.world.personal("telegram", ana)
    [receipt] = [message for message in stage.telegram.posts(chat) if "on its way" in message.text]
    await stage.telegram.press(ana, receipt, "Undo")
    await stage.quiet()
    assert "taken back" in receipt.text
    assert len(stage.posts("took back")) == 3


async def test_kudos_me(stage: Stage) -> None:
    await thank_in_teams(stage)
    delivery = await stage.slack.slash(stage["Luis"], stage.slack_channel, "/kudos", "me")
    shown = json.dumps(delivery.json(), ensure_ascii=False)
    assert "Received lately" in shown
    assert CARD_TEXT in shown


async def test_rewording_changes_every_card_and_posts_none(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, f"@[Plaudit] /kudos @[Luis] {CARD_TEXT}")
    await stage.quiet()
    await stage.teams.edit(said.message, "@[Plaudit] /kudos @[Luis] for staying until midnight #teamwork")
    await stage.quiet()
    assert len(stage.posts()) == 3
    assert len(stage.posts("until midnight")) == len(stage.posts("teamwork")) == 3


async def test_rewording_in_slack_and_telegram(stage: Stage) -> None:
    mentioned = "@[Plaudit] kudos @[Luis] for the demo"
    await stage.slack.say(stage["Ana"], stage.slack_channel, mentioned)
    said = next(message for message in stage.slack.messages if "for the demo" in message.text)
    command = await stage.telegram.say(stage["Tom"], stage.group, "/kudos @[Zoë] for the cake")
    await stage.quiet()
    await stage.slack.edit(said, f"{mentioned} of the year")
    await stage.telegram.edit(command.message, "/kudos @[Zoë] for the chocolate cake")
    await stage.quiet()
    assert len(stage.posts("demo of the year")) == len(stage.posts("chocolate cake")) == 3
    assert len(stage.posts()) == 6


async def test_rewording_an_answer_that_thanked_by_replying(stage: Stage) -> None:
    spoken = await stage.telegram.say(stage["Tom"], stage.group, "I fixed the build")
    answer = await stage.telegram.reply(stage["Ana"], spoken.message, "/kudos for the build")
    await stage.quiet()
    await stage.telegram.edit(answer.message, "/kudos for the quick build")
    await stage.quiet()
    assert len(stage.posts("for the quick build")) == 3
    assert len(stage.telegram.posts(stage.group)) == 1


@pytest.mark.parametrize("changed", ["@[Tom] for staying late", "@[Luis] @[Tom] for staying late", "@[Luis] late +7"])
async def test_an_edit_that_would_change_people_or_points_is_refused(stage: Stage, changed: str) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, f"@[Plaudit] /kudos @[Luis] {CARD_TEXT}")
    await stage.quiet()
    await stage.teams.edit(said.message, f"@[Plaudit] /kudos {changed}")
    await stage.quiet()
    assert len(stage.posts(CARD_TEXT)) == 3
    assert "not its people or points" in stage.teams.posts(stage.channel)[-1].text
    assert (await stage.earned("Luis"), await stage.earned("Tom")) == (1, 0)


async def test_a_message_edited_into_a_kudos_gives_one(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] kudso @[Luis] for staying late")
    await stage.quiet()
    await stage.teams.edit(said.message, f"@[Plaudit] kudos @[Luis] {CARD_TEXT}")
    await stage.teams.edit(said.message, f"@[Plaudit] kudos @[Luis] {CARD_TEXT}")
    await stage.quiet()
    assert len(stage.posts("thanked")) == 3
    assert await stage.count("kudos") == 1


async def test_a_deleted_message_takes_its_kudos_back(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, f"@[Plaudit] /kudos @[Luis] {CARD_TEXT}")
    await stage.slack.say(stage["Tom"], stage.slack_channel, "@[Plaudit] kudos @[Zoë] for the demo")
    in_slack = next(message for message in stage.slack.messages if "for the demo" in message.text)
    await stage.quiet()
    await stage.teams.delete(said.message)
    await stage.slack.delete(in_slack)
    await stage.quiet()
    assert len(stage.posts("took back")) == 6
    assert (await stage.earned("Luis"), await stage.earned("Zoë")) == (0, 0)
    assert await stage.count("outbox", "state = 'parked'") == 0


async def test_a_kudos_too_old_to_undo_stays_when_its_message_is_deleted(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, f"@[Plaudit] /kudos @[Luis] {CARD_TEXT}")
    await stage.quiet()
    await stage.sql("UPDATE kudos SET given_at = given_at - interval '1 hour'")
    await stage.teams.delete(said.message)
    await stage.quiet()
    assert len(stage.posts(CARD_TEXT)) == 3
    assert await stage.earned("Luis") == 1


async def test_one_allowance_on_three_platforms(stage: Stage) -> None:
    """20 + 20 + 10 are all that 50 allow; the next point is refused wherever it is tried."""
    ana = stage["Ana"]
    await stage.teams.say(ana, stage.channel, "@[Plaudit] /kudos @[Luis] first +20")
    await stage.quiet()
    await stage.slack.slash(ana, stage.slack_channel, "/kudos", "@[Zoë] second +20")
    await stage.telegram.say(ana, stage.group, "/kudos @[Tom] third +10")
    await stage.quiet()
    refused = await stage.slack.slash(ana, stage.slack_channel, "/kudos", "@[Priya] fourth +1")
    await stage.quiet()
    assert "you have 0 points left" in json.dumps(refused.json())
    assert [await stage.earned(name) for name in ("Luis", "Zoë", "Tom", "Priya")] == [20, 20, 10, 0]
    assert await stage.allowance_left("Ana") == 0
    assert await stage.count("kudos") == 3


async def test_two_members_of_one_name_are_told_apart(stage: Stage) -> None:
    first = stage["Luis"]
    second = replace(
        stage["Tom"],
        name=first.name,
        email="other@example.com",
        slack_id="U0OTHERLUIS",
        teams_id="29:other",
        aad_id="o",
    )
    stage.world.people.append(second)
    delivery = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", f"<@{second.slack_id}> {CARD_TEXT}")
    assert delivery.is_accepted
    await stage.quiet()
    # Typed angle brackets are escaped by Slack and name nobody.
    assert await stage.count("kudos") == 0
    raw = stage.slack.form(
        {
            **stage.slack.payloads.slash(stage["Ana"], stage.slack_channel, "/kudos", []),
            "text": f"<@{second.slack_id}|luis> {CARD_TEXT}",
        },
        "slash",
    )
    assert (await stage.slack.courier.deliver(raw)).is_accepted
    await stage.quiet()
    assert await stage.earned("Luis") == 0
    [receiver] = await stage.sql("SELECT member_id FROM kudos_receiver")
    assert receiver[0] != stage.member("Luis")
    assert stage.posts(CARD_TEXT)
