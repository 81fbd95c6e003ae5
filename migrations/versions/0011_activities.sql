-- Activities: what members do, the days on which they were there, and what is kept of both so that a rule reads a row for each
-- member and never their history.

-- The partitions stand in a schema that no role may enter: they are reached through their parent alone, behind its wall.
CREATE SCHEMA activity_months;
CREATE SEQUENCE activity_id_seq;

-- Without a foreign key: the statement that writes finds each member by reading it, members are never deleted, and the tally that
-- the same statement writes has one. It would be a third of what recording costs. What happened in a while is read by partition.
CREATE TABLE activity (
    workspace_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    type VARCHAR(60) COLLATE "C" NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id BIGINT DEFAULT nextval('activity_id_seq') NOT NULL,
    quantity NUMERIC(16, 4) NOT NULL,
    source VARCHAR(40) NOT NULL,
    reference TEXT NOT NULL,
    CONSTRAINT pk_activity PRIMARY KEY (workspace_id, member_id, type, occurred_at, id),
    CONSTRAINT ck_activity_what CHECK (type <> '' AND quantity >= 0)
) PARTITION BY RANGE (occurred_at);
ALTER SEQUENCE activity_id_seq OWNED BY activity.id;
CREATE TABLE activity_months.activity_other PARTITION OF activity DEFAULT;

CREATE TABLE activity_key (
    workspace_id BIGINT NOT NULL,
    source VARCHAR(40) COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_activity_key PRIMARY KEY (workspace_id, source, reference)
);

CREATE TABLE attendance (
    workspace_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    day DATE NOT NULL,
    source VARCHAR(40) DEFAULT '' NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_attendance PRIMARY KEY (workspace_id, member_id, day),
    CONSTRAINT fk_attendance_workspace_id_member_id FOREIGN KEY(workspace_id, member_id) REFERENCES member (workspace_id, id)
);

CREATE TABLE holiday (
    workspace_id BIGINT NOT NULL,
    calendar TEXT NOT NULL,
    day DATE NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_holiday PRIMARY KEY (workspace_id, calendar, day),
    CONSTRAINT fk_holiday_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id)
);

-- Rows of tallies and months change all the time and none of their indexed columns does: room is left for that.
CREATE TABLE activity_tally (
    workspace_id BIGINT NOT NULL,
    type VARCHAR(60) COLLATE "C" NOT NULL,
    member_id BIGINT NOT NULL,
    times BIGINT NOT NULL,
    quantity NUMERIC(20, 4) NOT NULL,
    highest NUMERIC(16, 4) NOT NULL,
    days INTEGER NOT NULL,
    current INTEGER NOT NULL,
    longest INTEGER NOT NULL,
    first_on DATE NOT NULL,
    last_on DATE NOT NULL,
    CONSTRAINT pk_activity_tally PRIMARY KEY (workspace_id, type, member_id),
    CONSTRAINT fk_activity_tally_workspace_id_member_id FOREIGN KEY(workspace_id, member_id) REFERENCES member (workspace_id, id),
    CONSTRAINT ck_activity_tally_order CHECK (times >= days AND days >= longest AND longest >= current AND current >= 0)
) WITH (fillfactor = 80);
CREATE INDEX ix_activity_tally_member ON activity_tally (workspace_id, member_id);

CREATE TABLE activity_month (
    workspace_id BIGINT NOT NULL,
    type VARCHAR(60) COLLATE "C" NOT NULL,
    month DATE NOT NULL,
    member_id BIGINT NOT NULL,
    days INTEGER NOT NULL,
    CONSTRAINT pk_activity_month PRIMARY KEY (workspace_id, type, month, member_id),
    CONSTRAINT fk_activity_month_workspace_id_member_id FOREIGN KEY(workspace_id, member_id) REFERENCES member (workspace_id, id),
    CONSTRAINT ck_activity_month_days CHECK (days > 0)
) WITH (fillfactor = 80);
CREATE INDEX ix_activity_month_member ON activity_month (workspace_id, member_id);

-- A rule that chooses some of many chooses once for each run, whoever else is choosing at the same moment.
CREATE TABLE rule_run (
    workspace_id BIGINT NOT NULL,
    badge_id BIGINT NOT NULL,
    run TEXT NOT NULL,
    seed TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_rule_run PRIMARY KEY (workspace_id, badge_id, run),
    CONSTRAINT fk_rule_run_workspace_id_badge_id FOREIGN KEY(workspace_id, badge_id) REFERENCES badge (workspace_id, id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON activity, activity_key, attendance, holiday, activity_tally, activity_month, rule_run
    TO plaudit_app, plaudit_ops;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO plaudit_app, plaudit_ops;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['activity', 'activity_key', 'attendance', 'holiday', 'activity_tally', 'activity_month', 'rule_run'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I TO plaudit_app USING (workspace_id = (SELECT current_workspace()))', name || '_app', name);
        EXECUTE format('CREATE POLICY %I ON %I TO plaudit_ops USING (true)', name || '_ops', name);
    END LOOP;
END $$;

-- Whether this server knows a zone: what a platform says of a person's must not stop what everybody else did.
CREATE FUNCTION is_zone(name text) RETURNS boolean LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
    PERFORM now() AT TIME ZONE name;
    RETURN true;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END $$;

-- The partition of a month, made if it is not there; what waits in the default partition moves into it. Runs as the owner, as no
-- role may make tables. Attaching locks out nobody but readers of the default partition.
CREATE FUNCTION make_activity_month(day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    first date := date_trunc('month', day);
    following date := first + interval '1 month';
    partition text := 'activity_' || to_char(first, 'YYYY_MM');
BEGIN
    IF day < '2000-01-01' OR day >= '2100-01-01' THEN
        RETURN false;
    END IF;
    IF to_regclass('activity_months.' || quote_ident(partition)) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('activity_months', 0));
    IF to_regclass('activity_months.' || quote_ident(partition)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE activity_months.%I (LIKE activity INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    LOCK TABLE activity_months.activity_other IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM activity_months.activity_other WHERE occurred_at >= %L AND occurred_at < %L RETURNING *)'
                   ' INSERT INTO activity_months.%I SELECT * FROM moved',
                   first::timestamp AT TIME ZONE 'UTC', following::timestamp AT TIME ZONE 'UTC', partition);
    EXECUTE format('ALTER TABLE activity ATTACH PARTITION activity_months.%I FOR VALUES FROM (%L) TO (%L)',
                   partition, first::timestamp AT TIME ZONE 'UTC', following::timestamp AT TIME ZONE 'UTC');
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION make_activity_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_activity_month(date) TO plaudit_app, plaudit_ops;
