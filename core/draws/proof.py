"""Check the record of a draw without Plaudit: this file needs Python alone, and imports nothing of the project.

    python proof.py record.json

It says what was checked, and ends with 0 if all of it holds, 1 if something does not, 2 if the file is no record.
"""

import hashlib
import hmac
import json
import re
import sys
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

FORMAT = "plaudit-draw/1"
LIST = re.compile(r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12} (?:[1-9][0-9]{0,5}|1000000)\n)*+", re.ASCII)
"""A line for each entrant: a member's public id, and from 1 to 1,000,000 tickets."""


class NoRecord(Exception):
    """The file is not what it should be; the message says where and what to do."""


def examine(record: Any) -> list[tuple[str, str]]:
    """(what was checked, what is wrong with it: empty if nothing is), in order. Raises NoRecord."""
    _shaped(record)
    listed = record["entrants"].encode()
    entrants = [line[:36] for line in record["entrants"].splitlines()]
    tickets = [int(line[37:]) for line in record["entrants"].splitlines()]
    seed = bytes.fromhex(record["seed"])
    found = [
        ("the list is in order, nobody twice", _disorder(entrants)),
        ("the list has the hash that was published", _differs(hashlib.sha256(listed).hexdigest(), record["list_hash"])),
        ("the seed has the hash that was published", _differs(hashlib.sha256(seed).hexdigest(), record["commitment"])),
    ]
    expected = _draw(entrants, tickets, seed, hashlib.sha256(listed).digest(), record["winners"] + record["reserves"])
    told = [entrant for _, entrant in record["result"]]
    ranks = [rank for rank, _ in record["result"]]
    wrong = "" if ranks == list(range(1, len(ranks) + 1)) else f"the ranks are {ranks[:5]}"
    for rank, (mine, theirs) in enumerate(zip(expected, told, strict=False), 1):
        if mine != theirs and not wrong:
            wrong = f"rank {rank} is {mine}, the record says {theirs}"
    if len(expected) != len(told) and not wrong:
        wrong = f"{len(expected)} are drawn, the record has {len(told)}"
    found.append(("the same entrants are drawn, in the same order", wrong))
    return found


def _shaped(record: Any) -> None:
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise NoRecord(f'the file is no record of a draw: it needs "format": "{FORMAT}"')
    for name in ("seed", "commitment", "list_hash"):
        value = record.get(name)
        if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
            raise NoRecord(f'"{name}" must be 64 hexadecimal digits; take the record as it was exported')
    for name in ("winners", "reserves"):
        if type(record.get(name)) is not int or record[name] < 0:
            raise NoRecord(f'"{name}" must be a whole number; take the record as it was exported')
    entrants = record.get("entrants")
    if not isinstance(entrants, str) or not LIST.fullmatch(entrants):
        raise NoRecord(f'"entrants" must be text, a line ENTRANT TICKETS for each{_at(entrants)}')
    rows = record.get("result")
    if not isinstance(rows, list) or not all(map(_is_rank, rows)):
        raise NoRecord('"result" must be a list of [rank, entrant]; take the record as it was exported')


def _at(entrants: Any) -> str:
    """Where a list has the first line that is none."""
    if not isinstance(entrants, str):
        return "; take the record as it was exported"
    lines = entrants.split("\n")
    wrong = next((number for number, line in enumerate(lines, 1) if not LIST.fullmatch(line + "\n")), len(lines))
    return f": line {wrong} is none; take the record as it was exported"


def _is_rank(row: Any) -> bool:
    return isinstance(row, list) and len(row) == 2 and type(row[0]) is int and isinstance(row[1], str)


def _disorder(entrants: list[str]) -> str:
    return next((f"{after} stands behind {before}" for before, after in pairwise(entrants) if before >= after), "")


def _differs(mine: str, published: str) -> str:
    return "" if mine == published else f"it is {mine}, the record says {published}"


def _draw(entrants: list[str], tickets: list[int], seed: bytes, list_hash: bytes, count: int) -> list[str]:
    """Plainly: count the tickets down the list until the number falls into somebody's."""
    tickets, counter, words, drawn = list(tickets), 0, list[int](), list[str]()
    while (left := sum(tickets)) and len(drawn) < count:
        fair = 2**64 - 2**64 % left
        number = fair
        while number >= fair:
            if not words:
                block = hmac.new(
                    seed, FORMAT.encode() + list_hash + counter.to_bytes(8, "big"), hashlib.sha256
                ).digest()
                words = [int.from_bytes(block[at : at + 8], "big") for at in (0, 8, 16, 24)]
                counter += 1
            number = words.pop(0)
        place = next(place for place, end in enumerate(accumulate(tickets)) if end > number % left)
        drawn.append(entrants[place])
        tickets[place] = 0
    return drawn


def read(path: str) -> Any:
    """The JSON of a file. Raises NoRecord."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise NoRecord(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise NoRecord(f"{path} is not JSON; take the record as it was exported") from None


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("which record? python proof.py record.json\n")
        return 2
    try:
        found = examine(read(arguments[0]))
    except NoRecord as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    for checked, wrong in found:
        sys.stdout.write(f"{'WRONG' if wrong else 'ok   '} {checked}{f': {wrong}' if wrong else ''}\n")
    return 1 if any(wrong for _, wrong in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
