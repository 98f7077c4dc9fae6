from collections.abc import Iterator

import pytest

from stack.postgres import EmbeddedPostgres
from stack.temporal_server import TemporalServer
from tests.fuzz.target import Target, open_house
from tests.servers import fresh_database


@pytest.fixture(scope="session")
def target(postgres: EmbeddedPostgres, temporal_server: TemporalServer) -> Iterator[Target]:
    with fresh_database(postgres) as database, open_house(database, temporal_server) as target:
        yield target
