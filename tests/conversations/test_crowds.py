"""Channels and groups that receive a kudos: their members, counted at that moment."""

from dataclasses import replace

from tests.conversations.stage import Stage

RECEIVERS = "SELECT display_name FROM profile JOIN kudos_receiver USING (workspace_id, member_id)"


async def thank_in_slack(stage: Stage, text: str) -> str:
    """A slash command as Slack escapes it; the answer's text."""
    fields = dict(stage.slack.payloads.slash(stage["Ana"], stage.slack_channel, "/kudos", ["x"]))
    delivery = await stage.slack.courier.deliver(stage.slack.form({**fields, "text": text}, "slash"))
    await stage.quiet()
    return delivery.body.decode()


async def test_everybody_in_a_slack_channel_but_the_giver_is_thanked(stage: Stage) -> None:
    await thank_in_slack(stage, f"<#{stage.slack_channel.id}|general> for the launch")
    thanked = len([person for person in stage.slack_channel.members if not person.is_bot and not person.is_guest]) - 1
    assert await stage.count("kudos", "message = 'for the launch'") == 1
    names = [row[0] for row in await stage.sql(RECEIVERS)]
    assert len(names) == thanked, names
    assert await stage.count("kudos_receiver", "member_id = :ana", ana=stage.member("Ana")) == 0


async def test_a_channel_in_the_middle_of_a_sentence_is_only_spoken_of(stage: Stage) -> None:
    luis = stage["Luis"]
    await thank_in_slack(stage, f"<@{luis.slack_id}> for the note in <#{stage.slack_channel.id}|general>")
    assert await stage.count("kudos", "message = 'for the note in #general'") == 1
    assert await stage.count("kudos_receiver") == 1
    assert await stage.count("kudos_tag") == 0


async def test_a_channel_that_the_bot_cannot_see_is_named_in_the_refusal(stage: Stage) -> None:
    answer = await thank_in_slack(stage, "<#C0NOTHERE|secret> for the launch")
    assert "I cannot see who is in #secret" in answer
    assert await stage.count("kudos") == 0


async def test_everybody_in_a_teams_channel_is_thanked(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /kudos General for the launch")
    await stage.quiet()
    mention = {
        "type": "mention",
        "mentioned": {"id": stage.channel.id, "name": "General"},
        "text": "<at>General</at>",
    }
    changed = {
        **said.activity,
        "id": "1799999999999",
        "text": said.activity["text"].replace("General", "<at>General</at>"),
        "entities": [*said.activity["entities"], mention],
    }
    await stage.teams.send(changed)
    await stage.quiet()
    thanked = len([person for person in stage.channel.members if not person.is_bot and not person.is_guest]) - 1
    assert await stage.count("kudos", "message = 'for the launch'") == 1
    names = [row[0] for row in await stage.sql(RECEIVERS)]
    assert len(names) == thanked, names


async def test_a_typed_name_is_a_group_of_the_company_or_nobody(stage: Stage) -> None:
    await stage.sql(
        "UPDATE profile SET groups = ARRAY['Customer Success'] WHERE member_id = ANY(:members)",
        members=[stage.member(name) for name in ("Ana", "Luis", "Zoë")],
    )
    await stage.sql("UPDATE member SET status = 'left' WHERE id = :zoe", zoe=stage.member("Zoë"))
    await thank_in_slack(stage, "@customer-success for the launch")
    receivers = await stage.sql("SELECT member_id FROM kudos_receiver")
    assert [row[0] for row in receivers] == [stage.member("Luis")]
    answer = await thank_in_slack(stage, "@customers for the launch")
    assert "customers" in answer
    assert await stage.count("kudos") == 1


async def test_a_crowd_larger_than_the_limit_is_refused_with_both_figures(stage: Stage) -> None:
    await stage.sql("UPDATE workspace SET receivers_max = 2")
    answer = await thank_in_slack(stage, f"<#{stage.slack_channel.id}|general> for the launch")
    assert "2" in answer
    assert await stage.count("kudos") == 0


async def test_an_alien_channel_id_reaches_no_other_tenant(stage: Stage) -> None:
    other = replace(stage.channel, id="19:elsewhere@thread.tacv2")
    answer = await thank_in_slack(stage, f"<#{other.id}|elsewhere> for the launch")
    assert "elsewhere" in answer
    assert await stage.count("kudos") == 0
