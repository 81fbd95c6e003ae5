"""Where the simulator's times and ids come from; both are passed in, so that a run can be repeated to the letter."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns an aware UTC time."""

SLACK_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def system_clock() -> datetime:
    return datetime.now(UTC)


class Ids:
    """Ids that look random and are the same in every run with the same seed."""

    def __init__(self, seed: str = "plaudit") -> None:
        self._seed = seed
        self._count = 0

    def hexadecimal(self, length: int) -> str:
        """`length` is at most 64."""
        self._count += 1
        return hashlib.sha256(f"{self._seed}:{self._count}".encode()).hexdigest()[:length]

    def number(self, digits: int) -> int:
        """A number of exactly so many digits."""
        lowest: int = 10 ** (digits - 1)
        return lowest + int(self.hexadecimal(64), 16) % (9 * lowest)

    def slack(self, prefix: str) -> str:
        """`prefix` and ten characters, as in U012AB3CDEF."""
        number = int(self.hexadecimal(64), 16)
        return prefix + "".join(SLACK_ALPHABET[number // 36**place % 36] for place in range(10))

    def uuid(self) -> str:
        return str(uuid.UUID(self.hexadecimal(32), version=4))
