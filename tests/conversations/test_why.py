"""/why: what points are made of, and what stands between somebody and a badge."""

import json

from tests.conversations.stage import Stage
from tests.conversations.test_awards import given
from tests.conversations.test_badges import slash


async def test_points_are_told_by_what_they_were_earned_for(stage: Stage) -> None:
    await slash(stage, "@[Luis] for the demo +5", verb="/kudos")
    await slash(stage, "@[Luis] for the notes", verb="/kudos")
    told = await slash(stage, "", giver="Luis", verb="/why")
    assert "6 points" in told
    assert "2 times" in told
    assert "nothing this month yet" in await slash(stage, "", giver="Zoë", verb="/why")


async def test_a_badge_tells_since_when_from_whom_and_what_is_in_the_way(stage: Stage) -> None:
    await given(stage)
    own = await slash(stage, '"Above and beyond"', giver="Luis", verb="/why")
    assert "Ana" in own
    other = await slash(stage, '@[Luis] "above AND beyond"', verb="/why")
    assert "Luis" in other


async def test_a_badge_that_nobody_knows_is_refused_with_those_there_are(stage: Stage) -> None:
    await given(stage)
    assert "Above and beyond" in await slash(stage, '"Nonsense"', verb="/why")
    assert "private" not in json.dumps(await slash(stage, '@[Luis] "Nonsense"', verb="/why"))
