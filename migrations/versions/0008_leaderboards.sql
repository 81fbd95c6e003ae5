-- Leaderboards: totals per member, measure and period, kept by triggers in the transaction that changes them, and what is
-- made of them now and then: steps of the ranking, snapshots of periods that ended.

-- A zone counts from a minute after it was set: by then every transaction that still knew the old one has ended.
CREATE TABLE workspace_zone (
    workspace_id BIGINT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    zone TEXT NOT NULL,
    CONSTRAINT pk_workspace_zone PRIMARY KEY (workspace_id, since),
    CONSTRAINT fk_workspace_zone_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id)
);
INSERT INTO workspace_zone (workspace_id, since, zone) SELECT id, '-infinity', time_zone FROM workspace;

-- The key begins with the member: what one act writes for a person stands together.
CREATE TABLE leaderboard_total (
    workspace_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    measure VARCHAR(16) COLLATE "C" NOT NULL,
    period VARCHAR(16) COLLATE "C" NOT NULL,
    score BIGINT NOT NULL,
    is_ranked BOOLEAN NOT NULL,
    CONSTRAINT pk_leaderboard_total PRIMARY KEY (workspace_id, member_id, measure, period),
    CONSTRAINT fk_leaderboard_total_workspace_id_member_id FOREIGN KEY(workspace_id, member_id) REFERENCES member (workspace_id, id),
    CONSTRAINT ck_leaderboard_total_measure CHECK (measure IN ('points', 'kudos', 'given', 'badges')),
    CONSTRAINT ck_leaderboard_total_score CHECK (score >= 0)
);

CREATE TABLE leaderboard_step (
    workspace_id BIGINT NOT NULL,
    measure VARCHAR(16) COLLATE "C" NOT NULL,
    period VARCHAR(16) COLLATE "C" NOT NULL,
    score BIGINT NOT NULL,
    members BIGINT NOT NULL,
    CONSTRAINT pk_leaderboard_step PRIMARY KEY (workspace_id, measure, period, score),
    CONSTRAINT fk_leaderboard_step_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id)
);

CREATE TABLE leaderboard_snapshot (
    workspace_id BIGINT NOT NULL,
    measure VARCHAR(16) NOT NULL,
    timeframe VARCHAR(16) NOT NULL,
    period VARCHAR(16) NOT NULL,
    participants BIGINT NOT NULL,
    average NUMERIC(20, 2),
    median NUMERIC(20, 2),
    rankings JSONB DEFAULT '[]' NOT NULL,
    is_current BOOLEAN NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_leaderboard_snapshot PRIMARY KEY (workspace_id, measure, timeframe, period),
    CONSTRAINT fk_leaderboard_snapshot_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id),
    CONSTRAINT ck_leaderboard_snapshot_measure CHECK (measure IN ('points', 'kudos', 'given', 'badges')),
    CONSTRAINT ck_leaderboard_snapshot_participants CHECK (participants >= 0 AND (participants = 0) = (average IS NULL))
);
CREATE UNIQUE INDEX uq_leaderboard_snapshot_current ON leaderboard_snapshot (workspace_id, measure, timeframe) WHERE is_current;

ALTER TABLE member ADD COLUMN hides_rank BOOLEAN DEFAULT false NOT NULL;
CREATE INDEX ix_member_unranked ON member (workspace_id, id) WHERE status = 'left' OR hides_rank;

CREATE INDEX ix_kudos_conversation ON kudos (workspace_id, conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX ix_profile_department ON profile (workspace_id, department) WHERE department IS NOT NULL;
CREATE INDEX ix_profile_location ON profile (workspace_id, location) WHERE location IS NOT NULL;
CREATE INDEX ix_profile_job_code ON profile (workspace_id, job_code) WHERE job_code IS NOT NULL;
CREATE INDEX ix_profile_groups ON profile USING gin (groups);
CREATE INDEX ix_profile_programs ON profile USING gin (programs);

GRANT SELECT, INSERT, UPDATE, DELETE ON workspace_zone, leaderboard_total, leaderboard_step, leaderboard_snapshot
    TO plaudit_app, plaudit_ops;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['workspace_zone', 'leaderboard_total', 'leaderboard_step', 'leaderboard_snapshot'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I TO plaudit_app USING (workspace_id = (SELECT current_workspace()))', name || '_app', name);
        EXECUTE format('CREATE POLICY %I ON %I TO plaudit_ops USING (true)', name || '_ops', name);
    END LOOP;
END $$;

-- The reasons of EARNING_REASONS in core/points/models.py; a test compares them. Whoever adds one replaces this function and
-- counts the history of that reason.
CREATE FUNCTION earning_reasons() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['kudos', 'badge_earned', 'achievement_earned', 'manual_adjustment'];

-- The periods that a local day is in, by the keys of core.clock.
CREATE FUNCTION board_periods(day date) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ARRAY[to_char(day::timestamp, 'YYYY-MM-DD'), to_char(day::timestamp, 'IYYY-"W"IW'), to_char(day::timestamp, 'YYYY-MM'),
                 to_char(day::timestamp, 'YYYY-"Q"Q'), to_char(day::timestamp, 'YYYY'), 'all'];

-- What changes add up to, by the key of a total. What a merged member did counts for the one who lives on. OFFSET 0 keeps the
-- heir a column: behind row-level security no index is asked for the value of a coalesce.
CREATE FUNCTION board_changes(workspaces bigint[], members bigint[], measures text[], moments timestamptz[], changes bigint[])
    RETURNS TABLE(workspace_id bigint, member_id bigint, measure text, period text, change bigint, is_ranked boolean)
    LANGUAGE sql STABLE AS $$
    SELECT counted.workspace_id, living.id, counted.measure, period, sum(counted.change)::bigint,
           bool_and(living.status <> 'left' AND NOT living.hides_rank)
    FROM unnest(workspaces, members, measures, moments, changes) AS counted(workspace_id, member_id, measure, at, change)
    CROSS JOIN LATERAL (
        SELECT coalesce(merged_into, id) AS id FROM member
        WHERE member.workspace_id = counted.workspace_id AND member.id = counted.member_id OFFSET 0) AS heir
    JOIN member AS living ON living.workspace_id = counted.workspace_id AND living.id = heir.id
    CROSS JOIN LATERAL (
        SELECT zone FROM workspace_zone WHERE workspace_zone.workspace_id = counted.workspace_id AND since <= counted.at
        ORDER BY since DESC LIMIT 1) AS local
    CROSS JOIN LATERAL unnest(board_periods(CAST(counted.at AT TIME ZONE local.zone AS date))) AS period
    GROUP BY counted.workspace_id, living.id, counted.measure, period
$$;

-- Totals are locked last of all, by measure, member and period: a kudos counts for its giver before its receivers. A reversal finds its total there: it took part in making it.
CREATE FUNCTION count_on_boards(workspaces bigint[], members bigint[], measures text[], moments timestamptz[], changes bigint[])
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF 0 < ANY (changes) THEN
        INSERT INTO leaderboard_total AS kept (workspace_id, member_id, measure, period, score, is_ranked)
        SELECT more.workspace_id, more.member_id, more.measure, more.period, more.change, more.is_ranked
        FROM board_changes(workspaces, members, measures, moments, changes) AS more
        WHERE more.change > 0 ORDER BY 1, 3, 2, 4
        ON CONFLICT (workspace_id, member_id, measure, period) DO UPDATE SET score = kept.score + excluded.score;
    END IF;
    IF 0 > ANY (changes) THEN
        WITH less AS MATERIALIZED (
            SELECT * FROM board_changes(workspaces, members, measures, moments, changes) AS given WHERE given.change < 0
        ),
        held AS MATERIALIZED (
            SELECT kept.workspace_id, kept.member_id, kept.measure, kept.period, less.change FROM less
            JOIN leaderboard_total AS kept ON kept.workspace_id = less.workspace_id AND kept.member_id = less.member_id
                 AND kept.measure = less.measure AND kept.period = less.period
            ORDER BY 1, 3, 2, 4 FOR UPDATE OF kept
        )
        UPDATE leaderboard_total AS kept SET score = kept.score + held.change FROM held
        WHERE kept.workspace_id = held.workspace_id AND kept.member_id = held.member_id
          AND kept.measure = held.measure AND kept.period = held.period;
    END IF;
END $$;

-- Points that were earned; what is taken back, in the period in which it had been earned.
CREATE FUNCTION count_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_on_boards(array_agg(moved.workspace_id), array_agg(account.member_id), array_agg('points'::text),
                            array_agg(moved.at), array_agg(moved.change))
    FROM (
        SELECT workspace_id, credit_id, at, amount AS change FROM written
        WHERE reverses IS NULL AND reason = ANY (earning_reasons())
        UNION ALL
        SELECT original.workspace_id, original.credit_id, original.at, -original.amount
        FROM written JOIN transfer AS original ON original.workspace_id = written.workspace_id AND original.id = written.reverses
        WHERE original.reverses IS NULL AND original.reason = ANY (earning_reasons())
    ) AS moved
    JOIN account ON account.workspace_id = moved.workspace_id AND account.id = moved.credit_id AND account.kind = 'earned';
    RETURN NULL;
END $$;
CREATE TRIGGER transfer_counts AFTER INSERT ON transfer REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION count_transfers();

CREATE FUNCTION count_kudos_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_on_boards(array_agg(workspace_id), array_agg(giver_id), array_agg('given'::text), array_agg(given_at),
                            array_agg(1::bigint))
    FROM written WHERE undone_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER kudos_counts AFTER INSERT ON kudos REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION count_kudos_given();

CREATE FUNCTION count_kudos_received() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_on_boards(array_agg(kudos.workspace_id), array_agg(written.member_id), array_agg('kudos'::text),
                            array_agg(kudos.given_at), array_agg(CASE tg_op WHEN 'INSERT' THEN 1::bigint ELSE -1 END))
    FROM written JOIN kudos ON kudos.workspace_id = written.workspace_id AND kudos.id = written.kudos_id
    WHERE kudos.undone_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER kudos_receiver_counts AFTER INSERT ON kudos_receiver REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION count_kudos_received();
CREATE TRIGGER kudos_receiver_counts_no_more AFTER DELETE ON kudos_receiver REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION count_kudos_received();

-- A kudos that is taken back takes one from its giver and one from each receiver.
CREATE FUNCTION count_kudos_taken_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_on_boards(array_agg(side.workspace_id), array_agg(side.member_id), array_agg(side.measure),
                            array_agg(side.given_at), array_agg(side.change))
    FROM (
        SELECT before.workspace_id, before.id, before.giver_id, before.given_at,
               CASE WHEN after.undone_at IS NULL THEN 1::bigint ELSE -1 END AS change
        FROM before JOIN after ON after.workspace_id = before.workspace_id AND after.id = before.id
        WHERE (before.undone_at IS NULL) <> (after.undone_at IS NULL)
    ) AS taken
    CROSS JOIN LATERAL (
        SELECT taken.workspace_id, taken.giver_id AS member_id, 'given'::text AS measure, taken.given_at, taken.change
        UNION ALL
        SELECT receiver.workspace_id, receiver.member_id, 'kudos', taken.given_at, taken.change FROM kudos_receiver AS receiver
        WHERE receiver.workspace_id = taken.workspace_id AND receiver.kudos_id = taken.id
    ) AS side;
    RETURN NULL;
END $$;
CREATE TRIGGER kudos_counts_no_more AFTER UPDATE ON kudos REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION count_kudos_taken_back();

CREATE FUNCTION count_awards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_on_boards(array_agg(workspace_id), array_agg(member_id), array_agg('badges'::text), array_agg(awarded_at),
                            array_agg(1::bigint))
    FROM written WHERE revoked_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER award_counts AFTER INSERT ON award REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION count_awards();

CREATE FUNCTION count_awards_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_on_boards(array_agg(before.workspace_id), array_agg(before.member_id), array_agg('badges'::text),
                            array_agg(before.awarded_at),
                            array_agg(CASE WHEN after.revoked_at IS NULL THEN 1::bigint ELSE -1 END))
    FROM before JOIN after ON after.workspace_id = before.workspace_id AND after.id = before.id
    WHERE (before.revoked_at IS NULL) <> (after.revoked_at IS NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER award_counts_no_more AFTER UPDATE ON award REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION count_awards_revoked();

-- Who leaves or hides is on no board from that moment, with all that they ever did. What is being counted right now is left to
-- the clock, which comes within a minute: waiting for it here could be waiting for each other.
CREATE FUNCTION rank_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH late AS MATERIALIZED (
        SELECT kept.workspace_id, kept.member_id, kept.measure, kept.period, seen.is_ranked
        FROM (
            SELECT after.workspace_id, after.id, after.status <> 'left' AND NOT after.hides_rank AS is_ranked
            FROM before JOIN after ON after.workspace_id = before.workspace_id AND after.id = before.id
            WHERE (before.status = 'left') <> (after.status = 'left') OR before.hides_rank <> after.hides_rank
        ) AS seen
        JOIN leaderboard_total AS kept ON kept.workspace_id = seen.workspace_id AND kept.member_id = seen.id
             AND kept.is_ranked <> seen.is_ranked
        FOR NO KEY UPDATE OF kept SKIP LOCKED
    )
    UPDATE leaderboard_total AS kept SET is_ranked = late.is_ranked FROM late
    WHERE kept.workspace_id = late.workspace_id AND kept.member_id = late.member_id AND kept.measure = late.measure
      AND kept.period = late.period;
    RETURN NULL;
END $$;
CREATE TRIGGER member_is_ranked AFTER UPDATE ON member REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION rank_members();

-- A zone that this server does not know is refused here, and not at the first kudos.
CREATE FUNCTION keep_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clock_timestamp() AT TIME ZONE new.time_zone;
    INSERT INTO workspace_zone (workspace_id, since, zone)
    VALUES (new.id, CASE tg_op WHEN 'INSERT' THEN '-infinity' ELSE clock_timestamp() + interval '1 minute' END, new.time_zone);
    RETURN NULL;
END $$;
CREATE TRIGGER workspace_has_zone AFTER INSERT ON workspace FOR EACH ROW EXECUTE FUNCTION keep_zone();
CREATE TRIGGER workspace_changes_zone AFTER UPDATE OF time_zone ON workspace
    FOR EACH ROW WHEN (old.time_zone <> new.time_zone) EXECUTE FUNCTION keep_zone();

-- The history, counted once: by day first, then by what the days are in. The index follows the rows: it is quicker so.
WITH happened AS (
    SELECT account.workspace_id, account.member_id, 'points' AS measure, transfer.at, transfer.amount AS change
    FROM transfer JOIN account ON account.workspace_id = transfer.workspace_id AND account.id = transfer.credit_id
    WHERE account.kind = 'earned' AND transfer.reverses IS NULL AND transfer.reason = ANY (earning_reasons())
      AND NOT EXISTS (SELECT FROM transfer AS reversal WHERE reversal.workspace_id = transfer.workspace_id
                      AND reversal.reverses = transfer.id)
    UNION ALL
    SELECT workspace_id, giver_id, 'given', given_at, 1 FROM kudos WHERE undone_at IS NULL
    UNION ALL
    SELECT kudos.workspace_id, receiver.member_id, 'kudos', kudos.given_at, 1
    FROM kudos JOIN kudos_receiver AS receiver ON receiver.workspace_id = kudos.workspace_id AND receiver.kudos_id = kudos.id
    WHERE kudos.undone_at IS NULL
    UNION ALL
    SELECT workspace_id, member_id, 'badges', awarded_at, 1 FROM award WHERE revoked_at IS NULL
),
by_day AS (
    SELECT happened.workspace_id, coalesce(member.merged_into, member.id) AS member_id, measure,
           CAST(at AT TIME ZONE workspace.time_zone AS date) AS day, sum(change) AS change
    FROM happened JOIN workspace ON workspace.id = happened.workspace_id
    JOIN member ON member.workspace_id = happened.workspace_id AND member.id = happened.member_id
    GROUP BY 1, 2, 3, 4
)
INSERT INTO leaderboard_total (workspace_id, member_id, measure, period, score, is_ranked)
SELECT by_day.workspace_id, by_day.member_id, measure, period, sum(change), bool_and(member.status <> 'left')
FROM by_day JOIN member ON member.workspace_id = by_day.workspace_id AND member.id = by_day.member_id
CROSS JOIN LATERAL unnest(board_periods(day)) AS period GROUP BY 1, 2, 3, 4;

CREATE INDEX ix_leaderboard_total_ranking ON leaderboard_total (workspace_id, measure, period, score DESC, member_id)
    WHERE is_ranked AND score > 0;
CREATE INDEX ix_leaderboard_total_unranked ON leaderboard_total (workspace_id, member_id) WHERE NOT is_ranked;
ANALYZE leaderboard_total;
