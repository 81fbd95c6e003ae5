"""A private chat of Telegram whose account is in two workspaces: asked once, and remembered."""

import pytest

from bots.simulator import Message
from tests.conversations.stage import Stage, _found


@pytest.fixture
async def second(stage: Stage) -> int:
    """A company called Beta with a Telegram group, in which Ana is too; the first one is called Acme."""
    other = await _found(stage.sessions)
    group = stage.world.group("telegram", "Beta people", stage.world.people)
    await stage.sql(
        "INSERT INTO binding (platform, tenant, remote_id, workspace_id) VALUES ('telegram', :tenant, :group, :other)",
        tenant=str(stage.world.bot.telegram_id),
        group=group.id,
        other=other,
    )
    await stage.sql("UPDATE workspace SET name = CASE WHEN id = :other THEN 'Beta' ELSE 'Acme' END", other=other)
    await stage.telegram.say(stage["Ana"], stage.group, "/help")
    await stage.telegram.say(stage["Ana"], group, "/help")
    await stage.quiet()
    return other


async def ask(stage: Stage, words: str) -> Message:
    """What Ana is answered in her private chat."""
    private = stage.world.personal("telegram", stage["Ana"])
    await stage.telegram.say(stage["Ana"], private, words)
    await stage.quiet()
    return stage.telegram.posts(private)[-1]


async def test_it_is_asked_once_and_remembered(stage: Stage, second: int) -> None:
    await stage.telegram.press_start(stage["Ana"])
    await stage.quiet()
    asked = (await ask(stage, "/points")).text
    assert "several workspaces" in asked
    assert "Acme" in asked
    assert "Beta" in asked
    assert "Beta" in (await ask(stage, "/settings workspace beta")).text
    assert "Your points" in (await ask(stage, "/points")).text
    assert await stage.count("conversation", "kind = 'personal' AND workspace_id = :other", other=second) == 1
    assert "Acme" in (await ask(stage, "/einstellungen workspace Acme")).text
    assert await stage.count("identity", "chosen_at IS NOT NULL") == 2


async def test_a_name_that_is_none_of_theirs(stage: Stage, second: int) -> None:
    await stage.sql("INSERT INTO workspace (name, time_zone) VALUES ('Gamma', 'Etc/UTC')")
    await stage.telegram.press_start(stage["Ana"])
    for name in ("Gamma", "'; DROP TABLE identity --", "<b>"):
        refused = (await ask(stage, f"/settings workspace {name}")).text
        assert "You are in no workspace" in refused
        assert "Acme" in refused
        assert "Beta" in refused
    assert await stage.count("identity", "chosen_at IS NOT NULL") == 0
    assert second


async def test_a_button_is_of_the_workspace_that_made_it(stage: Stage, second: int) -> None:
    await stage.telegram.press_start(stage["Ana"])
    await ask(stage, "/settings workspace Acme")
    home = await ask(stage, "/me")
    await ask(stage, "/settings workspace Beta")
    await stage.telegram.press(stage["Ana"], home, "Leaderboard")
    await stage.quiet()
    made = await stage.sql("SELECT workspace_id FROM outbox WHERE kind = 'leaderboard' ORDER BY id DESC LIMIT 1")
    assert made[0][0] == stage.workspace_id
    assert second


async def test_who_is_in_one_alone_is_not_asked(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Ana"])
    assert "Your points" in (await ask(stage, "/points")).text


async def test_in_a_chat_of_one_company_there_is_nothing_to_choose(stage: Stage) -> None:
    await stage.sql("UPDATE workspace SET name = 'Acme'")
    delivery = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/settings", "workspace Beta")
    assert "You are in no workspace Beta here" in delivery.body.decode()
