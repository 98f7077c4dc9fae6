"""What a stack runs besides Postgres and Temporal, as data: Tenor's own commands, and when each counts as ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.probes import LOOPBACK, Probe, answers, listens

Ports = Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Service:
    """A process that stays. `arguments` follow this environment's Python."""

    name: str
    arguments: Callable[[Ports], tuple[str, ...]]
    ready: Callable[[Ports], Probe]


@dataclass(frozen=True, kw_only=True)
class Command:
    """A process that must end well, with every start."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """`early` services need no database, `late` ones a prepared one; `beside` are commands that run while those start.

    Services stop in the opposite order.
    """

    checkout: Path
    early: tuple[Service, ...] = ()
    preparations: tuple[Command, ...] = ()
    late: tuple[Service, ...] = ()
    beside: tuple[Command, ...] = ()


def _uvicorn(application: str, port: int) -> tuple[str, ...]:
    return ("-m", "uvicorn", "--factory", application, "--host", LOOPBACK, "--port", str(port),
            "--no-access-log", "--timeout-graceful-shutdown", "5")  # fmt: skip


TENOR = Blueprint(
    checkout=Path(__file__).parent.parent,
    early=(
        Service(
            name="sandbox",
            arguments=lambda ports: _uvicorn("sandbox.main:create_app", ports["sandbox"]),
            ready=lambda ports: answers(f"http://{LOOPBACK}:{ports['sandbox']}/healthz"),
        ),
    ),
    preparations=(Command(name="migrations", arguments=("-m", "alembic", "upgrade", "head")),),
    late=(
        Service(
            name="worker",
            arguments=lambda _: ("worker.py",),
            ready=lambda ports: listens(ports["worker_metrics"]),
        ),
        Service(
            name="relay",
            arguments=lambda _: ("relay.py",),
            ready=lambda ports: listens(ports["relay_metrics"]),
        ),
        Service(
            name="api",
            arguments=lambda ports: _uvicorn("api.main:create_app", ports["api"]),
            ready=lambda ports: answers(f"http://{LOOPBACK}:{ports['api']}/readyz"),
        ),
    ),
    beside=(Command(name="seed", arguments=("seed.py",)),),
)
