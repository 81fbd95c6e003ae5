"""Campaigns where people are: nominated, voted in three chats, counted once, told everywhere."""

import asyncio
import json
import re
from typing import Any

import pytest

from bots.simulator import Message
from bots.ticker import move_campaigns
from tests.conversations.ballots import (
    NAME,
    begun,
    candidacy,
    cards,
    end,
    in_voting,
    slash,
    stocked,
    tick,
    vote_in_slack,
    vote_in_teams,
    vote_in_telegram,
)
from tests.conversations.stage import Stage
from tests.conversations.telegram_forms import chat, press, said

RECEIPT = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}")


def public(stage: Stage, platform: str, containing: str) -> Message:
    [found] = [each for each in cards(stage, containing) if each.conversation.platform == platform]
    return found


async def test_a_whole_campaign_over_three_chats(stage: Stage) -> None:
    await begun(stage)
    assert len(cards(stage, "Nominate a colleague and say why")) == 3
    told = await slash(stage, "/nominate", f'@[Luis] "{NAME}" he listens', "Tom")
    assert "You nominated" in told
    assert "Take back" in told
    await stage.teams.say(stage["Priya"], stage.channel, f'@[Plaudit] nominate @[Zoë] "{NAME}" she never gives up')
    spoken = await stage.telegram.say(stage["Luis"], stage.group, "good morning")
    await stage.telegram.reply(stage["Zoë"], spoken.message, "/nominate he knows everything")
    await stage.quiet()
    assert await stage.count("nomination") == 3
    assert len(cards(stage, "2 candidates: Luis Ortega")) == 3, "one card in each place, edited"
    await slash(stage, "/admin", f'campaign next "{NAME}"')
    assert len(cards(stage, "Nobody sees how you vote")) == 3
    assert len(cards(stage, "Turnout: 0 of 5")) == 3
    assert "is in the box" in await vote_in_slack(stage, "Ana", "Luis")
    assert "is in the box" in await vote_in_teams(stage, "Tom", "Luis")
    assert "is in the box" in await vote_in_telegram(stage, "Priya", "Zoë")
    assert len(cards(stage, "Turnout: 3 of 5")) == 3
    await end(stage)
    results = cards(stage, "Results: ")
    assert len(results) == 3
    for message in results:
        assert "Luis Ortega wins with 2 votes" in message.text
        assert "he listens" in message.text
        assert "Turnout: 3 of 5" in message.text
    assert len(cards(stage, "earned the badge")) == 3
    assert await stage.earned("Luis") == 500
    assert await stage.count("outbox", "state = 'parked'") == 0


async def test_nothing_public_tells_who_is_ahead(stage: Stage) -> None:
    await in_voting(stage)
    await vote_in_slack(stage, "Ana", "Luis")
    await vote_in_slack(stage, "Priya", "Luis")
    shown = [message.text for message in stage.posts(NAME)]
    assert shown
    assert not any("wins" in text or "votes" in text for text in shown)
    seen = await slash(stage, "/campaigns", f'"{NAME}"')
    assert "Turnout: 2 of 5" in seen
    assert "votes" not in seen
    assert "No campaign has ended yet" in await slash(stage, "/results")


async def test_34_one_person_votes_in_three_chats_at_once_and_counts_once(stage: Stage) -> None:
    await in_voting(stage)
    first = await vote_in_slack(stage, "Ana", "Luis")
    assert "is in the box" in first
    assert "You have voted" in await slash(stage, "/vote")
    await stage.teams.install(stage["Ana"])
    await stage.teams.say(stage["Ana"], stage.world.personal("teams", stage["Ana"]), "vote")
    await stage.telegram.press_start(stage["Ana"])
    await stage.telegram.say(stage["Ana"], chat(stage), "/vote")
    await stage.quiet()
    assert "votes there are final" in stage.teams.posts(stage.world.personal("teams", stage["Ana"]))[-1].text
    assert "votes there are final" in said(stage)
    assert await stage.count("vote") == 1


async def test_forms_that_were_open_in_two_chats_are_one_ballot(stage: Stage) -> None:
    await in_voting(stage)
    ana, choice = stage["Ana"], await candidacy(stage, "Luis")
    await stage.teams.install(ana)
    await stage.teams.say(ana, stage.world.personal("teams", ana), "vote")
    await stage.quiet()
    form = stage.teams.posts(stage.world.personal("teams", ana))[-1]
    await stage.slack.slash(ana, stage.slack_channel, "/vote", "")
    view = await stage.slack.wait_for_view(ana)
    await asyncio.gather(
        *(stage.teams.press(ana, form, "Send my vote", {"choices": choice}) for _ in range(4)),
        stage.slack.submit(view, {"choices": choice}),
    )
    await stage.quiet()
    assert await stage.count("vote") == 1


async def test_a_receipt_shows_the_ballot_after_the_close(stage: Stage) -> None:
    await in_voting(stage)
    told = await vote_in_slack(stage, "Ana", "Zoë")
    [code] = RECEIPT.findall(told)
    assert "is in the box of" in await slash(stage, "/results", f"receipt {code}")
    await end(stage)
    assert "counted in" in await slash(stage, "/results", f"receipt {code.lower()}")
    assert "for Zoë Müller" in await slash(stage, "/results", f"receipt {code}")
    assert "No ballot has the receipt" in await slash(stage, "/results", "receipt AAAA-BBBB-CCCC-DDDD")
    assert "No ballot has the receipt" in await slash(stage, "/results", "receipt")


REFUSED: list[tuple[str, str, str, str]] = [
    ("/nominate", f'@[Ana] "{NAME}" me', "Ana", "nobody nominates themselves"),
    ("/nominate", f'@[Luis] "{NAME}"', "Ana", "Why this person?"),
    ("/nominate", f'"{NAME}" somebody', "Ana", "Whom do you nominate?"),
    ("/nominate", f'@[Luis] @[Tom] "{NAME}" both', "Ana", "You named 2 people"),
    ("/nominate", f'@luis "{NAME}" x', "Ana", "I cannot tell who"),
    ("/nominate", f'@[Other Bot] "{NAME}" beep', "Ana", "is a bot"),
    ("/nominate", f'@[Gus] "{NAME}" x', "Ana", "is a guest"),
    ("/nominate", '@[Luis] "Something else" x', "Ana", "I know no campaign called"),
    ("/nominate", "withdraw @[Luis]", "Ana", "You have no nomination of that person"),
    ("/nominate", "decline", "Ana", "does not stand in this campaign"),
    ("/vote", "", "Ana", "No campaign is under way in which this is possible"),
    ("/vote", f'"{NAME}"', "Ana", "Voting in Best colleague begins on"),
    ("/admin", f'campaign next "{NAME}"', "Tom", "Only administrators and coordinators"),
    ("/admin", f'campaign open "{NAME}"', "Ana", "has a campaign under way"),
    ("/admin", f'campaign cancel "{NAME}"', "Ana", "Say why"),
    ("/admin", "campaign", "Ana", "Say what to do with the campaign"),
    ("/admin", 'campaign open "No such badge"', "Ana", "I know no badge of that name"),
    ("/admin", f'campaign tie @[Luis] "{NAME}"', "Ana", "There is no tie in"),
]


@pytest.mark.parametrize(("verb", "words", "name", "says"), REFUSED, ids=[row[3][:30] for row in REFUSED])
async def test_what_is_refused_says_the_rule(stage: Stage, verb: str, words: str, name: str, says: str) -> None:
    await begun(stage)
    assert says in await slash(stage, verb, words, name)
    assert await stage.count("nomination") == await stage.count("vote") == 0


async def test_the_same_person_twice_and_over_the_limit(stage: Stage) -> None:
    await begun(stage)
    await slash(stage, "/nominate", f'@[Luis] "{NAME}" he listens', "Tom")
    assert "already, and once is enough" in await slash(stage, "/nominate", f'@[Luis] "{NAME}" again', "Tom")
    assert "everybody nominates 1 at most" in await slash(stage, "/nominate", f'@[Zoë] "{NAME}" also', "Tom")


async def test_36_after_the_end_an_old_ballot_is_refused_by_the_clock(stage: Stage) -> None:
    await in_voting(stage)
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/vote", "")
    view = await stage.slack.wait_for_view(stage["Ana"])
    await stage.sql(
        "UPDATE campaign SET starts_at = now() - INTERVAL '9 days', nominations_end_at = now() - INTERVAL '8 days',"
        " voting_end_at = now() - INTERVAL '1 second'"
    )
    answer = await stage.slack.submit(view, {"choices": await candidacy(stage, "Luis")})
    assert "no vote is taken any more" in json.dumps(answer.json())
    assert await stage.count("vote") == 0


async def test_a_candidate_who_declined_cannot_be_voted_for(stage: Stage) -> None:
    await in_voting(stage)
    choice = await candidacy(stage, "Luis")
    await stage.slack.slash(stage["Ana"], stage.slack_channel, "/vote", "")
    view = await stage.slack.wait_for_view(stage["Ana"])
    assert "You do not stand in" in await slash(stage, "/nominate", "decline", "Luis")
    answer = await stage.slack.submit(view, {"choices": choice})
    assert "does not stand in" in json.dumps(answer.json())
    assert "any more" in json.dumps(answer.json())
    assert await stage.count("vote") == 0


async def test_a_nominee_is_told_and_declines_by_the_button(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Luis"])
    await begun(stage)
    await slash(stage, "/nominate", f'@[Luis] "{NAME}" he listens <b>', "Tom")
    private = stage.world.personal("telegram", stage["Luis"])
    [notice] = [message for message in stage.telegram.posts(private) if "You are nominated for" in message.text]
    assert "he listens <b>" in notice.text
    await stage.telegram.press(stage["Luis"], notice, "I do not want to stand")
    await stage.quiet()
    assert await stage.count("candidacy", "state = 'declined'") == 1
    assert "does not want to stand" in await slash(stage, "/nominate", f'@[Luis] "{NAME}" please', "Priya")


async def test_a_nomination_is_taken_back_by_its_button(stage: Stage) -> None:
    await begun(stage)
    await slash(stage, "/nominate", f'@[Luis] "{NAME}" he listens', "Tom")
    [receipt] = stage.slack.posts(stage.slack_channel, visible_to=stage["Tom"])
    await stage.slack.press(stage["Tom"], receipt, "Take back")
    await stage.quiet()
    assert "is taken back" in receipt.text
    assert len(cards(stage, "Nobody is nominated yet")) == 3


async def test_16_the_buttons_are_their_readers_alone(stage: Stage) -> None:
    await begun(stage)
    await slash(stage, "/nominate", f'@[Luis] "{NAME}" he listens', "Tom")
    [receipt] = stage.slack.posts(stage.slack_channel, visible_to=stage["Tom"])
    await stage.slack.press(stage["Ana"], receipt, "Take back")
    await stage.quiet()
    assert await stage.count("nomination", "withdrawn_at IS NULL") == 1


async def test_15_a_ballot_cannot_name_somebody_who_does_not_stand(stage: Stage) -> None:
    await in_voting(stage)
    await stage.teams.install(stage["Ana"])
    person = stage["Ana"]
    await stage.teams.say(person, stage.world.personal("teams", person), "vote")
    await stage.quiet()
    for forged in ("0", "-1", "999999999999", "1e9", "x", "1,1", str(stage.member("Tom"))):
        form = stage.teams.posts(stage.world.personal("teams", person))[-1]
        answer = await stage.teams.press(person, form, "Send my vote", {"choices": forged})
        assert answer.faults == ()
    await stage.quiet()
    assert await stage.count("vote") == 0


async def test_the_form_of_nominations_in_slack(stage: Stage) -> None:
    await begun(stage)
    card = public(stage, "slack", "Nominate a colleague")
    await stage.slack.press(stage["Tom"], card, "Nominate")
    view = await stage.slack.wait_for_view(stage["Tom"])
    await stage.slack.submit(view, {"people": [stage["Tom"]], "reason": "me"})
    assert "nobody nominates themselves" in json.dumps(view.errors)
    await stage.slack.submit(view, {"people": [stage["Luis"]], "reason": "he listens"})
    await stage.quiet()
    assert await stage.count("nomination", "reason = 'he listens'") == 1


async def test_the_form_of_nominations_step_by_step(stage: Stage) -> None:
    await begun(stage)
    await stage.telegram.press_start(stage["Tom"])
    await stage.telegram.say(stage["Tom"], chat(stage, "Tom"), "/nominate")
    await stage.quiet()
    await press(stage, "👥 Whom do you nominate?", "Tom")
    await stage.telegram.share(stage["Tom"], [stage["Luis"]])
    await stage.quiet()
    await press(stage, "✏️ Why?", "Tom")
    await stage.telegram.say(stage["Tom"], chat(stage, "Tom"), "he listens")
    await stage.quiet()
    await press(stage, "Nominate", "Tom")
    assert any("You nominated" in each.text for each in stage.telegram.posts(chat(stage, "Tom")))
    assert await stage.count("nomination", "reason = 'he listens'") == 1


async def test_the_public_buttons_open_what_is_the_pressers_own(stage: Stage) -> None:
    await in_voting(stage)
    card = public(stage, "slack", "Nobody sees how you vote")
    await stage.slack.press(stage["Ana"], card, "Candidates")
    await stage.quiet()
    shown = stage.slack.posts(stage.slack_channel, visible_to=stage["Ana"])[-1]
    assert "he listens" in shown.text
    await stage.slack.press(stage["Ana"], card, "Vote")
    view = await stage.slack.wait_for_view(stage["Ana"])
    await stage.slack.submit(view, {"choices": await candidacy(stage, "Luis")})
    await stage.quiet()
    assert await stage.count("vote") == 1


async def test_who_has_not_voted_is_reminded_once_and_nobody_else(stage: Stage) -> None:
    for name in ("Ana", "Tom"):
        await stage.telegram.press_start(stage[name])
    await in_voting(stage)
    await vote_in_slack(stage, "Ana", "Luis")
    await stage.sql("UPDATE campaign SET remind_at = now()")
    for _ in range(2):
        await tick(stage)

    def reminders(name: str) -> list[Message]:
        return [each for each in stage.telegram.posts(chat(stage, name)) if "You have not voted" in each.text]

    assert (len(reminders("Ana")), len(reminders("Tom"))) == (0, 1)


async def test_a_reminder_waits_for_the_end_of_quiet_hours(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Tom"])
    await in_voting(stage)
    await stage.sql(
        "UPDATE profile SET quiet_from = CAST(clock_timestamp() AT TIME ZONE 'Etc/UTC' - INTERVAL '1 hour' AS time),"
        " quiet_to = CAST(clock_timestamp() AT TIME ZONE 'Etc/UTC' + INTERVAL '1 hour' AS time), time_zone = 'Etc/UTC'"
        " WHERE member_id = :tom",
        tom=stage.member("Tom"),
    )
    await stage.sql("UPDATE campaign SET remind_at = now()")
    await tick_without_waiting(stage)
    assert not [each for each in stage.telegram.posts(chat(stage, "Tom")) if "You have not voted" in each.text]
    [(state, error)] = await stage.sql(
        "SELECT state, error FROM outbox WHERE kind = 'vote_reminder' AND reference -> 'reader' = to_jsonb(CAST(:tom AS bigint))",
        tom=stage.member("Tom"),
    )
    assert (state, error) == ("pending", "quiet hours")
    await stage.sql("DELETE FROM outbox WHERE state = 'pending'")


async def tick_without_waiting(stage: Stage) -> None:

    await move_campaigns(stage.sessions)
    async with asyncio.timeout(10):
        while await stage.count("outbox", "kind = 'vote_reminder' AND error = '' AND state IN ('pending', 'sending')"):
            stage.application.deliverer.bell.ring()
            await asyncio.sleep(0.05)


async def test_votes_change_and_are_taken_back_where_allowed(stage: Stage) -> None:
    await in_voting(stage, allow_vote_change=True)
    await vote_in_slack(stage, "Ana", "Luis")
    told = await vote_in_slack(stage, "Ana", "Zoë")
    assert "You vote for Zoë Müller" in told
    receipt = stage.slack.posts(stage.slack_channel, visible_to=stage["Ana"])[-1]
    await stage.slack.press(stage["Ana"], receipt, "Take back")
    await stage.quiet()
    assert await stage.count("vote") == 0
    assert len(cards(stage, "Turnout: 0 of 5")) == 3


async def test_a_tie_is_decided_by_the_button_of_the_notice(stage: Stage) -> None:
    await stage.telegram.press_start(stage["Ana"])
    await in_voting(stage, tie_rule="admin")
    await vote_in_slack(stage, "Ana", "Luis")
    await vote_in_slack(stage, "Tom", "Zoë")
    await end(stage)
    assert len(cards(stage, "An organiser decides between them")) == 6  # the results, and the card of the campaign
    [notice] = [each for each in stage.telegram.posts(chat(stage)) if "You decide" in each.text]
    await stage.telegram.press(stage["Ana"], notice, "Zoë Müller")
    await stage.quiet()
    assert await stage.earned("Zoë") == 500
    assert not cards(stage, "An organiser decides between them")
    assert len([each for each in cards(stage, "Results") if "Zoë Müller wins with 1 vote" in each.text]) == 3


async def test_organisers_add_remove_and_cancel(stage: Stage) -> None:
    await begun(stage, campaign_type="pre_candidates")
    assert "is not on it" in await slash(stage, "/nominate", f'@[Luis] "{NAME}" he listens', "Tom")
    assert "stands in" in await slash(stage, "/admin", f'campaign add @[Luis] "{NAME}" on the shortlist')
    await slash(stage, "/nominate", f'@[Luis] "{NAME}" he listens', "Tom")
    assert "no longer stands in" in await slash(stage, "/admin", f'campaign remove @[Luis] "{NAME}" is on the jury')
    assert "is on the jury" in await slash(stage, "/nominate", f'@[Luis] "{NAME}" please', "Priya")
    await slash(stage, "/admin", f'campaign cancel "{NAME}" we moved it to May')
    assert len(cards(stage, "we moved it to May")) == 3
    assert "No campaign is under way" in await slash(stage, "/campaigns")


async def test_a_comment_stands_beside_the_reasons(stage: Stage) -> None:
    await begun(stage)
    await slash(stage, "/nominate", f'@[Luis] "{NAME}" he listens', "Tom")
    assert "Your comment about" in await slash(stage, "/nominate", "comment @[Luis] well *deserved*", "Priya")
    shown = await slash(stage, "/campaigns", f'"{NAME}"')
    assert "Priya Nair" in shown
    assert "deserved" in shown


async def test_hostile_words_are_shown_as_they_are_and_call_nobody(stage: Stage) -> None:
    await begun(stage)
    await slash(
        stage, "/nominate", f'@[Luis] "{NAME}" he is @everyone @channel <!here> [x](http://evil) {{{{7*7}}}}', "Tom"
    )
    assert await stage.count("nomination") == 1
    seen = await slash(stage, "/campaigns", f'"{NAME}"')
    assert "<!here> [x](http://evil) {{7*7}}" in seen
    markup = [text for sent in stage.wire.messages() if sent.platform == "slack" for text in _markup(sent.payload)]
    assert markup
    assert not [text for text in markup if "<!" in text or "|" in text or "http://evil>" in text]


def _markup(payload: Any) -> list[str]:
    """All that Slack would read as markup in a message."""
    if isinstance(payload, list):
        return [text for each in payload for text in _markup(each)]
    if not isinstance(payload, dict):
        return []
    own = [payload["text"]] if payload.get("type") == "mrkdwn" or "blocks" in payload else []
    blocks = payload.get("blocks", [])
    inner = json.loads(blocks) if isinstance(blocks, str) else blocks
    return [str(text) for text in own if text] + _markup(
        [*inner, *(each for each in payload.values() if each is not blocks)]
    )


async def test_a_campaign_of_nobody_is_cancelled_by_the_clock_and_says_why(stage: Stage) -> None:
    await begun(stage, min_nominations_to_proceed=2)
    await stage.sql("UPDATE campaign SET nominations_end_at = now(), starts_at = now() - INTERVAL '1 day'")
    await tick(stage)
    assert len(cards(stage, "It takes 2 nominations to go on")) == 3


async def test_without_a_badge_for_it_no_campaign(stage: Stage) -> None:
    assert "There is no badge that is given by nominations yet" in await slash(stage, "/admin", "campaign open")
    await stocked(stage)
    await slash(stage, "/admin", "campaign open")
    assert await stage.count("campaign") == 1


async def test_what_is_left_in_the_database_does_not_join_votes_and_voters(stage: Stage) -> None:
    await in_voting(stage)
    voters: dict[str, str] = {"Ana": "Luis", "Tom": "Zoë", "Priya": "Luis"}
    told = [
        await vote_in_slack(stage, "Ana", voters["Ana"]),
        await vote_in_teams(stage, "Tom", voters["Tom"]),
        await vote_in_telegram(stage, "Priya", voters["Priya"]),
    ]
    codes = [RECEIPT.findall(each)[0] for each in told]
    await end(stage)
    assert await stage.count("draft", "kind = 'vote_form'") == 0
    assert await stage.count("campaign", "ballot_key IS NOT NULL") == 0
    assert await stage.count("action_token", "verb = 'vote_send' AND argument LIKE '%,%'") == 0
    chosen = {str(each) for each in [await candidacy(stage, "Luis"), await candidacy(stage, "Zoë")]}
    for table, column in (("outbox", "reference"), ("outbox", "address"), ("inbox", "body"), ("post", "address")):
        for (value,) in await stage.sql(f"SELECT CAST({column} AS text) FROM {table}"):
            assert not any(code in (value or "") for code in codes), table
            assert '"choices"' not in (value or ""), table
    # Tokens of candidates are made for every candidate that was shown, not for the one that was chosen.
    rows = await stage.sql(
        "SELECT argument FROM action_token WHERE verb = 'form_step' AND argument LIKE '%\"choices\"%'"
    )
    offered = {json.loads(argument)[3] for (argument,) in rows if json.loads(argument)[1] == "set"}
    assert offered in (set(), chosen)
    assert await _joined_by_transaction(stage) == 0


async def _joined_by_transaction(stage: Stage) -> int:
    found: Any = await stage.sql(
        "SELECT count(*) FROM vote WHERE xmin IN (SELECT xmin FROM inbox UNION ALL SELECT xmin FROM outbox"
        " WHERE reference ? 'reader' AND kind <> 'badge_notice' UNION ALL SELECT xmin FROM press)"
    )
    return int(found[0][0])
