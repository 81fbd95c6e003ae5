"""Recount a campaign from its public record, with nothing but Python: this file imports none of Plaudit, so that anyone may read
it, copy it and run it as it is.

    python recount.py record.json [RECEIPT…]

A record is JSON: who stood, every ballot with its receipt and its choices, the rules, and the result that was told. The recount
takes the ballots alone, comes to a result of its own, and says where the record tells another one. It exits 0 where all agrees,
1 where anything differs, 2 where the file cannot be read.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FORMAT = "plaudit campaign record 1"
UNHASHED = ("digest", "names")
BYTES_MAX = 64 * 1024 * 1024


class RecordInvalid(Exception):
    """The file is no record: says why, and where."""


def read(path: Path) -> Mapping[str, Any]:
    """Raises RecordInvalid."""
    try:
        if path.stat().st_size > BYTES_MAX:
            raise RecordInvalid(f"{path} is larger than {BYTES_MAX // 1024**2} MB: that is no record of a campaign")
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RecordInvalid(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise RecordInvalid(f'{path} is no record of a campaign: its "format" is not "{FORMAT}"')
    return record


def digest(record: Mapping[str, Any]) -> str:
    """SHA-256 of all that a record says, but for names: it stays the same when somebody's name is erased."""
    hashed = {key: value for key, value in record.items() if key not in UNHASHED}
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def recount(record: Mapping[str, Any]) -> Sequence[str]:
    """What is wrong with a record, a line each; empty: its ballots come to the result that it tells."""
    try:
        return [*_ballots(record), *_result(record), *_digest(record)]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        return [f"the record is not whole: {type(error).__name__} at {error}"]


def _ballots(record: Mapping[str, Any]) -> Sequence[str]:
    numbers = {each["number"] for each in record["candidates"]}
    limit, seen, faults = record["rules"]["votes_each_max"], Counter[str](), []
    for ballot in record["ballots"]:
        seen[ballot["receipt"]] += 1
        choices = ballot["choices"]
        if not 1 <= len(choices) <= limit:
            faults.append(f"ballot {ballot['receipt']}: {len(choices)} choices, 1 to {limit} are allowed")
        if len(set(choices)) < len(choices):
            faults.append(f"ballot {ballot['receipt']}: one candidate is chosen twice")
        faults += [
            f"ballot {ballot['receipt']}: candidate {each} does not exist" for each in choices if each not in numbers
        ]
    faults += [f"ballot {receipt}: it is there {count} times" for receipt, count in seen.items() if count > 1]
    if len(record["ballots"]) != record["result"]["ballots"]:
        faults.append(f"ballots: {len(record['ballots'])}, the result says {record['result']['ballots']}")
    return faults


def tally(record: Mapping[str, Any]) -> Mapping[int, int]:
    """Votes of every candidate who stands, by number."""
    counted = Counter(choice for ballot in record["ballots"] for choice in ballot["choices"])
    return {each["number"]: counted[each["number"]] for each in record["candidates"] if each["stands"]}


def winners(record: Mapping[str, Any]) -> tuple[str, Sequence[int]]:
    """The outcome that the rules come to, and whom it is about; candidates are listed in the order in which they were nominated."""
    votes, rules = tally(record), record["rules"]
    if len(record["ballots"]) < rules["quorum"]:
        return "no_quorum", []
    most = max(votes.values(), default=0)
    if not most:
        return "no_votes", []
    first = [each["number"] for each in record["candidates"] if votes.get(each["number"]) == most]
    if len(first) == 1 or rules["tie_rule"] == "earliest":
        return "won", first[:1]
    return {"share": "shared", "runoff": "runoff", "admin": "tied"}[rules["tie_rule"]], first


def _result(record: Mapping[str, Any]) -> Sequence[str]:
    told, faults = record["result"], []
    for number, votes in tally(record).items():
        said = told["votes"].get(str(number))
        if said != votes:
            faults.append(f"candidate {number}: {votes} votes, the result says {said}")
    outcome, first = winners(record)
    if outcome == "tied" and told["outcome"] == "won":  # an organiser decided between them
        if len(told["winners"]) != 1 or told["winners"][0] not in first:
            faults.append(f"winners: one of {first}, the result says {told['winners']}")
        return faults
    if told["outcome"] != outcome:
        faults.append(f"outcome: {outcome}, the result says {told['outcome']}")
    wanted = first if outcome in {"won", "shared"} else []
    if sorted(told["winners"]) != sorted(wanted):
        faults.append(f"winners: {wanted}, the result says {told['winners']}")
    return faults


def _digest(record: Mapping[str, Any]) -> Sequence[str]:
    if record["digest"] == digest(record):
        return []
    return [f"digest: {digest(record)}, the record says {record['digest']}"]


def ballot_of(record: Mapping[str, Any], receipt: str) -> Mapping[str, Any] | None:
    """The ballot of a receipt, however it is typed."""
    wanted = _bare(receipt)
    return next((each for each in record["ballots"] if _bare(each["receipt"]) == wanted), None)


def _bare(receipt: str) -> str:
    return "".join(receipt.split()).replace("-", "").upper()


def report(record: Mapping[str, Any], receipts: Sequence[str] = ()) -> tuple[list[str], bool]:
    """What is to be said of a record, and whether all of it is good."""
    faults = recount(record)
    if faults:
        return [f"differs: {fault}" for fault in faults], False
    names = record.get("names", {})
    lines = [f"{record['name']}: {len(record['ballots'])} ballots recounted, {record['result']['outcome']}"]
    for number, votes in sorted(tally(record).items(), key=lambda each: -each[1]):
        mark = " (winner)" if number in record["result"]["winners"] else ""
        lines.append(f"  {names.get(str(number), number)}: {votes}{mark}")
    lines.append(f"SHA-256 of the record: {record['digest']}")
    is_good = True
    for receipt in receipts:
        found = ballot_of(record, receipt)
        is_good = is_good and found is not None
        chosen = ", ".join(str(names.get(str(each), each)) for each in found["choices"]) if found else ""
        lines.append(f"receipt {receipt}: " + (f"counted for {chosen}" if found else "is not in this record"))
    return lines, is_good


def main(arguments: Sequence[str]) -> int:
    if not arguments:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        lines, is_good = report(read(Path(arguments[0])), arguments[1:])
    except RecordInvalid as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
