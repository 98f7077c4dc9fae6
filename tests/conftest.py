"""What any test may ask for: a migrated database of its own, a real Temporal server, settings that name them."""

import gc
import signal
from collections.abc import Iterator
from typing import Any, Final

import pytest

from infrastructure.settings import Settings
from stack.postgres import EmbeddedPostgres
from stack.temporal_server import TemporalServer
from tests import examples  # noqa: F401  registers a profile of Hypothesis before it is asked for
from tests.servers import Database, LocalServers, Servers, fresh_database, knock, open_door

SHARE_A_STACK: Final = ("tests/end_to_end/", "tests/fuzz/", "tests/stack/test_stack.py")
SERVERS: Final = pytest.StashKey[LocalServers]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[SERVERS] = LocalServers()
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a run that is told to end cleans up as by Ctrl-C


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell one of pytest-xdist's processes where to ask for servers."""
    node.workerinput["servers"] = open_door(node.config.stash[SERVERS])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Spread tests over processes one by one, but keep together those that share a whole stack.

    (pytest-xdist's own groups, `--dist loadgroup`, have no effect with pytest 9.2.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class OneStackIsEnough(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return next((shared for shared in SHARE_A_STACK if nodeid.startswith(shared)), nodeid)

    return OneStackIsEnough(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"servers", "stack", "vault", "own_vault", "holder", "kms"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("servers")


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVERS in config.stash:
        config.stash[SERVERS].stop()
    gc.collect()  # before the interpreter's exit, which Temporal's SDK may not survive (sdk-python#300)


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    here = request.config.stash.get(SERVERS, None)
    return here or knock(request.config.workerinput["servers"])  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def postgres(servers: Servers) -> EmbeddedPostgres:
    """The cluster. For a database inside it use `database`, or `fresh_database(postgres)` for another scope."""
    return servers.postgres()


@pytest.fixture
def database(postgres: EmbeddedPostgres) -> Iterator[Database]:
    """A migrated and otherwise empty database for this one test."""
    with fresh_database(postgres) as database:
        yield database


@pytest.fixture(scope="session")
def temporal_server(servers: Servers) -> TemporalServer:
    """A server that all tests share: keep apart by workflow ids and task queues. Each workflow may skip time."""
    return servers.temporal()


@pytest.fixture
def settings(database: Database, temporal_server: TemporalServer) -> Settings:
    """Settings of a development installation with this test's database."""
    return Settings.model_validate(
        {
            "environment": "development",
            "database_url": database.application_url,
            "migrations_database_url": database.owner_url,
            "temporal_address": temporal_server.address,
            "temporal_ui_url": temporal_server.ui_url,
        }
    )
