"""Telegram through python-telegram-bot. Import the modules: this file loads no SDK."""
