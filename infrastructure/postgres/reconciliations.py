"""Reconciliations: the books' side of the comparison, and its result, kept."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter
from sqlalchemy import Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import BooksCommand
from domain.debits import BookedDebit, booked_debits
from domain.errors import OperationReused, UnknownReconciliation
from domain.money import Money
from domain.payouts import BookedPayout, booked_payouts
from domain.reconciliation import Payment, Reconciliation, Statement, reconcile
from domain.transaction import Transaction, TransactionKind
from infrastructure.postgres.engine import read
from infrastructure.postgres.event_tables import reconciliations
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.once import once
from infrastructure.postgres.pages import Page, page_of

RESULT = TypeAdapter(Reconciliation)
TRANSACTION = TypeAdapter(Transaction)

_INSTRUCTED = (TransactionKind.PAYOUT_INSTRUCTED, TransactionKind.DEBIT_INSTRUCTED)

_IDS = UUID("0b0f2f6e-7d5c-5f0a-9a53-6a1d6a6f7e11")  # namespace of reconciliation ids: never change it
_KEY = re.compile("-payout-|-debit-")

# What says how payouts and debits went, of the loans that had any in these days (UTC), or that the statement names.
_PAYMENTS = text("""
SELECT t.loan_id, l.currency, t.number, t.kind, t.effective_date, t.booked_at, t.operation_id, t.amount, t.reverses,
       t.due_date, t.debit
  FROM transactions t JOIN loans l ON l.id = t.loan_id
 WHERE (t.kind IN ('payout_instructed', 'payout_failed', 'disbursement', 'debit_instructed', 'reversal')
        OR t.debit IS NOT NULL) AND t.loan_id IN (
     SELECT loan_id FROM transactions
      WHERE kind IN ('payout_instructed', 'debit_instructed')
        AND booked_at >= :first AND booked_at < CAST(:last AS date) + 1
     UNION SELECT unnest(CAST(:named AS uuid[]))
 )
 ORDER BY t.loan_id, t.number
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile(BooksCommand):
    """Compare the statement of this digest. Both days are included."""

    statement_digest: str
    source: str
    from_day: date
    to_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationRow:
    id: str
    statement_digest: str
    source: str
    from_day: date
    to_day: date
    made_by: str
    made_at: datetime
    result: Reconciliation


def statement_digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def reconciliation_id(statement_digest: str, first: date, last: date) -> str:
    """The same statement for the same days is the same reconciliation."""
    return str(uuid5(_IDS, f"{statement_digest}/{first}/{last}"))


class Reconciliations:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def make(self, command: Reconcile, read_it: Callable[[], Statement], at: datetime) -> ReconciliationRow:
        """Compare and keep. The statement that was compared before keeps its result; one that can't be read is refused,
        and the refusal recorded."""
        made = reconciliation_id(command.statement_digest, command.from_day, command.to_day)

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            statement = read_it()
            booked = await _booked(connection, command, statement)
            result = reconcile(booked, statement)
            await connection.execute(insert(reconciliations).values(_row(made, command, result, at)))
            counts = {"matched": result.matched, "findings": len(result.findings), "refused": len(result.refused)}
            return {"reconciliation": made, **{name: str(count) for name, count in counts.items()}}

        with suppress(OperationReused):  # somebody else compared the same in this very moment
            await once(self._engine, command, "statement_reconciled", at, deed)
        return await self.reconciliation(made)

    async def reconciliation(self, reconciliation_id: str) -> ReconciliationRow:
        """Raises UnknownReconciliation."""
        named = reconciliations.c.id == known_id(reconciliation_id, UnknownReconciliation)
        asked = select(reconciliations).where(named)
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            raise UnknownReconciliation(f"there is no reconciliation {reconciliation_id}")
        return _reconciliation(row)

    async def page(self, *, after: str | None = None, limit: int = 50) -> Page[ReconciliationRow]:
        """Newest first."""
        key = (reconciliations.c.made_at, reconciliations.c.id)
        return await read(
            self._engine,
            lambda connection: page_of(
                connection,
                select(reconciliations),
                _reconciliation,
                key=key,
                after=after,
                limit=limit,
                newest_first=True,
            ),
        )


async def _booked(connection: AsyncConnection, command: Reconcile, statement: Statement) -> list[Payment]:
    stated = {payment.key for payment in statement.payments}
    asked = {"first": command.from_day, "last": command.to_day, "named": _loans_of(stated)}
    rows = (await connection.execute(_PAYMENTS, asked)).all()
    return [
        payment
        for _, group in groupby(rows, key=lambda row: row.loan_id)
        for payment, instructed_on in _payments(list(group))
        if payment.key in stated or command.from_day <= instructed_on <= command.to_day
    ]


def _payments(rows: Sequence[Row[Any]]) -> list[tuple[Payment, date]]:
    facts = [TRANSACTION.validate_python(row._asdict()) for row in rows]
    loan_id, currency = str(rows[0].loan_id), rows[0].currency
    booked: list[BookedPayout | BookedDebit] = [*booked_payouts(loan_id, facts), *booked_debits(loan_id, facts)]
    days = [fact.booked_at.date() for kind in _INSTRUCTED for fact in facts if fact.kind is kind]
    return [
        (Payment(key=one.key, amount=Money(one.amount, currency), outcome=one.outcome), day)
        for one, day in zip(booked, days, strict=True)
    ]


def _loans_of(keys: set[str]) -> list[UUID]:
    """The loans that keys of ours name; others name nothing in our books."""
    found = set()
    for key in keys:
        try:
            found.add(UUID(_KEY.split(key)[0]))
        except ValueError:
            continue
    return sorted(found)


def _row(made: str, command: Reconcile, result: Reconciliation, at: datetime) -> dict[str, Any]:
    return {
        "id": UUID(made),
        "statement_digest": command.statement_digest,
        "source": command.source,
        "from_day": command.from_day,
        "to_day": command.to_day,
        "result": RESULT.dump_python(result, mode="json"),
        "made_by": command.actor,
        "made_at": at,
    }


def _reconciliation(row: Row[Any]) -> ReconciliationRow:
    return ReconciliationRow(
        id=str(row.id),
        statement_digest=row.statement_digest,
        source=row.source,
        from_day=row.from_day,
        to_day=row.to_day,
        made_by=row.made_by,
        made_at=row.made_at,
        result=RESULT.validate_python(row.result),
    )
