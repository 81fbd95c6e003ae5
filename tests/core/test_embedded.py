"""The embedded PostgreSQL with real processes: started, joined, raced, orphaned, crashed."""

import asyncio
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import pytest

from core import embedded
from core.embedded import EmbeddedError, Server
from core.embedded_programs import Account, Programs, _copied

PROJECT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 20.0
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")

# Another command: starts or joins, says which, and stays until its input ends. As root it may give up its rights first,
# with everything imported before, as nobody may not even reach the interpreter's own folder.
COMMAND = """
import asyncio, fcntl, os, pwd, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from core import embedded
import asyncpg.connect_utils, encodings.idna
if sys.argv[3] == "as nobody":
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
server = embedded.start(Path(sys.argv[2]))
exists = asyncio.run(embedded.database_exists(server.dsn("postgres"), "template1"))
print("joined" if server.process is None else "started", exists, flush=True)
sys.stdin.read()
server.stop()
"""


class Command:
    """A second process that runs the embedded server, as a context that ends it."""

    def __init__(self, root: Path, *, as_nobody: bool = False) -> None:
        arguments = [str(PROJECT), str(root), "as nobody" if as_nobody else "as it is"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __enter__(self) -> "Command":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=SECONDS_MAX)


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: pytest closes its parent to everybody else, the server's user included.
    with tempfile.TemporaryDirectory(prefix="plaudit test ", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def root(folder: Path, prepared: Path) -> Path:
    """Return a data root whose cluster is made already: a copy costs less than an initdb."""
    subprocess.run(["cp", "-a", str(prepared), str(folder / "root")], check=True)
    return folder / "root"


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="plaudit-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        embedded.start(Path(made, "root"), durable=False).stop()
        yield Path(made, "root")


def data_of(root: Path) -> Path:
    (found,) = (path for path in root.glob("postgresql-*") if path.is_dir())
    return found


def asked(server: Server, question: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(server.dsn("postgres").replace("+asyncpg", ""))
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(ask())


def wait_until_gone(root: Path) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while (data_of(root) / "postmaster.pid").exists():
        assert time.monotonic() < deadline, "the server outlived its owner"
        time.sleep(0.02)


def test_first_start_makes_a_utf8_cluster_behind_a_socket_only(folder: Path) -> None:
    with embedded.start(folder / "not" / "there yet") as server:
        assert server.process is not None
        assert asked(server, "SELECT current_setting('server_encoding')") == "UTF8"
        assert asked(server, "SELECT current_setting('listen_addresses')") == ""
        assert asked(server, "SELECT current_setting('fsync')") == "on"
        assert asked(server, "SELECT upper('ñandú')") == "ÑANDÚ"
        assert asked(server, "SELECT current_user::text") == "plaudit"
        assert server.socket_dir.stat().st_mode & 0o077 == 0, "whoever reaches the socket is trusted"
        assert data_of(folder / "not" / "there yet").name == f"postgresql-{asked(server, VERSION)}"
    assert not (server.socket_dir / ".s.PGSQL.5432").exists()


VERSION = "SELECT current_setting('server_version_num')::int / 10000"


def test_second_start_keeps_the_data_and_is_quick(root: Path) -> None:
    with embedded.start(root) as server:
        asyncio.run(embedded.create_database(server.dsn("postgres"), "kept"))
    began = time.monotonic()
    with embedded.start(root) as server:
        print(f"second start: {time.monotonic() - began:.2f} s")
        assert asyncio.run(embedded.database_exists(server.dsn("postgres"), "kept"))


def test_not_durable_is_for_tests(root: Path) -> None:
    with embedded.start(root, durable=False) as server:
        assert asked(server, "SELECT current_setting('fsync') || current_setting('synchronous_commit')") == "offoff"


def test_second_command_joins_and_leaves_the_server_alone(root: Path) -> None:
    with embedded.start(root) as server:
        with Command(root) as second:
            assert second.says() == "joined True"
        assert second.process.returncode == 0
        with embedded.start(root) as joined:
            assert joined.process is None
            assert joined.dsn("x") == server.dsn("x")
        assert asked(server, "SELECT 1") == 1


def test_of_commands_that_start_at_once_one_starts_and_the_others_join(folder: Path) -> None:
    with ExitStack() as stack:
        commands = [stack.enter_context(Command(folder / "root")) for _ in range(4)]
        assert sorted(command.says() for command in commands) == ["joined True"] * 3 + ["started True"]
        for command in commands:  # so that no joined one is asked to leave by a server that has gone
            assert command.process.poll() is None


@only_linux
@pytest.mark.parametrize("order", [signal.SIGKILL, signal.SIGTERM])
def test_server_ends_with_its_owner_and_the_next_command_starts_anew(root: Path, order: signal.Signals) -> None:
    with Command(root) as owner:
        assert owner.says() == "started True"
        owner.process.send_signal(order)
    assert owner.process.returncode == -order
    with embedded.start(root) as server:  # at once: it waits for the old one to finish
        assert server.process is not None
    with Command(root) as owner:
        assert owner.says() == "started True"
        owner.process.send_signal(order)
    wait_until_gone(root)


def test_crash_whose_process_id_belongs_to_somebody_else_by_now(root: Path) -> None:
    server = embedded.start(root)
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    other = Account.of_server().spawn(["/bin/sleep", "60"])
    try:
        record = data_of(root) / "postmaster.pid"
        lines = record.read_text().splitlines()
        record.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        lock = server.socket_dir / ".s.PGSQL.5432.lock"
        lock.write_text("\n".join([str(other.pid), *lock.read_text().splitlines()[1:]]) + "\n")
        with embedded.start(root) as recovered:
            assert recovered.process is not None
            assert asked(recovered, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@only_linux
def test_crash_that_left_a_process_at_work_on_the_data_is_waited_for(root: Path) -> None:
    server = embedded.start(root)
    assert server.process is not None
    lingering = asked(server, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    assert isinstance(lingering, int)
    os.kill(lingering, signal.SIGSTOP)
    server.process.kill()
    server.process.wait()
    with Command(root) as second:
        assert second.process.stdout is not None
        answered, _, _ = select.select([second.process.stdout], [], [], 1)
        os.kill(lingering, signal.SIGCONT)
        assert not answered, "two servers on the same data would destroy them"
        assert second.says() == "started True"


def test_copy_of_a_running_servers_folder_is_another_server(root: Path, folder: Path) -> None:
    with embedded.start(root) as server:
        subprocess.run(["cp", "-a", str(root), str(folder / "copy")], check=True)
        with embedded.start(folder / "copy") as other:
            assert other.process is not None
            assert other.socket_dir != server.socket_dir


def test_initdb_that_was_interrupted_is_done_again(folder: Path) -> None:
    unfinished = folder / f"postgresql-{Programs.found(None, Account.of_server()).major}.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("half")
    with embedded.start(folder) as server:
        assert asked(server, "SELECT 1") == 1
    assert not unfinished.exists()


@pytest.mark.parametrize("name", ["a" * 120, 'a, comma and a "quote"'])
def test_path_that_no_socket_address_can_hold(folder: Path, prepared: Path, name: str) -> None:
    subprocess.run(["cp", "-a", str(prepared), str(folder / name)], check=True)
    with embedded.start(folder / name) as server:
        assert server.socket_dir.parent == Path("/tmp")
        assert server.socket_dir.stat().st_mode & 0o077 == 0
        assert asked(server, "SELECT 1") == 1
        with embedded.start(folder / name) as joined:
            assert joined.process is None
    server.socket_dir.rmdir()


@only_root
def test_without_root_the_server_runs_as_ourselves(folder: Path) -> None:
    shutil.chown(folder, "nobody")
    with Command(folder / "root", as_nobody=True) as command:
        assert command.says() == "started True"
        assert (folder / "root").owner() == data_of(folder / "root").owner() == "nobody"
    assert command.process.returncode == 0


@only_root
def test_root_owns_everything_but_the_data(root: Path) -> None:
    with embedded.start(root):
        assert root.owner() == root.parent.owner() == "root"
        assert data_of(root).owner() == "nobody"


@only_root
def test_programs_that_nobody_reaches_are_copied_once(folder: Path) -> None:
    wheel = Programs.found(None, Account()).folder.parents[1]
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    account = Account.of_server()
    assert not account.reaches(closed / wheel.name / "pginstall" / "bin")
    copy = _copied(closed / wheel.name / "pginstall" / "bin", folder / "cache")
    made_at = copy.stat().st_ctime_ns
    with embedded.start(folder / "root", pg_bin=copy) as server:
        assert asked(server, "SELECT 1") == 1
    assert _copied(closed / wheel.name / "pginstall" / "bin", folder / "cache") == copy
    assert copy.stat().st_ctime_ns == made_at


@only_root
def test_folder_that_the_servers_user_cannot_reach(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match=r"nobody.*closed.*PLAUDIT_DATABASE_URL"):
        embedded.start(folder / "closed" / "root")
    assert (folder / "closed").stat().st_mode & 0o077 == 0, "nobody else's folder is opened"
    outside = embedded.default_root(folder / "closed")
    assert outside.parent == Path("/var/lib/plaudit")
    assert outside != embedded.default_root(folder / "closed" / "root")


def test_data_of_a_checkout_lie_in_it(folder: Path) -> None:
    assert embedded.default_root(folder) == folder / ".plaudit"


def test_folder_without_programs_is_refused_with_the_remedy(folder: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"No PostgreSQL.*PLAUDIT_PG_BIN"):
        embedded.start(folder / "root", pg_bin=folder)


def test_failed_start_tells_what_postgresql_said(root: Path) -> None:
    with (data_of(root) / "postgresql.conf").open("a") as settings:
        settings.write("work_mem = nonsense\n")
    with pytest.raises(EmbeddedError, match="contains errors"):
        embedded.start(root)


def test_thread_that_would_take_the_server_with_it_is_refused(root: Path) -> None:
    refused: list[EmbeddedError] = []

    def run() -> None:
        try:
            embedded.start(root)
        except EmbeddedError as error:
            refused.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert "main thread" in str(refused[0])


@pytest.mark.parametrize("programs", sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin")), ids=str)
def test_systems_own_postgresql(folder: Path, programs: Path) -> None:
    with embedded.start(folder, pg_bin=programs) as server:
        assert f"postgresql-{asked(server, VERSION)}" == f"postgresql-{programs.parent.name}"


def test_databases_are_made_from_templates_and_dropped_under_their_users(root: Path) -> None:
    async def scenario(dsn: str, template: str, copy: str) -> None:
        await embedded.create_database(dsn, "template")
        connection = await asyncpg.connect(template.replace("+asyncpg", ""))
        await connection.execute("CREATE TABLE given AS SELECT 7 AS points")
        await connection.close()
        made = await asyncio.gather(
            *(embedded.create_database(dsn, 'a "copy"', template="template") for _ in range(2)), return_exceptions=True
        )
        assert sorted(type(outcome).__name__ for outcome in made) == ["DuplicateDatabaseError", "NoneType"]
        connection = await asyncpg.connect(copy.replace("+asyncpg", ""))
        assert await connection.fetchval("SELECT points FROM given") == 7
        await embedded.drop_database(dsn, 'a "copy"')
        assert not await embedded.database_exists(dsn, 'a "copy"')
        await embedded.drop_database(dsn, 'a "copy"')
        connection.terminate()

    with embedded.start(root, durable=False) as server:
        asyncio.run(scenario(server.dsn("postgres"), server.dsn("template"), server.dsn("a%20%22copy%22")))
