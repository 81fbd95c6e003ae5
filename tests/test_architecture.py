"""The rules of the house that a machine can hold. Each test names one, over every file it concerns."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("bots", "core", "cards", "web", "migrations")
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "base", "common", "misc"}
CHANNELS = ("bots.teams", "bots.slack", "bots.telegram")

# Where a transaction may begin and end. Everything else gets its session as an argument.
COMMITTERS = (
    "bots/__main__.py",
    "bots/cli/*",
    "bots/consumer.py",
    "bots/deliver*.py",
    "bots/demo/*",
    "bots/dispatch*.py",
    "bots/email/addresses.py",
    "bots/homes.py",
    "bots/intake.py",
    "bots/pictures.py",
    "bots/slack/install*.py",
    "bots/store.py",
    "bots/ticker.py",
    "bots/vitals.py",
    "bots/worker*.py",
    "core/database.py",
    "web/middleware*.py",
)
ENVIRONMENT_READERS = ("bots/settings.py",)


def modules(*packages: str) -> list[Path]:
    return sorted(
        path.relative_to(PROJECT)
        for package in packages
        for path in (PROJECT / package).rglob("*.py")
        if "__pycache__" not in path.parts
    )


def named(path: Path) -> str:
    return path.as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse((PROJECT / path).read_text(encoding="utf-8"), filename=str(path))


def is_listed(path: Path, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(path.as_posix(), pattern) for pattern in patterns)


def attributes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of every attribute, as far as it is written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


every_source = pytest.mark.parametrize("path", modules("bots", "core", "cards", "web"), ids=named)
every_module = pytest.mark.parametrize("path", modules(*PACKAGES), ids=named)


@every_module
def test_transactions_begin_and_end_at_the_edges(path: Path) -> None:
    if is_listed(path, COMMITTERS) or path.parts[0] == "migrations":
        return
    calls = [
        f"{path}:{node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"commit", "begin"}
    ]
    assert not calls, "take a session as an argument; the edges that commit are listed in this file"


@every_module
def test_environment_is_read_by_the_settings_only(path: Path) -> None:
    if is_listed(path, ENVIRONMENT_READERS):
        return
    reads = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
    found = [f"{path}:{line}: {name}" for line, name in attributes(tree_of(path)) if name in reads]
    found += [
        f"{path}:{node.lineno}: from os import {name.name}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.module == "os"
        for name in node.names
        if f"os.{name.name}" in reads
    ]
    assert not found


@every_source
def test_files_and_functions_are_short(path: Path) -> None:
    lines = len((PROJECT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LINES_MAX, f"{path} has {lines} lines: it holds more than one idea"
    long = [
        f"{path}:{node.lineno}: {node.name} has {length} lines"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert not long


@every_module
def test_names_say_what_is_inside(path: Path) -> None:
    names = {path.stem, *path.parent.parts}
    assert not names & VAGUE_NAMES, f"{path}: name it after what it is about"


@every_module
def test_channels_are_imported_when_they_are_configured(path: Path) -> None:
    """A channel that is not configured costs neither time nor memory: nothing imports one while it is being imported."""
    inside = ".".join(path.parts[:2])
    at_import_time = list(chain.from_iterable(imported_names(node) for node in import_time_statements(tree_of(path))))
    eager = [
        f"{path}: {name}"
        for name in at_import_time
        for channel in CHANNELS
        if channel != inside and (name == channel or name.startswith(f"{channel}."))
    ]
    assert not eager, "import a channel inside the function that builds it"


def import_time_statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported: everything outside functions and `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from import_time_statements(child)


def imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{name.name}" for name in node.names]
    return []


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in modules(*PACKAGES)} - {Path("migrations/versions")}), ids=named
)
def test_every_package_says_that_it_is_one(folder: Path) -> None:
    missing = [name for name in (folder, *folder.parents[:-1]) if not (PROJECT / name / "__init__.py").is_file()]
    assert not missing, "a folder without __init__.py is invisible to the import contracts and to the installer"


@pytest.mark.parametrize("package", [package for package in PACKAGES if modules(package)])
def test_the_short_package_names_are_ours(package: str) -> None:
    found = find_spec(package)
    assert found is not None
    assert [Path(place).resolve() for place in found.submodule_search_locations or ()] == [PROJECT / package]


LOCALES = sorted((PROJECT / "cards" / "locales").glob("*.json"))


def keys_of(words: object, prefix: str = "") -> set[str]:
    if not isinstance(words, dict):
        return {prefix}
    return set(chain.from_iterable(keys_of(value, f"{prefix}.{key}") for key, value in words.items()))


@pytest.mark.parametrize("locale", LOCALES, ids=lambda path: path.stem)
def test_no_language_knows_a_key_that_english_does_not(locale: Path) -> None:
    known = keys_of(json.loads((locale.parent / "en.json").read_text(encoding="utf-8")))
    own = keys_of(json.loads(locale.read_text(encoding="utf-8")))
    plural = {key for key in own if key.rpartition(".")[2] in {"zero", "one", "two", "few", "many", "other"}}
    strange = {key for key in plural if f"{key.rpartition('.')[0]}.other" not in known} | (own - plural - known)
    assert not strange, "nobody asks for these: English is where a key begins"


def test_imports_point_downwards() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    checked = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert " 0 broken" in checked.stdout
