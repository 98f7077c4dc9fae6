"""How Alembic reaches the database: as its owner, in one transaction, over the application's own driver."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, make_url, pool
from sqlalchemy.ext.asyncio import create_async_engine

import infrastructure.postgres.access_tables
import infrastructure.postgres.bookkeeping_tables
import infrastructure.postgres.document_tables
import infrastructure.postgres.event_tables
import infrastructure.postgres.key_tables  # noqa: F401  their tables are of the same metadata
from infrastructure.postgres.portfolio_tables import metadata
from infrastructure.settings import LogSettings
from infrastructure.telemetry.logs import configure_logging

LOCK = 0x7E404  # any number of our own: two processes that start together migrate one after the other


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
    with context.begin_transaction():
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        context.run_migrations()


async def connect_and_migrate(url: str) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


def database_url() -> str:
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("TENOR_MIGRATIONS_DATABASE_URL")
    if not url:
        raise SystemExit("TENOR_MIGRATIONS_DATABASE_URL is needed to migrate")
    return url


if context.config.cmd_opts:  # the command, which is a process of its own
    configure_logging(LogSettings())
asyncio.run(connect_and_migrate(database_url()))
