"""The draw as a pure function: fair, the same every time, and repeated by the verifier that shares no code with it."""

import ast
import json
import subprocess
import sys
import uuid
from collections import Counter
from itertools import permutations
from math import erfc, exp, lgamma, log, sqrt
from pathlib import Path
from random import Random
from typing import Any

import pytest

from core.draws import lottery, proof
from core.draws.lottery import below, digest, draw, stream

PROOF = Path(proof.__file__)
SEED = bytes(range(32))


def ids(number: int, chance: Random) -> list[str]:
    return sorted(str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(number))


def listed(entrants: list[tuple[str, int]]) -> bytes:
    return "".join(f"{entrant} {tickets}\n" for entrant, tickets in entrants).encode()


def record(entrants: list[tuple[str, int]], seed: bytes, winners: int, reserves: int) -> dict[str, Any]:
    data = listed(entrants)
    return {
        "format": lottery.FORMAT,
        "winners": winners,
        "reserves": reserves,
        "entrants": data.decode(),
        "list_hash": digest(data).hex(),
        "commitment": digest(seed).hex(),
        "seed": seed.hex(),
        "result": [[rank, entrant] for rank, entrant in enumerate(draw(data, seed, winners + reserves), 1)],
    }


def test_a_draw_that_was_worked_out_once_stays_as_it_is() -> None:
    """Records that were exported must be recomputed for ever, also by others' programs."""
    entrants = [(f"00000000-0000-4000-8000-{number:012d}", number + 1) for number in range(8)]
    data = listed(entrants)

    assert digest(data).hex() == "001d74503e7fe6c4082ebb5cb4de170104601990a1ab0a96893673f836fc5d67"
    assert list(zip(range(3), stream(SEED, digest(data)), strict=False)) == [
        (0, 5583300541642915787),
        (1, 4147504612006522449),
        (2, 17406900289222933737),
    ]
    assert [each[-1] for each in draw(data, SEED, 8)] == ["4", "3", "7", "2", "5", "6", "1", "0"]


def test_numbers_are_as_likely_as_each_other() -> None:
    third = (1 << 64) - (1 << 64) % 3

    assert below(3, iter([third, third + 0, 7])) == 1
    assert below(1, iter([5])) == 0
    assert below((1 << 63) + 1, iter([(1 << 63) + 1, 1 << 63])) == 1 << 63


@pytest.mark.parametrize("number", [0, 1, 2, 1023, 1024, 1025, 5000])
@pytest.mark.parametrize("weights", ["one", "few", "many"])
def test_drawer_and_verifier_agree(number: int, weights: str) -> None:
    chance = Random(f"{number}{weights}")
    most = {"one": 1, "few": 3, "many": 10**6}[weights]
    entrants = [(entrant, chance.randint(1, most)) for entrant in ids(number, chance)]

    found = proof.examine(record(entrants, chance.randbytes(32), winners=min(10, number), reserves=7))

    assert [wrong for _, wrong in found] == [""] * 4


def test_a_hundred_draws_are_recomputed() -> None:
    chance, recomputed = Random(1), 0
    for _ in range(100):
        entrants = [(entrant, chance.randint(1, 50)) for entrant in ids(chance.randint(1, 400), chance)]
        made = record(entrants, chance.randbytes(32), winners=chance.randint(1, 9), reserves=chance.randint(0, 9))
        recomputed += all(not wrong for _, wrong in proof.examine(json.loads(json.dumps(made))))
    assert recomputed == 100


def test_everybody_is_drawn_once_if_all_are_wanted() -> None:
    chance = Random(2)
    entrants = [(entrant, chance.randint(1, 9)) for entrant in ids(3000, chance)]

    drawn = draw(listed(entrants), SEED, 5000)

    assert sorted(drawn) == [entrant for entrant, _ in entrants]
    assert draw(listed(entrants), SEED, 10) == drawn[:10]


def chi_square_p(observed: list[int], expected: list[float]) -> float:
    """Probability of a worse fit by chance: the regularised upper incomplete gamma function."""
    x = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True)) / 2
    a = (len(observed) - 1) / 2
    term = total = 1 / a
    n = a
    while term > total * 1e-15:
        n += 1
        term *= x / n
        total += term
    return 1 - total * exp(-x + a * log(x) - lgamma(a))


def test_the_measure_of_fit_is_right() -> None:
    assert abs(chi_square_p([60, 40], [50, 50]) - erfc(sqrt(2))) < 1e-9
    assert chi_square_p([130, 100, 70], [100, 100, 100]) < 0.001


@pytest.mark.parametrize("tickets", [(1, 2, 3, 4, 10), (1, 1, 1, 1, 1), (1000, 1, 500, 3, 700)])
def test_odds_are_as_published(tickets: tuple[int, ...]) -> None:
    """20,000 draws of two: how often each pair comes, in its order."""
    draws, entrants = 20_000, [(f"00000000-0000-4000-8000-{n:012d}", each) for n, each in enumerate(tickets)]
    data, chance, total = listed(entrants), Random(3), sum(tickets)
    seen = Counter(tuple(int(each[-1]) for each in draw(data, chance.randbytes(32), 2)) for _ in range(draws))

    pairs = list(permutations(range(len(tickets)), 2))
    expected = [draws * tickets[a] / total * tickets[b] / (total - tickets[a]) for a, b in pairs]
    common = [(seen[pair], wanted) for pair, wanted in zip(pairs, expected, strict=True) if wanted >= 5]
    rare = [(seen[pair], wanted) for pair, wanted in zip(pairs, expected, strict=True) if wanted < 5]
    joined = [*common, (sum(each for each, _ in rare), sum(each for _, each in rare))] if rare else common

    assert chi_square_p([each for each, _ in joined], [each for _, each in joined]) > 0.001


def relist(made: dict[str, Any], change: Any) -> None:
    made["entrants"] = "".join(f"{line}\n" for line in change(made["entrants"].splitlines()))


def good() -> dict[str, Any]:
    chance = Random(4)
    return record([(entrant, chance.randint(1, 5)) for entrant in ids(50, chance)], SEED, 3, 2)


FORGERIES: list[tuple[str, Any]] = [
    ("the list is in order", lambda made: relist(made, lambda lines: lines[::-1])),
    ("the list is in order", lambda made: relist(made, lambda lines: [lines[0], *lines])),
    ("the list is in order", lambda made: relist(made, lambda lines: [lines[0], lines[0][:36] + " 9", *lines[1:]])),
    ("the list has the hash", lambda made: relist(made, lambda lines: lines[:-1])),
    ("the list has the hash", lambda made: relist(made, lambda lines: [lines[0][:36] + " 6", *lines[1:]])),
    ("the list has the hash", lambda made: made.update(list_hash="0" * 64)),
    ("the seed has the hash", lambda made: made.update(seed="0" * 64)),
    ("the seed has the hash", lambda made: made.update(commitment="0" * 64)),
    ("the same entrants", lambda made: made["result"].reverse()),
    ("the same entrants", lambda made: made["result"].pop()),
    ("the same entrants", lambda made: made["result"].append([6, made["entrants"][:36]])),
    ("the same entrants", lambda made: made["result"][0].__setitem__(1, made["result"][1][1])),
    ("the same entrants", lambda made: made["result"][0].__setitem__(0, 9)),
    ("the same entrants", lambda made: made.update(winners=4)),
]


@pytest.mark.parametrize(("checked", "forge"), FORGERIES)
def test_a_record_that_was_changed_is_found_out(checked: str, forge: Any) -> None:
    made = good()
    forge(made)

    assert any(wrong for what, wrong in proof.examine(made) if what.startswith(checked))


ONE = ids(1, Random(1))[0]
NO_LISTS: list[Any] = [
    None, [], "x", "x 1\n", f"{ONE} 0\n", f"{ONE} 01\n", f"{ONE} 1", f"{ONE} 1\n\n", f"{ONE} 1\r\n", f"{ONE} 1000001\n", f"{ONE} ١\n",
    f"{ONE.upper()} 1\n", f"{ONE}  1\n",
]  # fmt: skip
NO_RECORDS: list[Any] = [
    None, [], {}, {"format": "plaudit-draw/2"},
    *({**good(), name: value} for name in ("seed", "commitment", "list_hash") for value in (None, 7, "ab", "Z" * 64)),
    *({**good(), name: value} for name in ("winners", "reserves") for value in (None, -1, True, "3", 1.5)),
    *({**good(), "entrants": value} for value in NO_LISTS),
    *({**good(), "result": value} for value in (None, [1], [["1", "x"]], [[1, 2]])),
]  # fmt: skip


@pytest.mark.parametrize("made", NO_RECORDS, ids=range(len(NO_RECORDS)))
def test_what_is_no_record_is_told(made: Any) -> None:
    with pytest.raises(proof.NoRecord, match=r"record|whole number|digits|row|list"):
        proof.examine(made)


def test_the_verifier_imports_nothing_but_python() -> None:
    tree = ast.parse(PROOF.read_text(encoding="utf-8"))
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert named
    assert named <= sys.stdlib_module_names


@pytest.mark.parametrize(("forge", "code", "said"), [
    (lambda made: None, 0, "ok    the same entrants"),
    (lambda made: made.update(seed="0" * 64), 1, "WRONG the seed has the hash"),
    (lambda made: made.clear(), 2, "no record of a draw"),
])  # fmt: skip
def test_the_verifier_runs_alone(tmp_path: Path, forge: Any, code: int, said: str) -> None:
    """In a folder of its own, isolated from everything that is installed."""
    alone, file, made = tmp_path / "proof.py", tmp_path / "record.json", good()
    alone.write_bytes(PROOF.read_bytes())
    forge(made)
    file.write_text(json.dumps(made))

    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(alone), str(file)], capture_output=True, text=True, cwd=tmp_path, check=False
    )

    assert ended.returncode == code
    assert said in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("content", "said"), [("{", "is not JSON"), (None, "cannot be read"), ("[" * 100_000, "is not JSON")]
)
def test_a_file_that_is_no_record_is_told(tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "record.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(proof.NoRecord, match=said):
        proof.read(str(file))
