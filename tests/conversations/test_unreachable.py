"""A card that cannot stand where the kudos was written does not leave its receiver without a word."""

from tests.conversations.stage import Stage


async def test_a_kudos_from_a_slack_channel_without_the_bot_reaches_its_receiver_in_private(stage: Stage) -> None:
    await stage.sql("UPDATE conversation SET is_connected = false")
    ana, luis = stage["Ana"], stage["Luis"]
    secret_room = stage.world.group("slack", "secret-room", [ana, luis], has_bot=False)
    await stage.slack.slash(ana, secret_room, "/kudos", "@[Luis] for the quiet work")
    await stage.quiet()
    [notice] = stage.slack.posts(stage.world.personal("slack", luis))
    assert "Ana García thanked you\nfor the quiet work" in notice.text
    assert await stage.count("outbox", "kind = 'kudos_card' AND state = 'parked'") == 1


async def test_nobody_is_told_twice_when_another_card_mentions_them(stage: Stage) -> None:
    ana, luis = stage["Ana"], stage["Luis"]
    secret_room = stage.world.group("slack", "secret-room", [ana, luis], has_bot=False)
    await stage.slack.slash(ana, secret_room, "/kudos", "@[Luis] for the quiet work")
    await stage.quiet()
    assert stage.slack.posts(stage.world.personal("slack", luis)) == []
    assert await stage.count("outbox", "kind = 'kudos_notice'") == 0
