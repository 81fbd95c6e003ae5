"""Where a delivery belongs is remembered, and confirmed each time; what is being committed is not given up."""

import json

from bots.store import found_workspace
from tests.conversations.stage import Stage

DAWDLE = (
    "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2.2); RETURN NULL; END $$"
)
AT_THE_END = """
CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON inbox DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()
"""


async def thank(stage: Stage, words: str, whom: str = "Luis") -> str:
    delivery = await stage.slack.slash(stage["Ana"], stage.slack_channel, "/kudos", f"@[{whom}] {words}")
    return json.dumps(delivery.json())


async def test_a_place_that_changed_hands_is_no_longer_taken_for_the_old_company(stage: Stage) -> None:
    assert "on its way" in await thank(stage, "for staying late")
    assert "on its way" in await thank(stage, "for staying later")
    other = await found_workspace(stage.sessions, name="Other", time_zone="Etc/UTC")
    await stage.sql("UPDATE binding SET workspace_id = :other WHERE platform = 'slack'", other=other)
    for _ in range(2):
        assert "on its way" in await thank(stage, "for coming along")
        await stage.sql("UPDATE kudos_repeat SET last_at = last_at - INTERVAL '1 hour'")
    assert await stage.count("kudos", "workspace_id = :w", w=stage.workspace_id) == 2
    assert await stage.count("kudos", "workspace_id = :w", w=other) == 2
    assert await stage.count("member", "workspace_id = :w", w=other) == 2


async def test_a_commit_that_outlasts_the_window_is_waited_for(stage: Stage) -> None:
    """To give up on it would be to say "later" of what is done, and never to say the answer."""
    await stage.alter(DAWDLE)
    await stage.alter(AT_THE_END)
    assert "yourself" in await thank(stage, "for being me", "Ana")
    assert "on its way" in await thank(stage, "for staying late")
    assert await stage.count("inbox", "state <> 'done'") == 0
    assert await stage.count("kudos") == 1
