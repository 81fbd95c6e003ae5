"""Telegram as a bot sees it: the Bot API, updates by webhook or polling, and people who use Telegram."""

from bots.simulator.telegram.client import Said, TelegramSimulator

__all__ = ["Said", "TelegramSimulator"]
