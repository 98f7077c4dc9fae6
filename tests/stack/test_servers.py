"""The servers that tests share are real, and every test has its own database."""

import asyncpg
from temporalio.client import Client

from stack.temporal_server import TemporalServer
from tests.servers import Database


def plain(url: str) -> str:
    return url.replace("postgresql+asyncpg", "postgresql")


async def test_a_test_has_a_database_of_its_own(database: Database) -> None:
    connection = await asyncpg.connect(plain(database.owner_url))
    try:
        assert await connection.fetchval("SELECT current_database()") == database.name
        await connection.execute("CREATE TABLE mine (id int)")
    finally:
        await connection.close()


async def test_the_application_may_not_create_tables(database: Database) -> None:
    connection = await asyncpg.connect(plain(database.application_url))
    try:
        assert not await connection.fetchval("SELECT has_schema_privilege('public', 'CREATE')")
    finally:
        await connection.close()


async def test_temporal_knows_the_search_attributes(temporal_server: TemporalServer) -> None:
    client = await Client.connect(temporal_server.address)
    assert await client.count_workflows("LoanStatus = 'active'") is not None
