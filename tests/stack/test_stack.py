"""The embedded stack, with a stand-in for Tenor's own processes: what starts, survives, and ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from stack.blueprint import Blueprint, Command, Service
from stack.children import ChildFailed
from stack.pids import command_of
from stack.probes import PortTaken, answers, listens
from stack.site import AlreadyRunning, Site
from stack.stack import Stack

pytestmark = pytest.mark.servers

CHECKOUT = Path(__file__).parents[2]

WEB_SERVER = Service(
    name="api",
    arguments=lambda ports: ("-m", "http.server", "--bind", "127.0.0.1", str(ports["api"])),
    ready=lambda ports: listens(ports["api"]),
)
STAND_IN = Blueprint(
    checkout=CHECKOUT / "deploy",  # something harmless to serve
    beside=(Command(name="seed", arguments=("-c", "print('officer', 'secret')")),),
    late=(WEB_SERVER,),
)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """As pytest makes it: closed to everybody but this user, so that root's Postgres needs a room elsewhere."""
    yield tmp_path / "data"
    Site(tmp_path / "data").remove()


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack.temporary(STAND_IN) as stack:
        yield stack


def test_who_looks_at_a_running_stack_moves_none_of_its_ports(stack: Stack) -> None:
    onlooker = Stack(stack.site.directory, blueprint=STAND_IN)
    assert onlooker.ports == stack.ports
    assert Site(stack.site.directory).ports == stack.ports


def living(pids: list[int]) -> list[str]:
    return [command for pid in pids if (command := command_of(pid))]


def gone_within(seconds: float, pids: list[int]) -> bool:
    deadline = time.monotonic() + seconds
    while living(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not living(pids)


def plain(url: str) -> str:
    return url.replace("postgresql+asyncpg", "postgresql")


def test_a_fresh_directory_comes_up_and_nothing_is_left_after_stop(directory: Path) -> None:
    with Stack(directory, blueprint=STAND_IN) as stack:
        pids = list(stack.pids.values())
        assert set(stack.pids) == {"postgres", "temporal", "api"}
        assert len(living(pids)) == 3
        assert answers(stack.addresses.temporal_ui + "/healthz")()
        assert stack.site.log("seed").read_text() == "officer secret\n"
    assert living(pids) == []


def test_a_second_start_finds_the_same_ports_secrets_and_rows(directory: Path) -> None:
    with Stack(directory, blueprint=STAND_IN) as stack:
        ports, credentials = stack.ports, stack.site.credentials
        stack.postgres.psql("--command", "CREATE TABLE kept AS SELECT 7 AS number")
    began = time.monotonic()
    with Stack(directory, blueprint=STAND_IN) as stack:
        assert time.monotonic() - began < 10
        assert (stack.ports, stack.site.credentials) == (ports, credentials)
        assert stack.postgres.psql("--command", "SELECT number FROM kept") == "7"


async def test_every_acknowledged_row_survives_a_kill_of_postgres(stack: Stack) -> None:
    acknowledged = 0
    connection = await asyncpg.connect(plain(stack.addresses.owner_database))
    await connection.execute("CREATE TABLE rows (id int PRIMARY KEY)")
    for number in range(500):
        await connection.execute("INSERT INTO rows VALUES ($1)", number)
        acknowledged += 1
    stack.kill("postgres")
    with pytest.raises((asyncpg.PostgresError, OSError, asyncpg.InterfaceError)):
        await connection.execute("INSERT INTO rows VALUES (-1)")
    connection.terminate()

    stack.restart("postgres")
    connection = await asyncpg.connect(plain(stack.addresses.owner_database))
    assert await connection.fetchval("SELECT count(*) FROM rows") == acknowledged
    await connection.close()


def test_any_child_can_be_killed_and_started_again(stack: Stack) -> None:
    before = stack.pids
    for name in ("api", "temporal"):
        stack.kill(name)
        assert [obituary for obituary in stack.obituaries() if obituary.startswith(f"{name} was ended by SIGKILL")]
        stack.restart(name)
        assert stack.pids[name] != before[name]
    assert stack.obituaries() == []


def test_secrets_are_for_their_owner_alone(stack: Stack) -> None:
    assert (stack.site.directory / "credentials.json").stat().st_mode & 0o077 == 0
    assert stack.site.logs.stat().st_mode & 0o077 == 0
    assert stack.site.credentials.postgres_owner not in repr(stack.addresses) + repr(stack.site.credentials)


def test_a_second_stack_in_the_same_directory_is_refused(stack: Stack) -> None:
    with pytest.raises(AlreadyRunning, match=str(stack.site.directory)):
        Stack(stack.site.directory, blueprint=STAND_IN).start()
    assert stack.site.is_ready


def test_a_wanted_port_in_use_is_named(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port}, asked for api, is in use"):
            Stack(directory, blueprint=STAND_IN, wanted={"api": port}).start()
    assert Site(directory).runner is None


def test_a_remembered_port_in_use_is_avoided(directory: Path) -> None:
    site = Site(directory)
    site.claim()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert site.choose_ports(["api"], {"api": port + 1}, memorable=False) == {"api": port + 1}
        site.choose_ports(["api"], {}, memorable=False)
        assert site.choose_ports(["api"], {}, memorable=False)["api"] != port
    site.release()


def test_a_failed_preparation_is_told_with_its_last_words_and_nothing_is_left(directory: Path) -> None:
    broken = Command(name="migrations", arguments=("-c", "raise SystemExit('no such table')"))
    stack = Stack(directory, blueprint=Blueprint(checkout=CHECKOUT, preparations=(broken,)))
    with pytest.raises(ChildFailed, match=r"(?s)migrations ended with exit code 1.*no such table"):
        stack.start()
    assert stack.pids == {}
    assert stack.site.runner is None


def test_a_half_made_cluster_is_made_anew(directory: Path) -> None:
    stack = Stack(directory, blueprint=Blueprint(checkout=CHECKOUT))
    stack.site.claim()
    (stack.postgres.room / "unfinished").mkdir()
    (stack.postgres.room / "unfinished" / "PG_VERSION").write_text("18")
    stack.site.release()
    with stack:
        assert stack.postgres.psql("--command", "SELECT 1") == "1"


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux ends children with their parent; elsewhere see the sweep"
)
def test_a_kill_of_whoever_runs_the_stack_takes_every_child_along(directory: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from stack.stack import Stack;"
        "from tests.stack.test_stack import STAND_IN;"
        "stack = Stack(Path(sys.argv[1]), blueprint=STAND_IN); stack.start();"
        "print(*stack.pids.values(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(directory)], cwd=CHECKOUT, stdout=subprocess.PIPE
    ) as runner:
        assert runner.stdout
        pids = [int(pid) for pid in runner.stdout.readline().split()]
        assert len(living(pids)) == 3
        runner.kill()
    assert gone_within(10, pids)
    with Stack(directory, blueprint=STAND_IN) as stack:
        assert stack.site.is_ready


def test_what_a_killed_runner_left_behind_is_swept_away_and_nothing_else(directory: Path) -> None:
    site = Site(directory)
    site.claim()
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    left, other = (subprocess.Popen(sleep, start_new_session=True) for _ in range(2))
    while "sleep" not in (command_of(left.pid) or ""):
        time.sleep(0.01)
    site.pids.note([left.pid])
    assert len(site.pids.sweep()) == 1
    assert left.wait(5) == -signal.SIGKILL
    assert other.poll() is None
    os.killpg(other.pid, signal.SIGKILL)
    other.wait()
    site.release()
