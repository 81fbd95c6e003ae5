"""The Telegram adapter, with updates as Telegram sends them and a Bot API on loopback."""
