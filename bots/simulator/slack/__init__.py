"""Slack as a bot sees it: the Web API, response_urls, signed requests, and people who use Slack."""

from bots.simulator.slack.app import App, Decision
from bots.simulator.slack.client import SlackSimulator
from bots.simulator.slack.signing import signed_headers
from bots.simulator.slack.views import View

__all__ = ["App", "Decision", "SlackSimulator", "View", "signed_headers"]
