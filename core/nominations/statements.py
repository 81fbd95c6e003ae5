"""The statements of campaigns. Windows are decided by the database's clock; who comes second waits, and then finds out."""

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from core import outbox
from core.database import Hot
from core.nominations.secrecy import TAG
from core.people import modes

# What a voter has to know of a campaign, which nobody moves before the end of the transaction.
HOLD = Hot(
    text(
        "SELECT name, state, CAST(config AS text) AS config, ballot_key, nominations_end_at, voting_end_at, ended_at FROM campaign"
        " WHERE workspace_id = :workspace_id AND id = :campaign_id FOR SHARE"
    )
)

# One ballot a voter: the first choice is its lock. One that was cast is changed where the campaign allows it, or where somebody it
# was for stands no more. The campaign is held by now (see queries.hold), so that what is read here is what is true. The public card's edit is owed with it; one that is owed already is left alone, so
# that voters do not wait for one another.
CAST = Hot(
    text("""
WITH ballot AS (
    SELECT id FROM campaign WHERE workspace_id = :workspace_id AND id = :campaign_id AND state = 'voting'
      AND voting_end_at > clock_timestamp()
      AND EXISTS (SELECT FROM member WHERE member.workspace_id = :workspace_id AND member.id = :voter_id
                  AND member.status <> 'left' AND member.merged_into IS NULL)
),
chosen AS (
    SELECT candidacy.id, given.ordinal, candidacy.member_id = :voter_id AND NOT CAST(:may_be_own AS boolean) AS is_own
    FROM ballot, unnest(CAST(:choices AS bigint[])) WITH ORDINALITY AS given(id, ordinal)
    JOIN candidacy ON candidacy.workspace_id = :workspace_id AND candidacy.campaign_id = :campaign_id
         AND candidacy.id = given.id AND candidacy.state = 'standing'
),
kept AS (
    INSERT INTO vote (workspace_id, ballot_id, voter_tag, ordinal, choice)
    SELECT :workspace_id, :campaign_id, :tag, 1, id FROM chosen
    WHERE ordinal = 1 AND (SELECT count(*) FROM chosen WHERE NOT is_own) = cardinality(CAST(:choices AS bigint[]))
    ON CONFLICT (workspace_id, ballot_id, voter_tag, ordinal) DO UPDATE SET choice = excluded.choice
    WHERE CAST(:may_change AS boolean)
       OR NOT EXISTS (SELECT FROM candidacy WHERE workspace_id = :workspace_id AND id = vote.choice AND state = 'standing')
       OR EXISTS (
        SELECT FROM vote AS further JOIN candidacy ON candidacy.workspace_id = further.workspace_id
        AND candidacy.id = further.choice WHERE further.workspace_id = :workspace_id
        AND further.ballot_id = :campaign_id AND further.voter_tag = :tag AND candidacy.state <> 'standing')
    RETURNING xmax = 0 AS is_new
),
told AS (
    UPDATE outbox SET revision = revision + 1, attempts = 0, ambiguous = 0, error = '', not_before = clock_timestamp(),
           state = CASE WHEN outbox.state = 'sending' THEN outbox.state ELSE 'pending' END
    FROM kept WHERE kept.is_new AND outbox.workspace_id = :workspace_id AND outbox.dedup_key >= CAST(:first AS text)
      AND outbox.dedup_key < CAST(:last AS text) AND outbox.kind = 'campaign_card' AND outbox.state <> 'pending'
)
SELECT (SELECT count(*) FROM ballot) AS open, ARRAY(SELECT id FROM chosen) AS standing,
       EXISTS (SELECT FROM chosen WHERE is_own) AS is_own, (SELECT is_new FROM kept) AS is_new
""")
)

# What a vote leaves to be told, see CAST: a card that was on its way without the latest of them.
FRESHEN = text("""
WITH counted AS (
    SELECT campaign.workspace_id, campaign.id, count(vote.ordinal) AS ballots
    FROM campaign LEFT JOIN vote ON vote.workspace_id = campaign.workspace_id AND vote.ballot_id = campaign.id AND vote.ordinal = 1
    WHERE campaign.state = 'voting' GROUP BY campaign.workspace_id, campaign.id
),
changed AS (
    UPDATE campaign SET told_ballots = counted.ballots FROM counted
    WHERE campaign.workspace_id = counted.workspace_id AND campaign.id = counted.id AND campaign.state = 'voting'
      AND campaign.told_ballots <> counted.ballots
    RETURNING campaign.workspace_id, campaign.id
)
UPDATE outbox SET revision = revision + 1, attempts = 0, ambiguous = 0, error = '', not_before = clock_timestamp(),
       state = CASE WHEN outbox.state = 'sending' THEN outbox.state ELSE 'pending' END
FROM changed WHERE outbox.workspace_id = changed.workspace_id
  AND outbox.dedup_key >= concat('campaign\\:', changed.id, '\\:in\\:') AND outbox.dedup_key < concat('campaign\\:', changed.id, '\\:in;')
  AND outbox.kind = 'campaign_card'
RETURNING changed.id
""")

# The further choices of a ballot whose first one this transaction holds.
FURTHER = (
    text(
        "DELETE FROM vote WHERE workspace_id = :workspace_id AND ballot_id = :campaign_id AND voter_tag = :tag AND ordinal > 1"
    ),
    text(
        "INSERT INTO vote (workspace_id, ballot_id, voter_tag, ordinal, choice) SELECT :workspace_id, :campaign_id, :tag,"
        " given.ordinal, given.id FROM unnest(:choices) WITH ORDINALITY AS given(id, ordinal) WHERE given.ordinal > 1"
    ).bindparams(bindparam("choices", type_=ARRAY(BigInteger))),
)
TAKE_OUT = text(
    "DELETE FROM vote WHERE workspace_id = :workspace_id AND ballot_id = :campaign_id AND voter_tag = :tag RETURNING ordinal"
)

# Candidates who left the company since stand for nothing; their votes count for nobody.
TALLY = Hot(
    text("""
WITH counted AS (
    SELECT choice, count(*) AS votes FROM vote WHERE workspace_id = :workspace_id AND ballot_id = :campaign_id GROUP BY choice
),
placed AS (
    SELECT candidacy.id, coalesce(counted.votes, 0) AS votes, rank() OVER (ORDER BY coalesce(counted.votes, 0) DESC) AS place
    FROM candidacy JOIN member ON member.workspace_id = candidacy.workspace_id AND member.id = candidacy.member_id
    LEFT JOIN counted ON counted.choice = candidacy.id
    WHERE candidacy.workspace_id = :workspace_id AND candidacy.campaign_id = :campaign_id AND candidacy.state = 'standing'
      AND member.status <> 'left' AND member.merged_into IS NULL
),
kept AS (
    UPDATE candidacy SET votes = placed.votes, place = placed.place FROM placed
    WHERE candidacy.workspace_id = :workspace_id AND candidacy.id = placed.id
    RETURNING candidacy.id, candidacy.member_id, candidacy.votes, candidacy.place, candidacy.stood_at
)
SELECT id, member_id, votes, place FROM kept ORDER BY place, stood_at, id
""")
)

# Both are written anew, all at once and in orders of their own, so that neither the order of rows nor the transaction that wrote
# them says which vote is whose.
ROLL = text(f"""
INSERT INTO ballot_roll (workspace_id, campaign_id, member_id)
SELECT :workspace_id, :campaign_id, member.id FROM member JOIN vote ON vote.workspace_id = member.workspace_id
     AND vote.ballot_id = :campaign_id AND vote.ordinal = 1 AND vote.voter_tag = {TAG}
WHERE member.workspace_id = :workspace_id ORDER BY member.id
""")  # noqa: S608 - constants of this code
SHUFFLE = text("""
WITH taken AS (
    DELETE FROM vote WHERE workspace_id = :workspace_id AND ballot_id = :campaign_id RETURNING voter_tag, ordinal, choice
)
INSERT INTO vote (workspace_id, ballot_id, voter_tag, ordinal, choice)
SELECT :workspace_id, :campaign_id, voter_tag, ordinal, choice FROM taken ORDER BY voter_tag, ordinal
""")

# Ballots that were begun where forms are filled in step by step, and never sent.
FORGET_BEGUN = text(
    "DELETE FROM draft WHERE workspace_id = :workspace_id AND kind = 'vote_form'"
    " AND reference -> 'place' = to_jsonb(CAST(:campaign_id AS bigint))"
)

CARDS = text(f"""
WITH place AS (
    SELECT concat_ws(':', platform, tenant, remote_id) AS scope,
           {modes.ADDRESS} AS address
    FROM conversation WHERE workspace_id = :workspace_id AND NOT is_gone
      AND (({modes.NOT_SILENT}) OR (id = CAST(:conversation_id AS bigint) AND kind <> 'personal'))
),
paced AS (INSERT INTO outbox_scope (scope) SELECT scope FROM place ORDER BY scope ON CONFLICT DO NOTHING)
INSERT INTO outbox (workspace_id, dedup_key, scope, kind, address, reference, priority)
SELECT :workspace_id, concat(CAST(:prefix AS text), ':in:', scope), scope, :kind, address,
       jsonb_build_object('campaign', CAST(:campaign_id AS bigint)), {outbox.BROADCAST}
FROM place ORDER BY scope ON CONFLICT (workspace_id, dedup_key) DO NOTHING
""")  # noqa: S608 - constants of this code
