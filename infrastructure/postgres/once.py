"""Writes to the books that concern no loan: one operation, one transaction, one line in the audit trail."""

import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import BooksCommand
from domain.errors import DomainError, OperationReused
from domain.ledger import JournalEntry
from domain.ports import BooksUnavailable
from infrastructure.postgres.engine import write
from infrastructure.postgres.record import body_digest
from infrastructure.postgres.statements import OPEN_FROM, REFUSED

Deed = Callable[[AsyncConnection], Awaitable[dict[str, str]]]  # what it did, for the audit trail

_CLAIM = text("""
INSERT INTO operations (operation_id, kind, body_digest, at) VALUES (:operation_id, :kind, :body_digest, :at)
    ON CONFLICT DO NOTHING RETURNING operation_id
""")
_CLAIMED = text("SELECT body_digest FROM operations WHERE operation_id = :operation_id")
_OPEN_FROM = text(OPEN_FROM)

_AUDITED = text("""
INSERT INTO audit (actor, action, reason, details, at)
VALUES (:actor, :action, :reason, CAST(:details AS jsonb), :at)
""")

_ENTRY = text("""
WITH entry AS MATERIALIZED (SELECT nextval('journal_entry_ids') AS id),
journal AS (
    INSERT INTO journal_entries (id, memo, effective_date, booked_at)
    SELECT id, :memo, :effective_date, :booked_at FROM entry
)
INSERT INTO postings (entry_id, leg, account, currency, amount)
SELECT id, leg, account, :currency, amount FROM entry, LATERAL unnest(
    CAST(:accounts AS text[]), CAST(:amounts AS bigint[])) WITH ORDINALITY AS legs (account, amount, leg)
""")


async def once(engine: AsyncEngine, command: BooksCommand, action: str, at: datetime, deed: Deed) -> None:
    """Do it, unless the operation is on record. Raises OperationReused when that one asked for something else; any
    other refusal is audited and raised on."""

    async def attempt(connection: AsyncConnection) -> None:
        if await _claimed_before(connection, command, at):
            return
        details = await deed(connection)
        await connection.execute(_AUDITED, _line(command, action, getattr(command, "reason", None), details, at))

    try:
        try:
            await write(engine, attempt)
        except BooksUnavailable:  # a pool's dead connection, perhaps; whether it was done is on record
            await write(engine, attempt)
    except OperationReused:
        raise
    except DomainError as refusal:
        details = {"command": type(command).__name__, "operation_id": command.operation_id}
        line = _line(command, "refused", f"{type(refusal).__name__}: {refusal}", details, at)
        await write(engine, lambda connection: connection.execute(REFUSED, {"loan_id": None, **line}))
        raise


async def _claimed_before(connection: AsyncConnection, command: BooksCommand, at: datetime) -> bool:
    digest = body_digest(command)
    claim = {"operation_id": command.operation_id, "kind": type(command).__name__, "body_digest": digest, "at": at}
    if await connection.scalar(_CLAIM, claim):
        return False
    if await connection.scalar(_CLAIMED, {"operation_id": command.operation_id}) != digest:
        raise OperationReused(f"{command.operation_id} was used for something else")
    return True


def _line(
    command: BooksCommand, action: str, reason: str | None, details: dict[str, str], at: datetime
) -> dict[str, Any]:
    line = {"actor": command.actor, "reason": reason, "details": json.dumps(details), "at": at}
    return line if action == "refused" else {**line, "action": action}


async def open_from(connection: AsyncConnection) -> date:
    """The first day that the journal still takes entries of."""
    first: date = await connection.scalar(_OPEN_FROM)
    return first


async def post(connection: AsyncConnection, entry: JournalEntry, currency: str) -> None:
    """An entry of no loan."""
    legs = [
        leg
        for posting in entry.postings
        for leg in ((posting.destination, posting.amount), (posting.source, -posting.amount))
    ]
    await connection.execute(
        _ENTRY,
        {
            "memo": entry.memo,
            "effective_date": entry.effective_date,
            "booked_at": entry.booked_at,
            "currency": currency,
            "accounts": [account.value for account, _ in legs],
            "amounts": [amount for _, amount in legs],
        },
    )
