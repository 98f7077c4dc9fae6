"""The stack as one thing: started in waves, watched, stopped in order."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self

from stack.blueprint import TENOR, Blueprint, Command, Service
from stack.children import Child, Nursery, Program
from stack.environment import Addresses, environment
from stack.postgres import EmbeddedPostgres, Passwords
from stack.probes import LOOPBACK, Probe, never
from stack.rooms import room_for_postgres
from stack.site import Site
from stack.temporal_server import TemporalServer

PORTS = (
    "postgres", "temporal", "temporal_http", "temporal_ui", "temporal_metrics",
    "sandbox", "worker_metrics", "relay_metrics", "api",
)  # fmt: skip


class Stack:
    """`with Stack(data_directory) as stack:` runs everything until the block ends; the data stay.

    Blocking throughout: from a coroutine, call it by `asyncio.to_thread`. `wanted` asks for certain ports by name;
    `memorable` prefers those a person remembers (8000, 8233, …). `settings` are TENOR_* variables besides the stack's
    own. Raises AlreadyRunning, PortTaken, ChildFailed.
    """

    def __init__(
        self,
        data_directory: Path,
        *,
        blueprint: Blueprint = TENOR,
        wanted: Mapping[str, int] | None = None,
        memorable: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.site = Site(data_directory)
        self._blueprint = blueprint
        self._wanted = wanted or {}
        self._memorable = memorable
        self._settings = settings or {}
        self._nursery = Nursery()
        self._children: dict[str, Child] = {}

    @classmethod
    @contextmanager
    def temporary(cls, blueprint: Blueprint = TENOR, settings: Mapping[str, str] | None = None) -> Iterator["Stack"]:
        """A stack in a fresh data directory, which is removed with everything in it."""
        stack = cls(Path(tempfile.mkdtemp(prefix="tenor-")), blueprint=blueprint, settings=settings)
        try:
            with stack:
                yield stack
        finally:
            stack.site.remove()

    # Where everything is

    @cached_property
    def ports(self) -> Mapping[str, int]:
        if self.site.is_ready:  # it runs already, and whoever only looks moves nothing
            return self.site.ports
        return self.site.choose_ports(PORTS, self._wanted, memorable=self._memorable)

    @cached_property
    def postgres(self) -> EmbeddedPostgres:
        secrets = self.site.credentials
        return EmbeddedPostgres(
            room=room_for_postgres(self.site.directory),
            port=self.ports["postgres"],
            log=self.site.log("postgres"),
            passwords=Passwords(
                superuser=secrets.postgres_superuser,
                owner=secrets.postgres_owner,
                application=secrets.postgres_application,
            ),
        )

    @cached_property
    def temporal(self) -> TemporalServer:
        return TemporalServer(
            port=self.ports["temporal"],
            http_port=self.ports["temporal_http"],
            ui_port=self.ports["temporal_ui"],
            metrics_port=self.ports["temporal_metrics"],
            log=self.site.log("temporal"),
            store=self.site.temporal / "temporal.db",
            codec=f"http://{LOOPBACK}:{self.ports['api']}/api/admin/v1/codec",
        )

    @cached_property
    def addresses(self) -> Addresses:
        return Addresses.of(self.ports, self.postgres, self.temporal)

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """What Tenor's own processes are told."""
        return {**environment(self.addresses, self.ports, self.site.credentials), **self._settings}

    # Start and stop

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when everything is ready. On failure nothing is left running."""
        self.site.claim()
        try:
            self.site.pids.sweep()
            self.site.clear_logs()
            self._start_everything()
            self.site.pids.note([child.pid for child in self._children.values()])
        except BaseException:
            self.stop()
            raise
        self.site.declare_ready()

    def _start_everything(self) -> None:
        """What needs no database starts while Postgres makes one: that takes the longest."""
        self._launch(self.temporal.server())
        self._launch(*map(self._program, self._blueprint.early))
        self.postgres.create()
        self._launch(self.postgres.server())
        self._children["postgres"].wait_until_ready()
        self.postgres.create_roles()
        for command in self._blueprint.preparations:
            self._finish([self._run(command)])
        self._wait()
        self._launch(*map(self._program, self._blueprint.late))
        self._finish([self._run(command) for command in self._blueprint.beside])
        self._wait()

    def stop(self) -> None:
        """The last that started stops first. Stopping what has stopped changes nothing."""
        while self._children:
            _, child = self._children.popitem()
            child.stop()
        self.site.release()

    # One child at a time

    def kill(self, name: str) -> None:
        """kill -9."""
        self._children[name].kill()

    def restart(self, name: str) -> None:
        """Start a child again, after killing it if it still lives, and return when it is ready."""
        self.kill(name)
        self._children[name] = Child(self._children[name].program, self._nursery)
        self._children[name].wait_until_ready()
        self.site.pids.note([child.pid for child in self._children.values()])

    @property
    def pids(self) -> Mapping[str, int]:
        return {name: child.pid for name, child in self._children.items()}

    def obituaries(self) -> list[str]:
        """What there is to say about children that ended, killed ones too."""
        return [child.obituary() for child in self._children.values() if child.exit_code is not None]

    def _launch(self, *programs: Program) -> None:
        for program in programs:
            self._children[program.name] = Child(program, self._nursery)

    def _wait(self) -> None:
        for child in self._children.values():
            child.wait_until_ready()

    def _finish(self, commands: list[Child]) -> None:
        try:
            for command in commands:
                command.finish()
        finally:
            for command in commands:
                command.kill()

    def _run(self, command: Command) -> Child:
        return Child(self._own(command.name, command.arguments), self._nursery)

    def _program(self, service: Service) -> Program:
        return self._own(service.name, service.arguments(self.ports), service.ready(self.ports))

    def _own(self, name: str, arguments: tuple[str, ...], ready: Probe = never) -> Program:
        return Program(
            name=name,
            command=(sys.executable, *arguments),
            environment=self.environment,
            directory=self._blueprint.checkout,
            log=self.site.log(name),
            ready=ready,
        )
