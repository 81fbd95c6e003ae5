"""Case 25: a second company on the same server is nowhere to be seen."""

from dataclasses import replace

import pytest

from tests.conversations.stage import Stage, _found
from tests.conversations.telegram_forms import data_of, fill, open_form
from tests.conversations.test_places import CODE

WORDS = "for staying late"


@pytest.fixture
async def strangers(stage: Stage) -> int:
    """Another workspace with a Telegram group, whose admin is Mei."""
    other = await _found(stage.sessions)
    await stage.sql(
        "INSERT INTO binding (platform, tenant, remote_id, workspace_id) VALUES ('telegram', :tenant, :group, :other)",
        tenant=str(stage.world.bot.telegram_id),
        group=(group := stage.world.group("telegram", "Strangers", stage.world.people)).id,
        other=other,
    )
    mei = stage["Mei"]
    await stage.telegram.say(mei, group, "/help")
    await stage.quiet()
    await stage.sql("UPDATE member SET roles = array_append(roles, 'admin') WHERE workspace_id = :other", other=other)
    await stage.sql("UPDATE conversation SET is_connected = true WHERE workspace_id = :other", other=other)
    return other


async def test_25_cards_members_and_figures_stay_at_home(stage: Stage, strangers: int) -> None:
    group = stage.world.conversations[-1]
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", f"@[Luis] {WORDS}")
    await stage.telegram.say(stage["Mei"], group, "/kudos @[Luis] from elsewhere")
    await stage.quiet()
    assert [WORDS in message.text for message in stage.telegram.posts(group)].count(True) == 0
    assert stage.posts("from elsewhere") == []
    await stage.telegram.say(stage["Luis"], group, "/leaderboard all")
    await stage.quiet()
    board = stage.telegram.posts(group)[-1].text
    assert "Luis" in board
    # The one point of the other company, and not the two of both.
    rows = await stage.sql(
        "SELECT workspace_id, sum(balance) FROM account WHERE kind = 'earned' GROUP BY workspace_id ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [(stage.workspace_id, 1), (strangers, 1)]


async def test_25_a_button_of_another_company_does_not_exist(stage: Stage, strangers: int) -> None:
    group = stage.world.conversations[-1]
    await stage.telegram.say(stage["Ana"], stage.group, f"/kudos @[Luis] {WORDS}")
    await stage.quiet()
    [card] = [message for message in stage.telegram.posts(stage.group) if WORDS in message.text]
    data = card.payload["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    [shown] = stage.telegram.posts(group)[:1]
    await stage.telegram.press_data(stage["Tom"], shown, data)
    await stage.quiet()
    assert "This has closed" in stage.transcript.entries[-1].text
    assert await stage.count("kudos_second") == 0


async def test_25_a_code_of_another_company_does_not_take_a_chat_away(stage: Stage, strangers: int) -> None:
    mei = stage["Mei"]
    await stage.telegram.press_start(mei)
    await stage.telegram.say(mei, stage.world.personal("telegram", mei), "/admin connect")
    await stage.quiet()
    found = CODE.search(stage.telegram.posts(stage.world.personal("telegram", mei))[-1].text)
    assert found
    await stage.telegram.say(stage["Luis"], stage.group, f"/admin connect {found[1]}")
    await stage.slack.slash(stage["Luis"], stage.slack_channel, "/admin", f"connect {found[1]}")
    await stage.quiet()
    assert "belongs to another workspace" in stage.telegram.posts(stage.group)[-1].text
    rows = await stage.sql("SELECT DISTINCT workspace_id FROM binding WHERE remote_id <> :mine", mine="")
    assert {row[0] for row in rows} == {stage.workspace_id, strangers}
    assert await stage.count("binding", "workspace_id = :other", other=strangers) == 1
    assert await stage.count("press") == 0


async def test_25_a_tenant_that_nobody_knows_is_told_so_once_there_are_two_companies(
    stage: Stage, strangers: int
) -> None:
    await stage.sql("DELETE FROM binding WHERE platform = 'slack'")
    stage.world.people[0] = replace(stage["Ana"])
    delivery = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", f"@[Luis] {WORDS}")
    assert "not connected" in delivery.body.decode()
    assert await stage.count("kudos") == 0


async def test_25_a_form_of_another_company_is_not_sent_and_a_link_to_it_opens_nothing(
    stage: Stage, strangers: int
) -> None:
    group = stage.world.conversations[-1]
    opened = await open_form(stage)
    await fill(stage)
    [shown] = stage.telegram.posts(group)[:1]
    await stage.telegram.press_data(stage["Ana"], shown, data_of(opened, "Send"))
    await stage.quiet()
    assert "This has closed" in stage.transcript.entries[-1].text
    await stage.telegram.say(stage["Luis"], stage.group, "/kudos")
    await stage.quiet()
    way = stage.telegram.posts(stage.group)[-1].payload["reply_markup"]["inline_keyboard"][0][0]["url"]
    await stage.telegram.press_start(stage["Mei"], way.split("=")[1])
    await stage.quiet()
    assert "This has closed" in stage.telegram.posts(stage.world.personal("telegram", stage["Mei"]))[-1].text
    assert await stage.count("draft", "workspace_id = :other", other=strangers) == 0
    assert await stage.count("kudos") == 0
