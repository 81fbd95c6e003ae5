-- Forms that are filled in step by step, in chats that show no inputs.

CREATE TABLE draft (
    workspace_id BIGINT NOT NULL,
    conversation TEXT NOT NULL,
    member_id BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    nonce VARCHAR(40) NOT NULL,
    reference JSONB NOT NULL,
    filled JSONB DEFAULT '{}' NOT NULL,
    people JSONB DEFAULT '{}' NOT NULL,
    awaited TEXT DEFAULT '' NOT NULL,
    length_max BIGINT DEFAULT '0' NOT NULL,
    message_id TEXT DEFAULT '' NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_draft PRIMARY KEY (workspace_id, conversation, member_id),
    CONSTRAINT fk_draft_workspace_id_member_id FOREIGN KEY(workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX ix_draft_expires_at ON draft (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON draft TO plaudit_app, plaudit_ops;
ALTER TABLE draft ENABLE ROW LEVEL SECURITY;
CREATE POLICY draft_app ON draft TO plaudit_app USING (workspace_id = (SELECT current_workspace()));
CREATE POLICY draft_ops ON draft TO plaudit_ops USING (true);
