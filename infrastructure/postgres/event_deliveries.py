"""Deliveries: the outbox, handed out to a queue per endpoint and loan, and how far each of them has come.

Only the head of such a queue is ever tried, so that an endpoint hears of a loan in order. A claim lapses by itself,
so that what a killed relay was at is tried again by another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import BooksCommand
from domain.errors import UnknownEndpoint, UnknownEvent
from infrastructure.events.cloud_event import TYPE_PREFIX, LoanEvent
from infrastructure.events.retries import EndedAs, wait_after
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.event_tables import event_deliveries, event_endpoints
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.once import once
from infrastructure.postgres.pages import Page, page_of
from infrastructure.postgres.tables import outbox

CLAIM = timedelta(seconds=60)  # longer than any attempt takes
_BATCH = 1_000  # events handed out at once

_ONE_AT_A_TIME = text("SELECT pg_try_advisory_xact_lock(hashtextextended('tenor: outbox', 0))")

# The product of the loan has one for all such events, or for the bucket that this one enters.
_IS_A_NOTICE = """EXISTS (
    SELECT FROM loans l JOIN products p ON p.code = l.product_code AND p.version = l.product_version,
           LATERAL (VALUES (NULL), (b.data #> '{details,entered}')) AS one (entered)
     WHERE l.id = b.loan_id
       AND p.definition -> 'notices' @> jsonb_build_array(jsonb_build_object('event', b.type, 'bucket', entered)))"""

_HAND_OUT = text(f"""
WITH batch AS (
    SELECT loan_id, sequence, type, data FROM outbox
     WHERE delivered_at IS NULL ORDER BY loan_id, sequence LIMIT {_BATCH}
),
queued AS (
    INSERT INTO event_deliveries (endpoint_id, loan_id, sequence, state, attempts, queued_at, due_at)
    SELECT e.id, b.loan_id, b.sequence, 'pending', 0, now(), now()
      FROM batch b JOIN event_endpoints e ON e.disabled_at IS NULL AND CASE e.kind
          WHEN 'notifier' THEN {_IS_A_NOTICE}
          ELSE e.event_types = '{{}}' OR '{TYPE_PREFIX}' || b.type = ANY (e.event_types) END
    ON CONFLICT DO NOTHING
),
handed_out AS (
    UPDATE outbox o SET delivered_at = now() FROM batch b
     WHERE o.loan_id = b.loan_id AND o.sequence = b.sequence RETURNING 1
)
SELECT count(*) FROM handed_out
""")  # noqa: S608 - constants of this code

_CLAIM = text("""
WITH due AS (
    SELECT d.loan_id, d.sequence FROM event_deliveries d
     WHERE d.endpoint_id = :endpoint_id AND d.state = 'pending' AND d.due_at <= now() AND NOT EXISTS (
         SELECT FROM event_deliveries earlier
          WHERE earlier.endpoint_id = d.endpoint_id AND earlier.loan_id = d.loan_id
            AND earlier.state = 'pending' AND earlier.sequence < d.sequence
     )
     ORDER BY d.due_at, d.loan_id LIMIT :most FOR UPDATE SKIP LOCKED
)
UPDATE event_deliveries d SET attempts = d.attempts + 1, due_at = now() + :claim, last_attempt_at = now()
  FROM due JOIN outbox o ON o.loan_id = due.loan_id AND o.sequence = due.sequence
 WHERE d.endpoint_id = :endpoint_id AND d.loan_id = due.loan_id AND d.sequence = due.sequence
RETURNING d.loan_id, d.sequence, d.attempts, now() - d.queued_at AS age, o.type, o.data, o.at
""")

_MINE = "endpoint_id = :endpoint_id AND loan_id = :loan_id AND state = 'pending'"

_DELIVERED = text(f"""
UPDATE event_deliveries SET state = 'delivered', delivered_at = now(), status_code = :status_code, error = NULL
 WHERE {_MINE} AND sequence = :sequence AND attempts = :attempts
""")  # noqa: S608

# What waits behind a failed delivery need not be looked at any sooner.
_FAILED = text(f"""
WITH failed AS (
    UPDATE event_deliveries
       SET state = :state, status_code = :status_code, error = :error,
           due_at = now() + coalesce(CAST(:wait AS interval), '0')
     WHERE {_MINE} AND sequence = :sequence AND attempts = :attempts RETURNING due_at
)
UPDATE event_deliveries d SET due_at = failed.due_at FROM failed
 WHERE {_MINE} AND d.sequence > :sequence AND d.due_at < failed.due_at
""")  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeliver(BooksCommand):
    """Tell one event again, whatever became of it; without a loan, all of the endpoint's dead letters."""

    endpoint_id: str
    loan_id: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One delivery to try now. `attempts` counts this one, and says whose claim it is."""

    endpoint_id: str
    attempts: int
    age: timedelta
    event: LoanEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """`due_at` is when it is tried next, if it is pending."""

    loan_id: str
    sequence: int
    type: str
    state: str
    attempts: int
    queued_at: datetime
    due_at: datetime | None
    last_attempt_at: datetime | None
    delivered_at: datetime | None
    status_code: int | None
    error: str | None


class Deliveries:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def hand_out(self) -> int:
        """Queue a batch of new events for every endpoint that wants them; how many there were. One relay at a time."""

        async def do(connection: AsyncConnection) -> int:
            if not await connection.scalar(_ONE_AT_A_TIME):
                return 0
            return await connection.scalar(_HAND_OUT) or 0

        return await write(self._engine, do)

    async def claim(self, endpoint_id: str, most: int) -> Sequence[Claim]:
        """Heads of the endpoint's queues that are due, for the caller to try within `CLAIM`."""
        asked = {"endpoint_id": UUID(endpoint_id), "most": most, "claim": CLAIM}

        async def do(connection: AsyncConnection) -> Sequence[Row[Any]]:
            return (await connection.execute(_CLAIM, asked)).all()

        return [_claim(endpoint_id, row) for row in await write(self._engine, do)]

    async def delivered(self, claim: Claim, status_code: int | None) -> None:
        values = {**_named(claim), "status_code": status_code}
        await write(self._engine, lambda connection: connection.execute(_DELIVERED, values))

    async def failed(
        self, claim: Claim, status_code: int | None, error: str, ends_as: EndedAs | None = None
    ) -> EndedAs | None:
        """How it ended for good, if it did: as `ends_as` says, or by having failed for too long."""
        wait = None if ends_as else wait_after(claim.attempts, claim.age)
        ended = ends_as or ("dead" if wait is None else None)
        values = {"status_code": status_code, "error": error, "state": ended or "pending", "wait": wait}
        await write(self._engine, lambda connection: connection.execute(_FAILED, {**_named(claim), **values}))
        return ended

    async def redeliver(self, command: Redeliver, at: datetime) -> int:
        """How many are queued again. Raises UnknownEndpoint and UnknownEvent."""
        again: list[int] = []

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            await _require_endpoint(connection, command.endpoint_id)
            again.append((await connection.execute(_again(command))).rowcount)
            if command.loan_id is not None and again == [0]:
                raise UnknownEvent("this endpoint was never to be told of such an event")
            return {"endpoint": command.endpoint_id, "deliveries": str(again[0])}

        await once(self._engine, command, "events_redelivered", at, deed)
        return again[0] if again else 0

    async def page(
        self, endpoint_id: str, *, state: str | None = None, after: str | None = None, limit: int = 50
    ) -> Page[DeliveryRow]:
        """Oldest first. Raises UnknownEndpoint."""
        endpoint = known_id(endpoint_id, UnknownEndpoint)
        asked = select(event_deliveries, outbox.c.type).join(outbox).where(event_deliveries.c.endpoint_id == endpoint)
        if state is not None:
            asked = asked.where(event_deliveries.c.state == state)
        key = (event_deliveries.c.queued_at, event_deliveries.c.loan_id, event_deliveries.c.sequence)

        async def ask(connection: AsyncConnection) -> Page[DeliveryRow]:
            await _require_endpoint(connection, endpoint_id)
            return await page_of(connection, asked, _delivery, key=key, after=after, limit=limit)

        return await read(self._engine, ask)


def _again(command: Redeliver) -> Any:
    d = event_deliveries.c
    change = update(event_deliveries).where(d.endpoint_id == UUID(command.endpoint_id))
    if command.loan_id is None:
        change = change.where(d.state == "dead")
    else:
        loan_id = known_id(command.loan_id, UnknownEvent)
        change = change.where(d.loan_id == loan_id, d.sequence == command.sequence, d.state != "pending")
    now = text("now()")
    return change.values(state="pending", attempts=0, queued_at=now, due_at=now, delivered_at=None)


async def _require_endpoint(connection: AsyncConnection, endpoint_id: str) -> None:
    asked = select(event_endpoints.c.id).where(event_endpoints.c.id == known_id(endpoint_id, UnknownEndpoint))
    if await connection.scalar(asked) is None:
        raise UnknownEndpoint(f"there is no endpoint {endpoint_id}")


def _named(claim: Claim) -> dict[str, Any]:
    return {
        "endpoint_id": UUID(claim.endpoint_id),
        "loan_id": UUID(claim.event.loan_id),
        "sequence": claim.event.sequence,
        "attempts": claim.attempts,
    }


def _claim(endpoint_id: str, row: Row[Any]) -> Claim:
    event = LoanEvent(loan_id=str(row.loan_id), sequence=row.sequence, name=row.type, at=row.at, data=row.data)
    return Claim(endpoint_id=endpoint_id, attempts=row.attempts, age=row.age, event=event)


def _delivery(row: Row[Any]) -> DeliveryRow:
    return DeliveryRow(
        loan_id=str(row.loan_id),
        sequence=row.sequence,
        type=TYPE_PREFIX + row.type,
        state=row.state,
        attempts=row.attempts,
        queued_at=row.queued_at,
        due_at=row.due_at if row.state == "pending" else None,
        last_attempt_at=row.last_attempt_at,
        delivered_at=row.delivered_at,
        status_code=row.status_code,
        error=row.error,
    )
