"""Proves that campaigns were counted right and that nothing is left that joins a vote to its voter; see core.points.verify."""

from core.badges.verify import CHECKS as AWARDS
from core.points.verify import Check

_COUNT = """
SELECT candidacy.workspace_id, 'candidacy ' || candidacy.id, count(vote.choice) || ' votes', candidacy.votes || ' votes'
FROM candidacy JOIN campaign ON campaign.workspace_id = candidacy.workspace_id AND campaign.id = candidacy.campaign_id
LEFT JOIN vote ON vote.workspace_id = candidacy.workspace_id AND vote.ballot_id = candidacy.campaign_id
     AND vote.choice = candidacy.id
WHERE campaign.state = 'closed' AND candidacy.votes IS NOT NULL
GROUP BY candidacy.workspace_id, candidacy.id, candidacy.votes HAVING count(vote.choice) <> candidacy.votes
"""

_BALLOTS = """
SELECT campaign.workspace_id, 'campaign ' || campaign.id, count(vote.ordinal) || ' ballots', campaign.ballots || ' ballots'
FROM campaign LEFT JOIN vote ON vote.workspace_id = campaign.workspace_id AND vote.ballot_id = campaign.id AND vote.ordinal = 1
WHERE campaign.state = 'closed' GROUP BY campaign.workspace_id, campaign.id, campaign.ballots
HAVING count(vote.ordinal) IS DISTINCT FROM campaign.ballots
"""

# Who took part and was merged into somebody who did too is on the roll once.
_ROLL = """
SELECT campaign.workspace_id, 'campaign ' || campaign.id, 'at most ' || campaign.ballots || ' who took part', count(*)
FROM campaign JOIN ballot_roll ON ballot_roll.workspace_id = campaign.workspace_id AND ballot_roll.campaign_id = campaign.id
GROUP BY campaign.workspace_id, campaign.id, campaign.ballots HAVING count(*) > coalesce(campaign.ballots, 0)
"""

_WINNER = """
SELECT candidacy.workspace_id, 'candidacy ' || candidacy.id, 'the first place, with votes',
       coalesce('place ' || candidacy.place, 'no place') || ', ' || coalesce(candidacy.votes, 0) || ' votes'
FROM candidacy WHERE is_winner AND (place IS DISTINCT FROM 1 OR coalesce(votes, 0) = 0)
"""

_WINNERS = """
SELECT campaign.workspace_id, 'campaign ' || campaign.id,
       CASE campaign.outcome WHEN 'won' THEN '1 winner' WHEN 'shared' THEN 'several winners' ELSE 'no winner' END,
       count(candidacy.id) || ' winners'
FROM campaign LEFT JOIN candidacy ON candidacy.workspace_id = campaign.workspace_id AND candidacy.campaign_id = campaign.id
     AND candidacy.is_winner
GROUP BY campaign.workspace_id, campaign.id, campaign.outcome
HAVING CASE campaign.outcome WHEN 'won' THEN count(candidacy.id) <> 1 WHEN 'shared' THEN count(candidacy.id) < 2
       ELSE count(candidacy.id) > 0 END
"""

_VOTE_ASTRAY = """
SELECT vote.workspace_id, 'ballot ' || vote.ballot_id, 'a candidate of the campaign', 'candidacy ' || vote.choice
FROM vote LEFT JOIN candidacy ON candidacy.workspace_id = vote.workspace_id AND candidacy.id = vote.choice
     AND candidacy.campaign_id = vote.ballot_id
LEFT JOIN campaign ON campaign.workspace_id = vote.workspace_id AND campaign.id = vote.ballot_id
     AND campaign.state IN ('voting', 'closed')
WHERE candidacy.id IS NULL OR campaign.id IS NULL
"""

_OVER_LIMIT = """
SELECT vote.workspace_id, 'ballot ' || vote.ballot_id, coalesce(campaign.config ->> 'max_votes_per_user', '1') || ' choices at most',
       count(*) || ' choices'
FROM vote JOIN campaign ON campaign.workspace_id = vote.workspace_id AND campaign.id = vote.ballot_id
GROUP BY vote.workspace_id, vote.ballot_id, vote.voter_tag, campaign.config
HAVING count(*) > coalesce((campaign.config ->> 'max_votes_per_user')::bigint, 1) OR count(*) <> count(DISTINCT vote.choice)
"""

NOMINATIONS = (
    Check("campaign_count", "a candidate has as many votes as were cast for them", _COUNT),
    Check("campaign_ballots", "a campaign has as many ballots as it tells", _BALLOTS),
    Check("campaign_roll", "nobody is on the roll who did not vote", _ROLL),
    Check("campaign_winner", "who won has the first place", _WINNER),
    Check("campaign_winners", "a campaign has as many winners as its outcome says", _WINNERS),
    Check("vote_astray", "a vote is for a candidate of its campaign", _VOTE_ASTRAY),
    Check("vote_over_limit", "a ballot holds no more choices than allowed, and each once", _OVER_LIMIT),
)

CHECKS = (*AWARDS, *NOMINATIONS)
"""All that `plaudit verify` asks, in this order."""
