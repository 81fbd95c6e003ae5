-- A second that an emoji made goes when the emoji is taken away; one by the button stays.
ALTER TABLE kudos_second ADD COLUMN by_reaction BOOLEAN DEFAULT false NOT NULL;

-- A reaction names the message it stands under, and nothing else.
CREATE INDEX ix_post_message ON post (workspace_id, message_id);
