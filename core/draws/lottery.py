"""The draw itself: a pure function of a sealed list and a seed. Whoever has both can repeat it; `core.draws.proof` does so by other
means, and docs/reference/draws.md tells it in words.

The list is text: a line `ENTRANT TICKETS` for each entrant, in the order of entrants, each line ended by a line feed. An entrant is
the public id of a member, tickets a whole number from 1.
"""

import hashlib
import hmac
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

FORMAT = "plaudit-draw/1"
SEED_BYTES = 32
TICKETS_MAX = 1_000_000
_WORD = 1 << 64
_BLOCK = 1024


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def stream(seed: bytes, list_hash: bytes) -> Iterator[int]:
    """Numbers from 0 to 2⁶⁴ - 1: eight bytes each of HMAC-SHA256 over a counter, with the seed as its key."""
    counter = 0
    while True:
        message = FORMAT.encode() + list_hash + counter.to_bytes(8, "big")
        block = hmac.digest(seed, message, "sha256")
        yield from (int.from_bytes(block[at : at + 8], "big") for at in range(0, 32, 8))
        counter += 1


def below(limit: int, numbers: Iterator[int]) -> int:
    """A number from 0 to `limit` - 1, each as likely as any other: what would favour some of them is passed over."""
    fair = _WORD - _WORD % limit
    return next(number for number in numbers if number < fair) % limit


def draw(entrants: bytes, seed: bytes, count: int) -> list[str]:
    """The first `count` entrants of the draw, in the order drawn; all of them if there are fewer. An entrant is drawn once.

    Each is drawn among the tickets of those who are left. Costs a pass over the list, and per entrant drawn a pass over the
    sums of blocks of it.
    """
    lines = entrants.split(b"\n")[:-1]
    tickets = [int(line[37:]) for line in lines]
    sums = [sum(tickets[at : at + _BLOCK]) for at in range(0, len(tickets), _BLOCK)]
    numbers, left, drawn = stream(seed, digest(entrants)), sum(sums), list[str]()
    while left and len(drawn) < count:
        at = below(left, numbers)
        ends = list(accumulate(sums))
        block = bisect_right(ends, at)
        first = block * _BLOCK
        inside = list(accumulate(tickets[first : first + _BLOCK]))
        place = first + bisect_right(inside, at - (ends[block] - sums[block]))
        drawn.append(lines[place][:36].decode())
        left -= tickets[place]
        sums[block] -= tickets[place]
        tickets[place] = 0
    return drawn
