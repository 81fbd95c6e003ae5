"""Keys derived from the secret key; each purpose has one of its own."""

import hmac

from pydantic import SecretStr

from bots.settings import Settings
from core.sealing import Keyring


def button_secret(settings: Settings) -> bytes:
    """What tokens of buttons and of links are derived with."""
    return _derived(settings.secret_key, b"plaudit button tokens")


def keyring(settings: Settings) -> Keyring:
    """What the tokens of Slack teams are sealed with; the key before this one still opens what it sealed."""
    keys = [settings.secret_key]
    if settings.secret_key_previous.get_secret_value():
        keys.append(settings.secret_key_previous)
    return Keyring(*(_derived(key, b"plaudit slack tokens") for key in keys))


def _derived(key: SecretStr, purpose: bytes) -> bytes:
    return hmac.digest(key.get_secret_value().encode(), purpose, "sha256")
