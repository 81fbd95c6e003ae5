"""Which Slack workspaces installed us, with their sealed tokens, and who may add one."""
