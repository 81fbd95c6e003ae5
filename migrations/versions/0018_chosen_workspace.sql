-- Of several workspaces that know an account, its private chat belongs to the one chosen last.
ALTER TABLE identity ADD COLUMN chosen_at TIMESTAMP WITH TIME ZONE;
