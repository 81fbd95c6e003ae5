"""What becomes of an award: likes, comments, reports, revocation; in all three chats, twice, at once, by the wrong person."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bots.simulator import Message
from tests.conversations.stage import Stage
from tests.conversations.test_badges import WORDS, card, slash, stocked


async def given(stage: Stage, *, receivers: str = "@[Luis]", giver: str = "Ana", **fields: Any) -> None:
    await stocked(stage, **fields)
    await slash(stage, f'{receivers} "Above and beyond" {WORDS}', giver=giver)


def seen(stage: Stage, name: str) -> Message:
    """The latest that Slack shows one person alone."""
    return stage.slack.posts(stage.slack_channel, visible_to=stage[name])[-1]


async def press(stage: Stage, name: str, message: Message, title: str) -> None:
    await stage.slack.press(stage[name], message, title)
    await stage.quiet()


async def story(stage: Stage, name: str) -> Message:
    """The story as somebody opens it in Slack."""
    [public] = [m for m in stage.posts() if m.conversation.platform == "slack"]
    details = next(button for button in public.buttons if button.startswith("Details"))
    await press(stage, name, public, details)
    return seen(stage, name)


async def test_likes_from_three_chats_change_every_card_and_post_none(stage: Stage) -> None:
    await given(stage)
    await press(stage, "Tom", card(stage, "slack"), "Like")
    await stage.telegram.press(stage["Zoë"], card(stage, "telegram"), "Like · 1")
    await stage.quiet()
    invoked = await stage.teams.press(stage["Priya"], card(stage, "teams"), "Like · 2")
    await stage.quiet()
    assert invoked.faults == ()
    assert "You like the badge for Luis" in invoked.body["value"]
    assert [message.buttons for message in stage.posts()] == [("Like · 3", "Details")] * 3
    assert await stage.count("award_like") == 3
    assert await stage.count("transfer", "reason LIKE 'badge%'") == 1


async def test_a_like_counts_once_and_is_not_for_giver_and_receiver(stage: Stage) -> None:
    await given(stage)
    public = card(stage, "slack")
    await asyncio.gather(*(stage.slack.press(stage["Tom"], public, "Like") for _ in range(4)))
    await stage.quiet()
    assert await stage.count("award_like") == 1
    for name in ("Ana", "Luis"):
        await press(stage, name, public, "Like · 1")
        assert "Liking it is for the others" in seen(stage, name).text
    assert await stage.count("award_like") == 1


async def test_a_story_tells_all_and_is_liked_from(stage: Stage) -> None:
    await given(stage, receivers="@[Luis] @[Zoë]", description="For more than was asked")
    shown = await story(stage, "Tom")
    for told in ("Luis", "Zoë", "For more than was asked", WORDS, "+50 points each"):
        assert told in shown.text
    assert shown.buttons == ("Like", "Comment", "Report")
    await press(stage, "Tom", shown, "Like")
    assert stage.posts()[0].buttons[0] == "Like · 1"
    assert "Like" not in (await story(stage, "Tom")).buttons


async def test_the_story_in_teams_and_telegram_is_its_readers(stage: Stage) -> None:
    await given(stage)
    public = card(stage, "teams")
    invoked = await stage.teams.press(stage["Priya"], public, "Details")
    assert invoked.faults == ()
    assert "Report" in str(invoked.body)
    await stage.telegram.press_start(stage["Zoë"])
    await stage.telegram.press(stage["Zoë"], card(stage, "telegram"), "Details")
    await stage.quiet()
    own = stage.world.personal("telegram", stage["Zoë"])
    alone = [*stage.telegram.posts(stage.group, visible_to=stage["Zoë"]), *stage.telegram.posts(own)]
    assert ("Like", "Comment", "Report") in [message.buttons for message in alone]
    assert len(stage.posts()) == 3


async def test_comments_by_answering_the_card(stage: Stage) -> None:
    """In a thread in Slack and Teams, as a reply in Telegram, by name everywhere."""
    await given(stage)
    in_slack, in_teams = card(stage, "slack"), card(stage, "teams")
    await stage.slack.say(stage["Tom"], stage.slack_channel, "@[Plaudit] badge comment one", thread=in_slack.id)
    await stage.teams.say(stage["Priya"], stage.channel, "@[Plaudit] badge comment two", thread=in_teams.id)
    await stage.telegram.reply(stage["Zoë"], card(stage, "telegram"), "/badge comment three")
    await stage.quiet()
    await slash(stage, 'comment @[Luis] "Above and beyond" four', giver="Luis")
    assert [row[0] for row in await stage.sql("SELECT text FROM award_comment ORDER BY text")] == [
        "four", "one", "three", "two",
    ]  # fmt: skip
    assert [message.buttons for message in stage.posts()] == [("Like", "Details · 4 comments")] * 3
    shown = (await story(stage, "Ana")).text
    assert all(f"{word}" in shown for word in ("one", "two", "three", "four"))
    assert len([message for message in stage.posts() if WORDS in message.text]) == 3


async def test_comments_that_are_refused(stage: Stage) -> None:
    assert "Which badge do you mean?" in await slash(stage, "comment well done")
    await given(stage)
    assert "I find no such badge with" in await slash(stage, 'comment @[Tom] "Above and beyond" x')
    assert "I find no such badge with" in await slash(stage, 'comment @[Luis] "Another" x')
    assert "What do you want to say?" in await slash(stage, "comment @[Luis]")
    assert "has 501 characters" in await slash(stage, "comment @[Luis] " + "x" * 501)
    assert "I cannot tell who" in await slash(stage, "comment @luis x")
    assert "on its way" not in await slash(stage, "comment @[Luis] again")
    assert "You have said this here already" in await slash(stage, "comment @[Luis] again")
    assert await stage.count("award_comment") == 1


async def test_forty_equal_comments_at_once_are_one(stage: Stage) -> None:
    await given(stage)
    said = [stage.slack.slash(stage["Tom"], stage.slack_channel, "/badge", "comment @[Luis] bravo") for _ in range(12)]
    await asyncio.gather(*said)
    await stage.quiet()
    assert await stage.count("award_comment") == 1
    assert stage.posts()[0].buttons == ("Like", "Details · 1 comment")


async def test_the_newest_ten_comments_are_shown(stage: Stage) -> None:
    await given(stage)
    for number in range(12):
        await stage.sql(
            "INSERT INTO award_comment (workspace_id, award_id, member_id, text) SELECT workspace_id, id, member_id, :text FROM award",
            text=f"word-{number:02}",
        )
    shown = (await story(stage, "Tom")).text
    assert "2 earlier comments" in shown
    assert "word-01" not in shown
    assert shown.index("word-02") < shown.index("word-11")


async def test_who_wrote_a_comment_removes_it_and_so_does_a_role(stage: Stage) -> None:
    await given(stage)
    await slash(stage, "comment @[Luis] mine", giver="Tom")
    await slash(stage, "comment @[Luis] theirs", giver="Zoë")
    shown = await story(stage, "Tom")
    assert [label for label in shown.buttons if label.startswith("Remove")] == ["Remove 1"]
    await press(stage, "Tom", shown, "Remove 1")
    assert "mine" not in seen(stage, "Tom").text
    assert [row[0] for row in await stage.sql("SELECT text FROM award_comment WHERE removed_at IS NULL")] == ["theirs"]
    await press(stage, "Ana", await story(stage, "Ana"), "Remove 1")
    assert await stage.count("award_comment", "text <> ''") == 0
    assert stage.posts()[0].buttons == ("Like", "Details")


async def test_a_comment_by_form_in_teams(stage: Stage) -> None:
    await given(stage)
    await stage.teams.install(stage["Priya"])
    public = card(stage, "teams")
    await stage.teams.press(stage["Priya"], public, "Details")
    dialog = await stage.teams.dialogs.open(stage["Priya"], public, "Comment")
    sent = await stage.teams.dialogs.submit(dialog, "Send", {"comment": "  well <b>deserved</b> "})
    await stage.quiet()
    assert sent.invoked.faults == ()
    assert "well" in str(sent.invoked.body)
    assert [row[0] for row in await stage.sql("SELECT text FROM award_comment")] == ["well <b>deserved</b>"]
    await stage.teams.press(stage["Priya"], public, "Details · 1 comment")
    dialog = await stage.teams.dialogs.open(stage["Priya"], public, "Comment")
    refused = await stage.teams.dialogs.submit(dialog, "Send", {"comment": "   "})
    assert "What do you want to say?" in str(refused.invoked.body)


async def reported(stage: Stage, name: str = "Tom", **fields: Any) -> Message:
    """Somebody reports; the notice that Ana gets."""
    await stage.slack.say(stage["Ana"], stage.world.personal("slack", stage["Ana"]), "help")
    await given(stage, giver="Priya", **fields)
    shown = await story(stage, name)
    await press(stage, name, shown, "Report")
    assert "What is wrong" in seen(stage, name).text
    await press(stage, name, seen(stage, name), "Inappropriate words")
    assert "1 administrator is told" in seen(stage, name).text
    return notice(stage)


def notice(stage: Stage) -> Message:
    return stage.slack.posts(stage.world.personal("slack", stage["Ana"]))[-1]


async def test_a_report_reaches_the_admin_and_nobody_else(stage: Stage) -> None:
    told = await reported(stage)
    assert "1 colleague asks you to look at this badge" in told.text
    assert WORDS in told.text
    assert "Inappropriate words" in told.text
    assert "Tom" not in told.text
    assert told.buttons == ("Leave it", "Given by mistake", "Inappropriate words", "Against the rules")
    assert not [message for message in stage.posts() if "look at this badge" in message.text]
    assert "Report" not in (await story(stage, "Tom")).buttons
    assert "You have reported this badge before" in await slash(stage, "report @[Luis] again", giver="Tom")
    await slash(stage, 'report @[Luis] "Above and beyond" these words hurt', giver="Zoë")
    told = notice(stage)
    assert "2 colleagues ask you" in told.text
    assert "these words hurt" in told.text
    assert await stage.count("award_report") == 2
    assert len([m for m in stage.slack.posts(stage.world.personal("slack", stage["Ana"])) if "look at" in m.text]) == 1


async def test_a_report_is_dismissed_once_and_may_come_again_by_others(stage: Stage) -> None:
    told = await reported(stage)
    copy = replace(told)
    await asyncio.gather(*(stage.slack.press(stage["Ana"], copy, "Leave it") for _ in range(4)))
    await stage.quiet()
    assert "the reported badge stays" in notice(stage).text
    assert await stage.count("award_report", "state = 'dismissed'") == 1
    assert await stage.earned("Luis") == 50
    await slash(stage, "report @[Luis] still wrong", giver="Zoë")
    told = notice(stage)
    assert "still wrong" in told.text
    await press(stage, "Ana", told, "Leave it")
    assert await stage.count("award_report", "state = 'open'") == 0


async def test_a_reported_badge_is_revoked_with_its_reason(stage: Stage) -> None:
    told = await reported(stage)
    await press(stage, "Ana", told, "Against the rules")
    assert len(stage.posts("was taken back")) == 3
    assert await stage.earned("Luis") == 0
    rows = await stage.sql("SELECT revoke_reason, revoked_by FROM award")
    assert [tuple(row) for row in rows] == [("Against the rules", stage.member("Ana"))]
    assert await stage.count("award_report", "state = 'upheld'") == 1


async def test_case_27_a_role_that_is_gone_decides_nothing(stage: Stage) -> None:
    told = await reported(stage)
    await stage.sql("UPDATE member SET roles = ARRAY['member'] WHERE id = :id", id=stage.member("Ana"))
    await press(stage, "Ana", told, "Against the rules")
    await press(stage, "Ana", told, "Leave it")
    assert await stage.earned("Luis") == 50
    assert await stage.count("award_report", "state = 'open'") == 1


async def test_nobody_else_decides(stage: Stage) -> None:
    """Case 16: a button in the admin's private chat is pressed by somebody who saw its token."""
    told = await reported(stage)
    await press(stage, "Tom", told, "Against the rules")
    assert await stage.earned("Luis") == 50


async def test_a_report_that_reaches_nobody_says_so(stage: Stage) -> None:
    await given(stage)
    await stage.sql("UPDATE member SET roles = ARRAY['member']")
    assert "I cannot reach any administrator" in await slash(stage, "report @[Luis] x", giver="Tom")
    assert await stage.count("award_report") == 1


async def test_revoking_by_command(stage: Stage) -> None:
    await given(stage, receivers="@[Luis] @[Tom]")
    assert "only administrators and coordinators can" in await slash(
        stage, 'revoke @[Luis] "Above and beyond" x', giver="Zoë"
    )
    assert "Say why, in 1,000 characters at most" in await slash(stage, 'revoke @[Luis] "Above and beyond"')
    assert "is revoked, and its points are back" in await slash(stage, 'revoke "Above and beyond" @[Luis] by mistake')
    assert [await stage.earned(name) for name in ("Luis", "Tom")] == [0, 50]
    assert len(stage.posts("Tom")) == 3
    assert not stage.posts("Luis")
    assert "I find no such badge" in await slash(stage, 'revoke @[Luis] "Above and beyond" again')
    await stage.sql("UPDATE member SET roles = ARRAY['member', 'coordinator'] WHERE id = :id", id=stage.member("Zoë"))
    await stage.telegram.reply(stage["Zoë"], card(stage, "telegram"), "/badge revoke against the rules")
    await stage.quiet()
    assert await stage.earned("Tom") == 0
    assert len(stage.posts("was taken back")) == 3


async def test_revoking_by_the_story(stage: Stage) -> None:
    await given(stage, giver="Tom")
    assert "Revoke" not in (await story(stage, "Zoë")).buttons
    shown = await story(stage, "Ana")
    await press(stage, "Ana", shown, "Revoke")
    await press(stage, "Ana", seen(stage, "Ana"), "Given by mistake")
    assert await stage.earned("Luis") == 0
    assert "its points are back" in seen(stage, "Ana").text


async def test_old_buttons_of_what_was_taken_back(stage: Stage) -> None:
    await given(stage)
    old = replace(card(stage, "slack"))
    shown = replace(await story(stage, "Tom"))
    await slash(stage, "undo")
    for title in ("Like", "Comment", "Report"):
        await press(stage, "Tom", shown, title)
    await press(stage, "Tom", old, "Like")
    await press(stage, "Tom", old, "Details")
    assert "was taken back" in seen(stage, "Tom").text
    assert await stage.count("award_like") == await stage.count("award_report") == 0


@pytest.mark.parametrize("words", ["<!channel> @here", "<b>x</b>", "{{7*7}} {%x%}", "https://evil.example"])
async def test_hostile_comments_and_reasons(stage: Stage, words: str) -> None:
    """Cases 18 to 20: shown as they are, nobody is notified; the stage's judges look at everything that was sent."""
    await stage.slack.say(stage["Ana"], stage.world.personal("slack", stage["Ana"]), "help")
    await given(stage)
    await slash(stage, f"comment @[Luis] {words}", giver="Tom")
    await slash(stage, f"report @[Luis] {words}", giver="Tom")
    assert words.split(maxsplit=1)[0] in (await story(stage, "Zoë")).text
    assert words.split(maxsplit=1)[0] in notice(stage).text


async def test_a_token_of_another_tenant(stage: Stage) -> None:
    """Case 25: the button of a card here, pressed where another workspace lives, does not exist."""
    await given(stage)
    data = card(stage, "telegram").payload["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await stage.sql("UPDATE action_token SET workspace_id = 999")
    await stage.telegram.press_data(stage["Tom"], card(stage, "telegram"), data)
    await stage.quiet()
    assert await stage.count("award_like") == 0
    assert "This has closed" in stage.transcript.entries[-1].text
