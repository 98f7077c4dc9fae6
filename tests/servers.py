"""Real servers for a test run: one Postgres cluster and one Temporal server, shared by all of pytest's processes.

They live in the process that a person started. The first test that asks for a server starts it, whichever process that
test runs in; the end of the run, however it comes, ends them.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.managers import BaseManager
from pathlib import Path
from threading import Lock, Thread
from typing import Final, Protocol, cast

from stack.children import Child, Nursery, Program
from stack.postgres import DATABASE, EmbeddedPostgres, Passwords
from stack.probes import free_port
from stack.rooms import remove_rooms, room_for_postgres
from stack.temporal_server import TemporalServer

CHECKOUT: Final = Path(__file__).parent.parent
# Tests kill processes, not machines: what the kernel holds is safe enough.
IN_HASTE: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

Doorway = tuple[str, int, bytes]  # host, port and key, under which another process finds the servers


class Servers(Protocol):
    def postgres(self) -> EmbeddedPostgres: ...
    def temporal(self) -> TemporalServer: ...


class LocalServers:
    """The servers, in the process that owns them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._nursery = Nursery()
        self._children: list[Child] = []

    def postgres(self) -> EmbeddedPostgres:
        """A running cluster. Its database `tenor` is migrated, and is there to be copied, not to be used."""
        with self._lock:
            return self._migrated

    def temporal(self) -> TemporalServer:
        with self._lock:
            return self._temporal

    def stop(self) -> None:
        while self._children:
            self._children.pop().stop()
        self._nursery.close()
        if "_directory" in self.__dict__:
            remove_rooms(self._directory)

    @cached_property
    def _directory(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="tenor-tests-"))

    @cached_property
    def _migrated(self) -> EmbeddedPostgres:
        _migrate(self._cluster)
        return self._cluster

    @cached_property
    def _cluster(self) -> EmbeddedPostgres:
        postgres = EmbeddedPostgres(
            room=room_for_postgres(self._directory),
            port=free_port(),
            passwords=Passwords(superuser="postgres", owner="owner", application="application"),
            log=self._directory / "postgres.log",
            options=IN_HASTE,
        )
        postgres.create()
        self._start(postgres.server())
        postgres.create_roles()
        return postgres

    @cached_property
    def _temporal(self) -> TemporalServer:
        port, http_port, ui_port = free_port(), free_port(), free_port()
        temporal = TemporalServer(port=port, http_port=http_port, ui_port=ui_port, log=self._directory / "temporal.log")
        self._start(temporal.server())
        return temporal

    def _start(self, program: Program) -> None:
        child = Child(program, self._nursery)
        self._children.append(child)
        child.wait_until_ready()


def _migrate(postgres: EmbeddedPostgres) -> None:
    settings = {
        "TENOR_ENVIRONMENT": "development",
        "TENOR_DATABASE_URL": postgres.application_url(),
        "TENOR_MIGRATIONS_DATABASE_URL": postgres.owner_url(),
    }
    alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
    done = subprocess.run(alembic, cwd=CHECKOUT, env=os.environ | settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the migrations failed: {done.stderr[-2000:]}")


class _Door(BaseManager):
    """Lets pytest's other processes ask the one that owns the servers."""


def open_door(servers: LocalServers) -> Doorway:
    """Answer other processes, from a thread, for as long as this process lives."""
    _Door.register("servers", callable=lambda: servers, exposed=("postgres", "temporal"))
    key = secrets.token_bytes(16)
    server = _Door(address=("127.0.0.1", 0), authkey=key).get_server()
    Thread(target=server.serve_forever, daemon=True).start()
    host, port = cast("tuple[str, int]", server.address)
    return host, port, key


def knock(doorway: Doorway) -> Servers:
    """The servers of another process."""
    host, port, key = doorway
    _Door.register("servers", exposed=("postgres", "temporal"))
    door = _Door(address=(host, port), authkey=key)
    door.connect()
    return cast("Servers", door.servers())  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Database:
    """A migrated database of one's own, as each of its two roles reaches it."""

    name: str
    owner_url: str = field(repr=False)
    application_url: str = field(repr=False)


@contextmanager
def fresh_database(postgres: EmbeddedPostgres) -> Iterator[Database]:
    """A copy of the migrated database, dropped at the end with whoever is still connected."""
    name = f"test_{secrets.token_hex(8)}"
    postgres.psql("--command", f"CREATE DATABASE {name} TEMPLATE {DATABASE} OWNER tenor_owner")
    try:
        yield Database(name, postgres.owner_url(name), postgres.application_url(name))
    finally:
        postgres.psql("--command", f"DROP DATABASE {name} WITH (FORCE)")
