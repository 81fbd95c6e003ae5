"""Workspaces, members, the accounts they have on platforms, and the conversations they talk in."""
