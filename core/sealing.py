"""Secrets that have to be read again, encrypted where they lie: AES-256-GCM, bound to what they belong to."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION: Final = b"\x01"
_ID_BYTES: Final = 4
_HEADER_BYTES: Final = len(_VERSION) + _ID_BYTES
_NONCE_BYTES: Final = 12


class Unsealed(Exception):
    """Sealed with a key that we do not have, changed since, or for something else. Says no more than that."""


class Keyring:
    """Seals with `current`, a key of 32 bytes; opens also what earlier keys sealed.

    A sealed secret is a version byte, four bytes that name the key, a nonce, and the text with its tag. All but the nonce and
    the text are part of what is checked, as is `about`: what the secret belongs to.
    """

    def __init__(self, current: bytes, *previous: bytes) -> None:
        self.header = _VERSION + _name(current)
        self._current = AESGCM(current)
        self._keys: Mapping[bytes, AESGCM] = {_VERSION + _name(key): AESGCM(key) for key in (*previous, current)}

    def seal(self, secret: bytes, *, about: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self.header + nonce + self._current.encrypt(nonce, secret, self.header + about)

    def open(self, sealed: bytes, *, about: bytes) -> bytes:
        """Raises Unsealed."""
        header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        key = self._keys.get(header)
        if key is None or len(nonce) < _NONCE_BYTES:
            raise Unsealed("no key of ours sealed this")
        try:
            return key.decrypt(nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], header + about)
        except InvalidTag:
            raise Unsealed("it was changed, or belongs to something else") from None


def _name(key: bytes) -> bytes:
    """Tells keys apart and says nothing of them."""
    return hashlib.sha256(b"plaudit key name" + key).digest()[:_ID_BYTES]
