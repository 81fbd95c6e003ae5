"""The message extension "Send kudos": its form in a dialog, wherever the bot is or is not."""

import asyncio
from collections.abc import Mapping

import pytest

from bots.simulator import Conversation
from bots.simulator.teams import Dialog
from bots.simulator.transcript import Message
from tests.conversations.stage import LINKED, Stage


def filled(stage: Stage, *names: str, **values: str) -> Mapping[str, str]:
    people = ",".join(stage[name].aad_id for name in names)
    return {"people": people, "message": "for the demo #teamwork", **values}


def lunch(stage: Stage, *, has_bot: bool = False) -> Conversation:
    """A group chat that the bot is not in, and that has no name."""
    return stage.world.group("teams", "Lunch", stage.world.people, has_bot=has_bot)


async def opened(stage: Stage, place: Conversation, name: str = "Ana", about: Message | None = None) -> Dialog:
    dialog = await stage.teams.dialogs.extension(stage[name], place, about=about)
    assert dialog.invoked.faults == ()
    return dialog


async def sent(stage: Stage, dialog: Dialog, *names: str, **values: str) -> Dialog:
    answer = await stage.teams.dialogs.submit(dialog, "Send", filled(stage, *names, **values))
    await stage.quiet()
    assert answer.invoked.faults == ()
    return answer


async def nothing_is_owed_or_parked(stage: Stage) -> bool:
    return await stage.count("outbox", "state NOT IN ('sent', 'dropped')") == 0


async def test_where_the_bot_is_it_posts_the_card_and_the_dialog_is_the_receipt(stage: Stage) -> None:
    receipt = await sent(stage, await opened(stage, stage.channel), "Luis", "Zoë", points="3")
    assert receipt.composed is None
    assert "on its way" in receipt.text
    assert receipt.buttons == ("Undo",)
    assert len(stage.teams.posts(stage.channel)) == 1
    assert len(stage.posts("for the demo")) == 3
    assert await stage.count("kudos", "points_each = 3 AND message = 'for the demo'") == 1


async def test_undo_in_the_dialog_takes_it_back(stage: Stage) -> None:
    receipt = await sent(stage, await opened(stage, stage.channel), "Luis")
    undone = await stage.teams.dialogs.submit(receipt, "Undo")
    await stage.quiet()
    assert undone.invoked.faults == ()
    assert "taken back" in undone.text
    assert [post.text for post in stage.teams.posts(stage.channel)] == ["Ana García took back a kudos."]
    again = await stage.teams.dialogs.submit(receipt, "Undo")
    assert "already done" in again.text


async def test_where_the_bot_is_not_the_card_goes_into_the_compose_box(stage: Stage) -> None:
    place = lunch(stage)
    composed = await sent(stage, await opened(stage, place), "Luis")
    assert composed.card is None
    assert composed.composed is not None
    assert "Ana García thanked Luis Ortega" in composed.text
    assert await stage.count("kudos", "NOT is_private") == 1
    assert len(stage.posts("for the demo")) == 3
    assert not stage.teams.posts(place)
    assert not [call for call in stage.wire.calls if call.name == "POST activities" and place.id in str(call.payload)]
    assert await nothing_is_owed_or_parked(stage)


async def test_the_buttons_of_a_card_from_the_compose_box_work(stage: Stage) -> None:
    place = lunch(stage)
    card = stage.teams.dialogs.send(await sent(stage, await opened(stage, place), "Luis"))
    assert card.buttons == ("Second it",)
    assert "refresh" not in card.payload["attachments"][0]["content"]
    seconded = await stage.teams.press(stage["Tom"], card, "Second it")
    await stage.quiet()
    assert "You seconded" in seconded.body["value"]
    assert "Second it · 1" in str(stage.teams.posts(stage.channel)[0].payload)
    own = await stage.teams.press(stage["Luis"], card, "Second it")
    assert "Seconding is for the others" in own.body["value"]
    assert await stage.count("kudos_second") == 1


async def test_a_card_from_the_compose_box_works_only_where_it_was_made_for(stage: Stage) -> None:
    """Case 16."""
    composed = await sent(stage, await opened(stage, lunch(stage)), "Luis")
    elsewhere = stage.world.channel("teams", "Sales", stage.world.people)
    activity = {"type": "message", "attachments": [{"contentType": CARD, "content": composed.composed}]}
    moved = stage.teams.post_as(stage["Ana"], elsewhere, activity)
    pressed = await stage.teams.press(stage["Tom"], moved, "Second it")
    assert "only in the conversation it was made for" in pressed.body["value"]
    assert await stage.count("kudos_second") == 0


async def test_once_the_bot_is_added_it_posts_by_itself(stage: Stage) -> None:
    place = lunch(stage)
    await opened(stage, place)
    await stage.teams.add_bot(place, by=stage["Ana"])
    await stage.quiet()
    receipt = await sent(stage, await opened(stage, place), "Luis")
    assert receipt.composed is None
    assert [post.text for post in stage.teams.posts(place) if "for the demo" in post.text] != []


async def test_where_the_bot_was_removed_it_is_not_back_because_somebody_asks(stage: Stage) -> None:
    await stage.teams.remove_bot(stage.channel, by=stage["Ana"])
    await stage.quiet()
    composed = await sent(stage, await opened(stage, stage.channel), "Luis")
    assert composed.composed is not None
    assert await stage.count("conversation", "remote_id = :id AND is_gone", id=stage.channel.id) == 1
    assert await nothing_is_owed_or_parked(stage)


async def test_a_chat_between_two_people_is_nobodys_private_chat_with_the_bot(stage: Stage) -> None:
    """What the bot says to one of them must never be said there."""
    chat = stage.world.group("teams", "Ana and Luis", [stage["Ana"], stage["Luis"]], has_bot=False)
    dialog = await opened(stage, chat)
    kind = await stage.sql("SELECT kind, is_gone, member_id FROM conversation WHERE remote_id = :id", id=chat.id)
    assert [tuple(row) for row in kind] == [("group", True, None)]
    assert (await sent(stage, dialog, "Luis", privacy="private")).composed is None


async def test_two_who_open_it_at_once_in_an_unknown_chat_leave_it_unknown(stage: Stage) -> None:
    place = lunch(stage)
    await asyncio.gather(*(opened(stage, place, name) for name in ("Ana", "Luis", "Zoë", "Tom") * 2))
    assert await stage.count("conversation", "remote_id = :id AND is_gone", id=place.id) == 1
    assert await stage.count("conversation", "remote_id = :id", id=place.id) == 1


async def test_a_private_kudos_is_never_put_into_the_compose_box(stage: Stage) -> None:
    receipt = await sent(stage, await opened(stage, lunch(stage)), "Luis", privacy="private")
    assert receipt.composed is None
    assert "Nobody else will see it" in receipt.text
    assert not stage.posts("for the demo")


async def test_another_place_can_be_chosen(stage: Stage) -> None:
    await stage.teams.say(stage["Ana"], stage.channel, "@[Plaudit] /kudos @[Luis] for a start")
    await stage.quiet()
    dialog = await opened(stage, lunch(stage))
    [places] = [each for each in (dialog.card or {})["body"] if each.get("id") == "place"]
    choices = {each["title"]: each["value"] for each in places["choices"]}
    assert list(choices) == ["In this conversation", "General", "In the connected channels"]
    receipt = await sent(stage, dialog, "Luis", place=choices["General"])
    assert receipt.composed is None
    assert len(stage.posts("for the demo")) == 3


async def test_from_a_messages_menu_its_author_is_chosen(stage: Stage) -> None:
    said = await stage.teams.say(stage["Luis"], stage.channel, "the release is out")
    dialog = await opened(stage, stage.channel, about=said.message)
    assert dialog.value("people") == stage["Luis"].aad_id
    assert "on its way" in (await sent(stage, dialog, "Luis")).text
    assert await stage.earned("Luis") == 1


async def test_who_is_chosen_is_named_as_the_picker_names_people(stage: Stage) -> None:
    said = await stage.teams.say(stage["Luis"], stage.channel, "the release is out")
    activity = (await opened(stage, stage.channel, about=said.message)).invoked.activity
    activity["value"]["messagePayload"]["from"]["user"]["id"] = stage["Luis"].teams_id
    again = await stage.teams.reinvoke(activity, new_id=True)
    assert again.faults == ()
    assert stage["Luis"].aad_id in str(again.body)


async def test_on_ones_own_message_nobody_is_chosen(stage: Stage) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, "the release is out")
    assert (await opened(stage, stage.channel, about=said.message)).value("people") == ""


async def test_the_author_of_a_message_may_be_unknown(stage: Stage) -> None:
    said = await stage.teams.say(stage["Mei"], stage.channel, "hello")
    dialog = await opened(stage, stage.channel, about=said.message)
    assert dialog.value("people") == stage["Mei"].aad_id
    await sent(stage, dialog, "Mei")
    accounts = await stage.sql(
        "SELECT remote_id, is_alias FROM identity WHERE remote_id IN (:teams, :aad) ORDER BY is_alias",
        teams=stage["Mei"].teams_id,
        aad=stage["Mei"].aad_id,
    )
    assert [tuple(row) for row in accounts] == [(stage["Mei"].teams_id, False), (stage["Mei"].aad_id, True)]
    assert await stage.count("member", "is_provisional") == 1


@pytest.mark.parametrize(("name", "expected"), [("Gus", "is a guest"), ("Plaudit", "is a bot")])
async def test_a_guest_or_a_bot_as_author_is_refused(stage: Stage, name: str, expected: str) -> None:
    said = await stage.teams.say(stage["Ana"], stage.channel, "hello")
    said.message.author = stage[name]
    refused = await stage.teams.dialogs.extension(stage["Ana"], stage.channel, about=said.message)
    assert refused.invoked.faults == ()
    assert expected in refused.text
    assert await stage.count("member") == LINKED


async def test_a_refused_form_comes_back_filled_in_and_can_be_sent_again(stage: Stage) -> None:
    refused = await sent(stage, await opened(stage, lunch(stage)), "Luis", points="1.5", privacy="private")
    assert "1.5" in refused.text
    held = [refused.value(name) for name in ("people", "message", "points", "privacy")]
    assert held == [stage["Luis"].aad_id, "for the demo #teamwork", "1.5", "private"]
    assert await stage.count("kudos") == 0
    again = await stage.teams.dialogs.submit(refused, "Send", {"points": "2", "privacy": "public"})
    await stage.quiet()
    assert again.composed is not None
    assert await stage.count("kudos", "points_each = 2") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"place": "999999"},
        {"place": "1e3"},
        {"points": "-5"},
        {"points": "1.5"},
        {"points": "9223372036854775808"},
        {"points": "true"},
        {"people": ""},
        {"people": "00000000-0000-0000-0000-000000000000"},
        {"people": "../../v3/conversations"},
        {"message": " "},
        {"message": "x" * 5000},
        {"tags": ",".join(f"tag{number}" for number in range(20))},
    ],
)
async def test_15_17_what_a_changed_client_sends_is_the_servers_to_judge(
    stage: Stage, changed: Mapping[str, str]
) -> None:
    dialog = await opened(stage, lunch(stage))
    data = {**token_of(dialog), **filled(stage, "Luis"), **changed}
    answer = await stage.teams.dialogs.submit_data(dialog, data)
    assert answer.invoked.faults == ()
    assert answer.buttons == ("Send",)
    assert (await stage.count("kudos"), await stage.count("transfer")) == (0, 0)


async def test_23_nobody_thanks_themselves(stage: Stage) -> None:
    for names in (("Ana",), ("Luis", "Ana")):
        refused = await sent(stage, await opened(stage, stage.channel), *names)
        assert "You cannot thank yourself" in refused.text
    assert await stage.allowance_left("Ana") is None


async def test_24_the_allowance_holds_however_many_dialogs_are_open(stage: Stage) -> None:
    dialogs = [await opened(stage, stage.channel) for _ in range(8)]
    values = filled(stage, "Luis", points="10")
    await stage.sql("UPDATE workspace SET pair_points_max = 1000")
    answers = await asyncio.gather(*(stage.teams.dialogs.submit(each, "Send", values) for each in dialogs))
    await stage.quiet()
    assert sum("on its way" in each.text for each in answers) == 5
    assert (await stage.count("kudos"), await stage.allowance_left("Ana")) == (5, 0)


async def test_12_a_form_is_sent_once_however_often_and_whatever_its_id(stage: Stage) -> None:
    dialog = await opened(stage, lunch(stage))
    values = filled(stage, "Luis")
    first = await stage.teams.dialogs.submit(dialog, "Send", values)
    activity = first.invoked.activity
    again = [await stage.teams.reinvoke(activity), await stage.teams.reinvoke(activity, new_id=True)]
    together = await asyncio.gather(*(stage.teams.reinvoke(activity, new_id=True) for _ in range(6)))
    await stage.quiet()
    assert [invoked.faults for invoked in (*again, *together)] == [()] * 8
    assert all("already done" in invoked.body["task"]["value"] for invoked in (*again, *together))
    assert await stage.count("kudos") == 1


async def test_12_a_dialog_that_is_asked_for_again_is_the_same_one(stage: Stage) -> None:
    first = await opened(stage, stage.channel)
    again = await stage.teams.reinvoke(first.invoked.activity)
    other = await opened(stage, stage.channel)
    assert again.body == first.invoked.body
    assert token_of(other) != token_of(first)


async def test_16_somebody_elses_dialog_cannot_be_sent(stage: Stage) -> None:
    dialog = await opened(stage, stage.channel)
    data = {**token_of(dialog), **filled(stage, "Zoë")}
    stolen = await stage.teams.dialogs.submit_data(dialog, data, by=stage["Luis"])
    assert "for somebody else" in stolen.text
    assert stolen.card is None
    assert await stage.count("kudos") == 0


async def test_16_somebody_elses_dialog_does_not_become_ones_own(stage: Stage) -> None:
    """Not even where the refusal is about the people in it, which gives a form of one's own back."""
    dialog = await opened(stage, stage.channel)
    data = {**token_of(dialog), **filled(stage, "Gus")}
    stolen = await stage.teams.dialogs.submit_data(dialog, data, by=stage["Luis"])
    assert stolen.invoked.faults == ()
    assert stolen.card is None
    assert (await stage.teams.dialogs.submit_data(dialog, data)).buttons == ("Send",)


async def test_36_a_dialog_that_is_too_old_is_closed(stage: Stage) -> None:
    dialog = await opened(stage, stage.channel)
    await stage.sql("UPDATE action_token SET expires_at = clock_timestamp() - interval '1 second'")
    closed = await sent(stage, dialog, "Luis")
    assert "This has closed" in closed.text
    assert await stage.count("kudos") == 0


@pytest.mark.parametrize(
    "data", [{}, {"token": ""}, {"token": "AAAAAAAAAAAAAAAAAAAAAA"}, {"token": 5}, {"token": "💥"}]
)
async def test_15_a_token_that_we_never_made_is_closed(stage: Stage, data: Mapping[str, object]) -> None:
    dialog = await opened(stage, stage.channel)
    answer = await stage.teams.dialogs.submit_data(dialog, {**filled(stage, "Luis"), **data})
    assert answer.invoked.faults == ()
    assert "This has closed" in answer.text
    assert await stage.count("kudos") == 0


HOSTILE = "@everyone <at>Luis</at> <b>bold</b> [x](http://evil) {{name}} {%x%} ${y} *hi*"


async def test_18_19_20_words_stay_words(stage: Stage) -> None:
    composed = await sent(stage, await opened(stage, lunch(stage)), "Luis", message=HOSTILE)
    assert HOSTILE in composed.text.replace("\u2060", "")
    assert composed.composed is not None
    mentioned = [each["mentioned"]["name"] for each in composed.composed["msteams"]["entities"]]
    assert sorted(mentioned) == ["Ana García", "Luis Ortega"]


async def test_37_names_in_the_payload_name_nobody(stage: Stage) -> None:
    """Whoever is chosen is chosen by id; a `displayName` proves nothing."""
    said = await stage.teams.say(stage["Zoë"], stage.channel, "hello")
    dialog = await opened(stage, stage.channel, about=said.message)
    activity = dialog.invoked.activity
    activity["value"]["messagePayload"]["from"]["user"]["displayName"] = "Luis Ortega"
    again = await stage.teams.reinvoke(activity, new_id=True)
    [people] = [each for each in again.body["task"]["value"]["card"]["content"]["body"] if each.get("id") == "people"]
    assert people["value"] == stage["Zoë"].aad_id


async def test_a_pick_nobody_knows_is_found_in_a_team_of_ours(stage: Stage) -> None:
    """Mei has no private chat with the bot and is not in the chat where she is thanked."""
    place = stage.world.group("teams", "Pair", [stage["Ana"], stage["Luis"]], has_bot=False)
    composed = await sent(stage, await opened(stage, place), "Mei")
    assert "thanked Mei" in composed.text
    [mei] = await stage.sql(
        "SELECT is_provisional, email FROM member JOIN profile ON member_id = member.id WHERE display_name LIKE 'Mei%'"
    )
    assert (mei.is_provisional, mei.email) == (True, stage["Mei"].email)


async def test_a_pick_nobody_knows_is_found_by_their_own_chat(stage: Stage) -> None:
    stage.channel.members.remove(stage["Mei"])
    await stage.teams.install(stage["Mei"])
    await stage.quiet()
    await stage.sql("DELETE FROM identity WHERE remote_id IN (:a, :b)", a=stage["Mei"].teams_id, b=stage["Mei"].aad_id)
    assert "on its way" in (await sent(stage, await opened(stage, stage.channel), "Mei")).text


async def test_a_pick_that_no_roster_shows_is_refused_with_what_to_do(stage: Stage) -> None:
    stage.channel.members.remove(stage["Mei"])
    refused = await sent(stage, await opened(stage, stage.channel), "Mei")
    assert "I cannot look up one of the people you chose" in refused.text
    assert refused.value("people") == stage["Mei"].aad_id
    assert await stage.count("member") == LINKED


async def test_a_guest_cannot_be_picked(stage: Stage) -> None:
    refused = await sent(stage, await opened(stage, stage.channel), "Gus")
    assert "is a guest here" in refused.text
    assert await stage.count("member") == LINKED


async def test_a_guest_gets_no_form(stage: Stage) -> None:
    for place in (stage.channel, lunch(stage)):
        refused = await stage.teams.dialogs.extension(stage["Gus"], place)
        assert refused.invoked.faults == ()
        assert "You are a guest here" in refused.text
        assert refused.buttons == ()


async def test_a_sender_that_is_known_by_object_id_alone_is_recognised(stage: Stage) -> None:
    await stage.sql("DELETE FROM identity WHERE remote_id = :id", id=stage["Ana"].teams_id)
    await opened(stage, lunch(stage))
    assert await stage.count("member") == LINKED
    assert await stage.count("identity", "remote_id = :id", id=stage["Ana"].teams_id) == 1


async def test_a_sender_whom_no_roster_shows_learns_what_to_do(stage: Stage) -> None:
    stage.channel.members.remove(stage["Mei"])
    refused = await stage.teams.dialogs.extension(stage["Mei"], lunch(stage))
    assert refused.invoked.faults == ()
    assert "I do not know you yet" in refused.text
    assert await stage.count("member") == LINKED


async def test_a_sender_is_found_in_a_team_of_ours(stage: Stage) -> None:
    dialog = await opened(stage, lunch(stage), "Mei")
    assert dialog.buttons == ("Send",)
    assert await stage.count("member", "NOT is_provisional") == LINKED + 1


async def test_whoever_left_gets_no_form(stage: Stage) -> None:
    await stage.sql("UPDATE member SET status = 'left' WHERE id = :id", id=stage.member("Tom"))
    refused = await stage.teams.dialogs.extension(stage["Tom"], lunch(stage))
    assert "Your membership has ended" in refused.text


async def test_a_directory_that_does_not_answer_is_said_so_in_the_dialog(stage: Stage) -> None:
    stage.teams.faults.fail(status=503, name="GET members")
    answer = await stage.teams.dialogs.extension(stage["Mei"], stage.channel)
    assert answer.invoked.faults == ()
    assert "I cannot ask the directory" in answer.text
    assert stage.teams.faults.pending == 0
    assert (await opened(stage, stage.channel, "Mei")).buttons == ("Send",)


async def test_another_tenant_gets_nothing(stage: Stage) -> None:
    dialog = await opened(stage, stage.channel)
    foreign = "99999999-0000-0000-0000-000000000000"
    activity = dialog.invoked.activity
    activity["channelData"]["tenant"]["id"] = activity["conversation"]["tenantId"] = foreign
    assert (await stage.teams.reinvoke(activity, new_id=True)).status == 403


def token_of(dialog: Dialog) -> Mapping[str, str]:
    """The data of the button that sends the form."""
    assert dialog.card is not None
    [data] = [
        dict(action["data"])
        for block in dialog.card["body"]
        if block["type"] == "ActionSet"
        for action in block["actions"]
        if action["title"] == "Send"
    ]
    return data


CARD = "application/vnd.microsoft.card.adaptive"
