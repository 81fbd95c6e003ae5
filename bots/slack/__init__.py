"""Slack: the only folder that knows slack-bolt and slack-sdk. `platform` is the adapter, `webhook` its route."""
