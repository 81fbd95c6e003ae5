-- The Slack teams that installed us, each with its sealed token; a token that is revoked is not kept.

CREATE TABLE slack_installation (
    workspace_id BIGINT NOT NULL,
    team_id TEXT NOT NULL,
    enterprise_id TEXT DEFAULT '' NOT NULL,
    app_id TEXT NOT NULL,
    bot_user_id TEXT NOT NULL,
    bot_id TEXT NOT NULL,
    scopes TEXT[] DEFAULT '{}' NOT NULL,
    sealed_token BYTEA,
    installed_by TEXT DEFAULT '' NOT NULL,
    installed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_slack_installation PRIMARY KEY (workspace_id, team_id),
    CONSTRAINT fk_slack_installation_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspace (id),
    CONSTRAINT uq_slack_installation_team_id UNIQUE (team_id),
    CONSTRAINT ck_slack_installation_team CHECK (team_id <> ''),
    CONSTRAINT ck_slack_installation_token CHECK ((revoked_at IS NULL) = (sealed_token IS NOT NULL))
);

GRANT SELECT, INSERT, UPDATE, DELETE ON slack_installation TO plaudit_app, plaudit_ops;

ALTER TABLE slack_installation ENABLE ROW LEVEL SECURITY;
CREATE POLICY slack_installation_app ON slack_installation TO plaudit_app USING (workspace_id = (SELECT current_workspace()));
CREATE POLICY slack_installation_ops ON slack_installation TO plaudit_ops USING (true);
