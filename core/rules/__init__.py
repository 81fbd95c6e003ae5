"""Rules: each is a query over the workspace's own tables, and one statement awards a badge to all who meet its rules."""
