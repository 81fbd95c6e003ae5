"""A form in Telegram: one message in the private chat, edited in place until it is sent."""

import asyncio

from bots.ticker import tidy_up
from tests.conversations.stage import Stage
from tests.conversations.telegram_forms import (
    BACK,
    CANCEL,
    CLEAR,
    PEOPLE,
    POINTS,
    SEND,
    TAGS,
    WHAT_FOR,
    WHERE,
    WHO_SEES,
    alerts,
    choose,
    data_of,
    fill,
    form,
    noted,
    open_form,
    press,
    said,
    say,
)


async def test_a_bare_kudos_is_filled_in_step_by_step_and_becomes_the_receipt(stage: Stage) -> None:
    opened = await open_form(stage)
    assert opened.buttons == (PEOPLE, WHAT_FOR, TAGS, POINTS, WHO_SEES, SEND, CANCEL)
    assert "Who do you want to thank: –" in opened.text
    assert "You have 50 points left to give." in opened.text
    await choose(stage, ["Luis", "Zoë"])
    await press(stage, WHAT_FOR)
    assert "your next message is the answer" in form(stage).text
    await say(stage, "staying late #teamwork")
    await press(stage, POINTS)
    await say(stage, "3")
    assert form(stage) is opened
    assert "Who do you want to thank: Luis Ortega and Zoë Müller" in opened.text
    assert "What for: staying late #⁠teamwork" in opened.text
    assert "Points for each person: 3" in opened.text
    await press(stage, SEND)
    assert "Your kudos to Luis Ortega and Zoë Müller is on its way" in opened.text
    assert list(opened.buttons) == ["Undo"]
    assert await stage.count("kudos", "points_each = 3 AND message = 'staying late' AND NOT is_private") == 1
    assert await stage.count("kudos_receiver") == 2
    assert len(stage.posts("staying late")) == 3
    assert await stage.count("draft") == 0


async def test_all_that_is_shown_is_sent(stage: Stage) -> None:
    """Choices that nobody touched are sent as they stand in the form."""
    await thank_in_the_group(stage)
    await open_form(stage)
    assert "Where does it stand: In the connected channels" in form(stage).text
    await fill(stage)
    await press(stage, SEND)
    assert len(stage.posts("for the demo")) == 3
    assert await stage.count("kudos", "conversation_id IS NULL AND message = 'for the demo'") == 1


async def thank_in_the_group(stage: Stage) -> None:
    """From then on the group is one of Ana's places."""
    await stage.telegram.say(stage["Ana"], stage.group, "/kudos @[Tom] hello")
    await stage.quiet()


async def test_tags_are_ticked_and_unticked_in_place(stage: Stage) -> None:
    opened = await open_form(stage)
    await press(stage, TAGS)
    first, second, *_ = opened.buttons
    await press(stage, first)
    await press(stage, second)
    assert opened.buttons[:2] == (f"✓ {first}", f"✓ {second}")
    await press(stage, f"✓ {first}")
    assert opened.buttons[:2] == (first, f"✓ {second}")
    assert opened.buttons[-2:] == (CLEAR, BACK)
    await press(stage, BACK)
    assert f"Tags: {second.replace('#', '#⁠')}" in opened.text
    await fill(stage)
    await press(stage, SEND)
    chosen = await stage.sql("SELECT name FROM tag JOIN kudos_tag ON tag.id = kudos_tag.tag_id")
    assert [f"#{row[0]}" for row in chosen] == [second.split()[-1]]


async def test_of_two_choices_a_press_takes_the_other_and_more_are_listed(stage: Stage) -> None:
    await thank_in_the_group(stage)
    opened = await open_form(stage)
    await press(stage, WHO_SEES)
    assert "Who sees it: Only the people you thank" in opened.text
    await press(stage, WHO_SEES)
    assert "Who sees it: Everybody" in opened.text
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", "@[Tom] hello again")
    await stage.quiet()
    opened = await open_form(stage)
    await press(stage, WHERE)
    assert opened.buttons[0] == "✓ In the connected channels"
    assert CLEAR not in opened.buttons
    await press(stage, "Team")
    assert "Where does it stand: Team" in opened.text
    await fill(stage)
    await press(stage, SEND)
    team = (await stage.sql("SELECT id FROM conversation WHERE name = 'Team'"))[0][0]
    assert await stage.count("kudos", "conversation_id = :team AND message = 'for the demo'", team=team) == 1


async def test_many_places_have_pages(stage: Stage) -> None:
    await stage.sql(
        "INSERT INTO conversation (workspace_id, platform, tenant, remote_id, kind, name, is_connected)"
        " SELECT :workspace, 'slack', 'T1', 'C' || n, 'channel', 'place ' || n, true FROM generate_series(10, 23) AS n",
        workspace=stage.workspace_id,
    )
    await stage.sql(
        "INSERT INTO kudos (workspace_id, giver_id, conversation_id, message, points_each, given_at)"
        " SELECT workspace_id, :ana, id, 'hello', 0, now() FROM conversation WHERE name LIKE 'place %'",
        ana=stage.member("Ana"),
    )
    opened = await open_form(stage)
    await press(stage, WHERE)
    assert len(opened.buttons) == 12 + 1 + 1
    await press(stage, "›")
    assert opened.buttons[-2:] == ("‹", BACK)
    last = opened.buttons[-3]
    await press(stage, last)
    assert f"Where does it stand: {last}" in opened.text


async def test_an_answer_is_taken_back_and_cleared(stage: Stage) -> None:
    opened = await open_form(stage)
    await press(stage, POINTS)
    assert opened.buttons == (BACK,)
    await press(stage, BACK)
    await say(stage, "what is this")
    assert "I do not know" in said(stage)
    await press(stage, POINTS, of=opened)
    await say(stage, "5")
    assert "Points for each person: 5" in opened.text
    await press(stage, POINTS, of=opened)
    await press(stage, CLEAR, of=opened)
    assert "Points for each person: –" in opened.text


async def test_the_picker_is_shown_when_people_are_asked_for_and_taken_away_after(stage: Stage) -> None:
    await open_form(stage)
    assert stage.telegram.picker(stage["Ana"]) is None
    await press(stage, PEOPLE)
    asked = stage.telegram.picker(stage["Ana"])
    assert asked is not None
    assert (asked["max_quantity"], asked["user_is_bot"], asked["request_name"]) == (10, False, True)
    assert "colleagues only" in said(stage)
    await press(stage, BACK)
    assert stage.telegram.picker(stage["Ana"]) is None
    assert stage.telegram.chats.beneath == {}
    await choose(stage, ["Luis"])
    assert "Chosen: Luis Ortega" in said(stage)
    assert stage.telegram.chats.beneath == {}


async def test_people_are_also_chosen_by_mentioning_them(stage: Stage) -> None:
    opened = await open_form(stage)
    await press(stage, PEOPLE)
    await say(stage, "@[Luis] and @[Zoë]")
    assert "Who do you want to thank: Luis Ortega and Zoë Müller" in opened.text
    assert stage.telegram.chats.beneath == {}
    await press(stage, PEOPLE)
    await say(stage, "never mind")
    assert "Who do you want to thank: Luis Ortega and Zoë Müller" in opened.text
    assert stage.telegram.chats.beneath == {}


async def test_a_message_with_a_slash_is_a_command_whatever_is_asked_for(stage: Stage) -> None:
    opened = await open_form(stage)
    await press(stage, WHAT_FOR)
    await say(stage, "/points")
    assert "Your points" in said(stage)
    await say(stage, "points are not why")
    assert "What for: points are not why" in opened.text


async def test_a_refused_form_says_why_and_stays(stage: Stage) -> None:
    opened = await open_form(stage)
    await press(stage, SEND)
    assert "What for?" in noted(stage)
    await fill(stage, ["Luis"])
    await press(stage, POINTS)
    await say(stage, "1.5")
    await press(stage, SEND)
    assert "1.5" in noted(stage)
    assert alerts(stage)[-1] == noted(stage)
    assert await stage.count("kudos") == 0
    assert opened.buttons[-2:] == (SEND, CANCEL)
    await press(stage, POINTS)
    await say(stage, "+2")
    await press(stage, SEND)
    assert await stage.count("kudos", "points_each = 2") == 1


async def test_a_form_is_sent_once_however_often_and_fast_it_is_pressed(stage: Stage) -> None:
    opened = await open_form(stage)
    await fill(stage)
    await asyncio.gather(*(stage.telegram.press(stage["Ana"], opened, SEND) for _ in range(8)))
    await stage.quiet()
    assert await stage.count("kudos") == 1
    assert "on its way" in opened.text


async def test_a_new_form_takes_the_place_of_the_old_one(stage: Stage) -> None:
    """One form is open in a chat; the buttons of an older one say that it has closed."""
    old = await open_form(stage)
    await fill(stage, words="the old one")
    new = await open_form(stage)
    assert new is not old
    for title in (SEND, WHAT_FOR, CANCEL):
        await press(stage, title, of=old)
        assert "This has closed" in noted(stage)
    assert await stage.count("kudos") == 0
    await fill(stage, words="the new one")
    await press(stage, SEND)
    assert await stage.count("kudos", "message = 'the new one'") == 1


async def test_two_members_fill_in_forms_at_once(stage: Stage) -> None:
    await open_form(stage, "Ana")
    await open_form(stage, "Luis")
    await press(stage, WHAT_FOR, "Ana")
    await press(stage, WHAT_FOR, "Luis")
    await say(stage, "from Ana", "Ana")
    await say(stage, "from Luis", "Luis")
    await choose(stage, ["Zoë"], "Luis")
    await choose(stage, ["Tom"], "Ana")
    await press(stage, SEND, "Luis")
    await press(stage, SEND, "Ana")
    rows = await stage.sql("SELECT giver_id, message FROM kudos ORDER BY message")
    assert [tuple(row) for row in rows] == [(stage.member("Ana"), "from Ana"), (stage.member("Luis"), "from Luis")]


async def test_a_cancelled_form_sends_nothing_and_keeps_nothing(stage: Stage) -> None:
    opened = await open_form(stage)
    await fill(stage)
    await press(stage, PEOPLE)
    await press(stage, BACK)
    await press(stage, CANCEL)
    assert opened.text == "Cancelled. Nothing was sent."
    assert opened.buttons == ()
    assert await stage.count("draft") == 0
    assert stage.telegram.chats.beneath == {}
    await say(stage, "still there?")
    assert "I do not know" in said(stage)


async def test_a_restart_in_between_loses_nothing(stage: Stage) -> None:
    """What was filled in is in the database: another process goes on with it."""
    await open_form(stage)
    await choose(stage, ["Luis"])
    await press(stage, WHAT_FOR)
    async with stage.replica() as url:
        stage.telegram.updates.set_webhook(f"{url}/telegram/webhook", stage.telegram.updates.secret)
        await say(stage, "told to another process")
        await press(stage, SEND)
    assert await stage.count("kudos", "message = 'told to another process'") == 1


async def test_an_abandoned_form_is_forgotten(stage: Stage) -> None:
    opened = await open_form(stage)
    send = data_of(opened, SEND)
    await press(stage, WHAT_FOR)
    await stage.sql("UPDATE draft SET expires_at = clock_timestamp() - interval '1 second'")
    await say(stage, "too late")
    assert "I do not know" in said(stage)
    await stage.telegram.press_data(stage["Ana"], opened, send)
    await stage.quiet()
    assert "This has closed" in noted(stage)
    await tidy_up(stage.sessions)
    assert await stage.count("draft") == 0
    assert await stage.count("kudos") == 0


async def test_whoever_left_sends_nothing_more(stage: Stage) -> None:
    """Case 27."""
    await open_form(stage)
    await fill(stage)
    await stage.sql("UPDATE member SET status = 'left' WHERE id = :ana", ana=stage.member("Ana"))
    for title in (SEND, WHAT_FOR):
        await press(stage, title)
        assert "membership has ended" in noted(stage)
    await stage.sql("UPDATE draft SET awaited = 'message', length_max = 1000")
    await say(stage, "one more word")
    assert await stage.count("draft", "filled->>'message' = 'for the demo'") == 1
    assert await stage.count("kudos") == 0


async def test_the_same_update_again_is_the_same_step(stage: Stage) -> None:
    """Case 7: a tick that is told three times is one tick."""
    opened = await open_form(stage)
    await press(stage, TAGS)
    ticked = await stage.telegram.press(stage["Ana"], opened, opened.buttons[0])
    await stage.quiet()
    for _ in range(2):
        assert ticked.update is not None
        await stage.telegram.redeliver(dict(ticked.update))
        await stage.quiet()
    assert opened.buttons[0].startswith("✓")


async def test_a_form_whose_message_was_deleted_is_opened_anew(stage: Stage) -> None:
    opened = await open_form(stage)
    await press(stage, WHAT_FOR)
    stage.telegram.erase(opened)
    await say(stage, "into the void")
    again = await open_form(stage)
    assert again is not opened
    await fill(stage)
    await press(stage, SEND)
    assert await stage.count("kudos") == 1
    assert await stage.count("outbox", "state = 'parked'") == 0
