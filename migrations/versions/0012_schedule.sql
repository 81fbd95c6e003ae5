-- The schedule: which jobs there are, when each is due next, and what became of every run.

-- `since`: what is due after that instant is still owed; none while nothing of the job ever was. A failing run is tried again
-- `attempts` times before the next one's turn comes.
CREATE TABLE job (
    workspace_id BIGINT NOT NULL,
    name VARCHAR(64) COLLATE "C" NOT NULL,
    badge_id BIGINT,
    definition JSONB NOT NULL,
    zone TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE,
    next_at TIMESTAMP WITH TIME ZONE,
    attempts SMALLINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_job PRIMARY KEY (workspace_id, name),
    CONSTRAINT fk_job_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id),
    CONSTRAINT fk_job_workspace_id_badge_id FOREIGN KEY(workspace_id, badge_id) REFERENCES badge (workspace_id, id),
    CONSTRAINT ck_job_attempts CHECK (attempts >= 0)
);
CREATE INDEX ix_job_next ON job (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX ix_job_badge ON job (workspace_id, badge_id) WHERE badge_id IS NOT NULL;
CREATE INDEX ix_badge_job ON badge (workspace_id, id) WHERE definition ? 'job';

ALTER TABLE job_run RENAME COLUMN ran_at TO started_at;
ALTER TABLE job_run
    ADD COLUMN outcome VARCHAR(16) DEFAULT 'done' NOT NULL,
    ADD COLUMN finished_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN attempts SMALLINT DEFAULT '1' NOT NULL,
    ADD COLUMN error TEXT DEFAULT '' NOT NULL,
    ADD COLUMN summary JSONB DEFAULT '{}' NOT NULL,
    ADD CONSTRAINT ck_job_run_outcome CHECK (outcome IN ('done', 'refused', 'retry', 'failed'));
CREATE INDEX ix_job_run_last ON job_run (workspace_id, job, started_at);
CREATE INDEX ix_job_run_started_at ON job_run (started_at);

-- What was due before a workspace had a schedule, or while it was switched off, is owed no more.
ALTER TABLE workspace
    ADD COLUMN runs_jobs BOOLEAN DEFAULT true NOT NULL,
    ADD COLUMN jobs_since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON job TO plaudit_app, plaudit_ops;
ALTER TABLE job ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_app ON job TO plaudit_app USING (workspace_id = (SELECT current_workspace()));
CREATE POLICY job_ops ON job TO plaudit_ops USING (true);
