"""The Microsoft Teams adapter. Import `bots.teams.platform` only when Teams is configured: it loads Microsoft's SDK."""
