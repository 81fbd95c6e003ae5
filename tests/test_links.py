"""What the pages promise: links lead somewhere, files that are named exist, and members' sentences are quoted as they are."""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
FOLDERS = "bots|core|cards|web|migrations|tests|docs|manifest|bench|.ci"
FILES_AT_THE_ROOT = "Makefile|pyproject.toml|requirements.lock"

FENCED = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\]\(([^()\s]+)\)|<(?:img|source)[^>]*\b(?:src|srcset)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
NAMED_PATH = re.compile(rf"`((?:{FOLDERS})/[\w./*-]*|{FILES_AT_THE_ROOT})`")
REFUSAL_ROW = re.compile(r"^\| `(\w+)` \| .+ \| ([^|]+) \|$", re.MULTILINE)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())


def prose(page: Path) -> str:
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    """Yield the targets of links and pictures that lie in this project."""
    for match in LINK.finditer(SPAN.sub("", prose(page))):
        target = match[1] or match[2]
        if not re.match(r"[a-z][a-z0-9+.-]*:", target):
            yield unquote(target)


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors that a forge gives the headings of a page: small letters, no punctuation, hyphens for blanks."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(page)):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        again = next(number for number in range(len(found) + 1) if _numbered(slug, number) not in found)
        found.add(_numbered(slug, again))
    return frozenset(found)


def _numbered(slug: str, number: int) -> str:
    return f"{slug}-{number}" if number else slug


def is_there(page: Path, link: str) -> bool:
    place, _, anchor = link.partition("#")
    target = (page.parent / place).resolve() if place else page
    if not target.exists() or not target.is_relative_to(PROJECT):
        return False
    return not anchor or (target.suffix == ".md" and anchor in anchors(target))


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not is_there(page, link)] == []


@every_page
def test_named_files_exist(page: Path) -> None:
    named = NAMED_PATH.findall(prose(page))
    assert [path for path in named if not (PROJECT / path).exists() and not any(PROJECT.glob(path))] == []


def test_refusals_are_quoted_as_members_read_them() -> None:
    page = prose(PROJECT / "docs" / "reference" / "chat-commands.md")
    sentences = json.loads((PROJECT / "cards" / "locales" / "en.json").read_text(encoding="utf-8"))["refusals"]
    said = {code: each if isinstance(each, str) else each["other"] for code, each in sentences.items()}
    quoted = dict(REFUSAL_ROW.findall(page))
    assert quoted == {code: said.get(code) for code in quoted}
    assert len(quoted) > 30
    assert [code for code in said if f"`{code}`" not in page] == []


def test_every_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    wanted = {re.split(r"[\[<>=~;! ]", each)[0] for group in groups for each in group if isinstance(each, str)}
    page = prose(PROJECT / "docs" / "decisions" / "0007-direct-dependencies.md")
    rows = re.findall(r"^\| ([a-z][a-z0-9, -]*) \| .+ \|$", page, re.MULTILINE)
    assert {name for row in rows for name in row.split(", ")} - {"package"} == wanted


def test_every_page_is_reached_from_the_readme() -> None:
    reached = {PROJECT / "README.md"}
    ahead = list(reached)
    while ahead:
        page = ahead.pop()
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page) if link[0] != "#"}
        new = {target for target in targets if target.suffix == ".md" and target.exists()} - reached
        reached |= new
        ahead += new
    assert set(PAGES) - reached == set()


def test_the_judge_of_links_can_say_no(tmp_path: Path) -> None:
    """A link to nowhere, to a missing anchor, and out of the project."""
    readme = PROJECT / "README.md"
    assert is_there(readme, "CONTRIBUTING.md#add-a-card")
    assert is_there(readme, "#words")
    for wrong in ("missing.md", "CONTRIBUTING.md#missing", "#missing", str(tmp_path)):
        assert not is_there(readme, wrong), wrong
