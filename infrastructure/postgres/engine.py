"""The connections to Postgres, and the names of the ways in which it can be away."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

import asyncpg
from sqlalchemy import exc, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from domain.errors import InvalidValue
from domain.ports import BooksUnavailable

Answer = TypeVar("Answer")

UNIQUE_VIOLATION = "23505"
FOREIGN_KEY_VIOLATION = "23503"
PERIOD_CLOSED = "TN001"  # our own, raised by a trigger of the journal

# SQLSTATE classes after which trying again is right: connection, rollback (deadlock, serialisation), resources,
# object in use (a lock waited for too long), operator's intervention (shutdown, statement timeout). And a period that
# was closed between the reading of its end and the writing of an entry.
_PASSING = ("08", "40", "53", "55", "57", PERIOD_CLOSED)

_SESSION = {
    "application_name": "tenor",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
    "jit": "off",  # our statements are short
}


def create_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """`url` is `postgresql://role:password@host:port/database`."""
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,  # an error's text must give nobody away
        # No pre-ping: it costs every write a round trip. A lost connection is met by one more try instead.
        connect_args={"timeout": 5, "command_timeout": 30, "server_settings": _SESSION},
    )


def sqlstate(error: exc.DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


@contextmanager
def named_outages() -> Iterator[None]:
    """Raise BooksUnavailable for what passes by itself, so that callers need not know a driver's errors."""
    try:
        yield
    except (OSError, TimeoutError, exc.TimeoutError) as error:
        raise _away(error) from error
    except asyncpg.PostgresError as error:  # while connecting, SQLAlchemy lets the driver's errors through
        if (error.sqlstate or "").startswith(_PASSING):
            raise _away(error) from error
        raise
    except exc.DBAPIError as error:
        if error.connection_invalidated or sqlstate(error).startswith(_PASSING):
            raise _away(error) from error
        raise


class PeriodClosed(BooksUnavailable):
    """An accounting period was closed meanwhile: at once again, and the entry comes after it."""


def _away(error: Exception) -> BooksUnavailable:
    if isinstance(error, exc.DBAPIError) and sqlstate(error) == PERIOD_CLOSED:
        return PeriodClosed("an accounting period was closed meanwhile")
    return BooksUnavailable(f"Postgres is away: {type(getattr(error, 'orig', error)).__name__}")


@lru_cache(maxsize=16)
def statement_by_statement(engine: AsyncEngine) -> AsyncEngine:
    """The same pool, for statements of which each is a transaction of its own."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


async def read(engine: AsyncEngine, ask: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    """Ask, each statement for itself; once more when the pool's connection turned out to be a dead one."""
    try:
        return await _ask(engine, ask)
    except BooksUnavailable:
        return await _ask(engine, ask)


async def _ask(engine: AsyncEngine, ask: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    with named_outages():
        async with statement_by_statement(engine).connect() as connection:
            return await ask(connection)


async def write(engine: AsyncEngine, do: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    """Do it in one transaction."""
    with named_outages():
        async with engine.begin() as connection:
            return await do(connection)


@contextmanager
def duplicates_refused(field: str, reason: str) -> Iterator[None]:
    """Raise InvalidValue for a value that a unique key of the table knows already."""
    try:
        yield
    except exc.IntegrityError as error:
        if sqlstate(error) == UNIQUE_VIOLATION:
            raise InvalidValue(field, reason) from error
        raise


async def is_ready(engine: AsyncEngine) -> bool:
    try:
        await read(engine, lambda connection: connection.scalar(text("SELECT 1")))
    except BooksUnavailable:
        return False
    return True
