"""/kudos where people are."""

from tests.conversations.stage import Stage


async def test_a_kudos_in_a_teams_channel_stands_in_all_three_chats_with_native_mentions(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /kudos @[Luis] for staying late")
    assert said.delivery is not None
    assert said.delivery.is_accepted
    await stage.quiet()
    print(stage.transcript.render())
    assert len(stage.posts("staying late")) == 3
