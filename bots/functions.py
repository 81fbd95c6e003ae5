"""A company's own metrics and callbacks: one Python file, named in the settings, run once when the process starts.

Data never names a file or a module; the file registers names by the decorators of `core.badges.registry`, and badges use those.
"""

import importlib.util
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from bots import callbacks
from bots.settings import Misconfigured
from core.badges import registry, unresolved
from core.badges.registry import Named, NameInvalid, NameTaken
from core.journeys import service as journeys
from core.rules import metrics

SETTING = "PLAUDIT_FUNCTIONS"
MODULE = "plaudit_functions"
LISTED_MAX = 10

OWN = (metrics.__name__, callbacks.__name__, journeys.__name__)
"""The product's own names, and what listens to rules, are registered by being imported here, before any file's."""

_loaded: dict[Path, tuple[Named, ...]] = {}


def load(path: Path | None) -> Sequence[Named]:
    """Run the file and return what it registered; a second time it is not run again. Raises Misconfigured, and then nothing of
    the file is registered."""
    if path is None:
        return ()
    if path not in _loaded:
        before = registry.snapshot()
        try:
            _run(path)
        except Misconfigured:
            registry.restore(before)
            raise
        known = set(before.values())
        _loaded[path] = tuple(named for named in registry.listed() if named not in known)
    return _loaded[path]


def _run(path: Path) -> None:
    if not path.is_file():
        raise Misconfigured([f"{SETTING} names {path}, which is no file: name a Python file, or unset it"])
    spec = importlib.util.spec_from_file_location(MODULE, path.resolve())
    if spec is None or spec.loader is None:
        raise Misconfigured([f"{SETTING} names {path}, which is no Python file: its name has to end in .py"])
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as fault:
        raise Misconfigured([f"{SETTING}: {path}, {_told(fault, path)}"]) from fault


def _told(fault: BaseException, path: Path) -> str:
    """Where it went wrong and what to do. What an unexpected error says is left out: it may quote a secret of the file's."""
    if isinstance(fault, SyntaxError) and fault.filename in {None, str(path.resolve())}:
        return f"line {fault.lineno or 1} is no Python ({fault.msg}): mend it there"
    if isinstance(fault, ValueError) and "null bytes" in str(fault):  # a SyntaxError since Python 3.11.4
        return "line 1 is no Python (source code cannot contain null bytes): mend it there"
    line = _line(fault, path)
    if isinstance(fault, NameTaken):
        return f"line {line} registers the {fault.kind} {fault.name}, which is there already: give it another name"
    if isinstance(fault, NameInvalid):
        return f"line {line} registers {fault.name!r}, which is no name: write words joined by dots, such as acme.sales.closed"
    if isinstance(fault, ImportError | AttributeError | NameError):
        return f"line {line} asks for what is not there ({fault}): mend the name, or install what it is part of"
    return f"line {line} fails ({type(fault).__name__}): the file may only import and register; mend it there"


def _line(fault: BaseException, path: Path) -> int:
    """The last line of the file itself on the way to the fault."""
    frames = traceback.extract_tb(fault.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if Path(frame.filename) == path.resolve()), 0)


async def check(session: AsyncSession, path: Path | None) -> None:
    """Whether every name that the stored badges use is registered. Run as ops. Raises Misconfigured."""
    missing = await unresolved.names(session)
    remedy = f"add it to {path}" if path else f"name the file that registers it in {SETTING}"
    faults = [
        f"{SETTING}: the badge {each.badge} ({each.reward_id}) of workspace {each.workspace_id} uses the {each.kind} {each.name},"
        f" which nothing registers: {remedy}, or import the badge without it"
        for each in missing[:LISTED_MAX]
    ]
    if faults:
        raise Misconfigured(faults)
