"""A loan as a decision sees it: how it is read, and what of it is to be written afterwards."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.commands import Command
from domain.errors import UnknownLoan
from domain.loan import Loan
from domain.position import Installment
from domain.views import Outcome, Receipt, Standing
from infrastructure.postgres import statements
from infrastructure.postgres.daily import daily_record
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.record import (
    ENTRIES,
    FACTS,
    INSTALLMENTS,
    LOAN,
    RECEIPT,
    TRANSACTIONS,
    body_digest,
    file_of,
    loan_record,
    schedule_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A loan as it was read, what it held then, and what is on record of the operation.

    `file` has the fields of the loan's file, and `installments` the rows of its schedule, as this process wrote them;
    None of a loan that was read.
    """

    loan: Loan
    version: int = 0
    updated_at: datetime | None = None
    transactions: int = 0
    events: int = 0
    accrued_through: date | None = None
    file: Mapping[str, Any] | None = None
    installments: tuple[Installment, ...] | None = None
    body_digest: str | None = None
    receipt: Receipt | None = None

    def again(self) -> Outcome:
        """The answer to an operation on record: its receipt as first given, and the present standing."""
        return Outcome(standing=self.loan.standing(), receipt=self.receipt)

    def written(self, at: datetime) -> "Seen":
        """The same once `changes` are in the books as of `at`."""
        loan = self.loan.filed()
        return Seen(
            loan=loan,
            version=self.version + 1,
            updated_at=at,
            transactions=len(loan.transactions),
            events=self._events,
            accrued_through=loan.accrued_through if loan.transactions else None,
            file=file_of(loan),
            installments=schedule_of(loan),
        )

    @property
    def changed_fields(self) -> list[str]:
        """Of the loan's file. What is in one is never changed in place: another value is another object."""
        file = file_of(self.loan)
        return [name for name, value in file.items() if self.file is None or value is not self.file[name]]

    @property
    def changed_installments(self) -> tuple[Installment, ...]:
        rows = zip_longest(schedule_of(self.loan), self.installments or ())
        return tuple(now for now, was in rows if now and now != was)

    @property
    def counts(self) -> dict[str, int]:
        """What the loan's row counts once `changes` are in the books."""
        return {"version": self.version + 1, "events": self._events}

    @property
    def _events(self) -> int:
        return self.events + len(self.loan.facts)


async def load(connection: AsyncConnection, loan_id: str, operation_id: str | None = None) -> Seen:
    """Read a loan, and an operation with it. Raises UnknownLoan."""
    asked = {"loan_id": known_id(loan_id, UnknownLoan), "operation_id": operation_id}
    row = (await connection.execute(statements.LOAN, asked)).one_or_none()
    if row is None:
        raise UnknownLoan(f"there is no loan {loan_id}")
    loan = LOAN.validate_json(row.loan)
    return Seen(
        loan=loan,
        version=row.version,
        updated_at=row.updated_at,
        transactions=len(loan.transactions),
        events=row.events,
        accrued_through=row.accrued_through,
        body_digest=row.body_digest,
        receipt=RECEIPT.validate_json(row.receipt) if row.receipt else None,
    )


def changes(
    command: Command, at: datetime, seen: Seen, standing: Standing, receipt: Receipt | None
) -> dict[str, object]:
    """What `statements.UPDATE` and `INSERT` ask for: the loan as it is now, and what is new since it was `seen`."""
    loan, daily, moment = seen.loan, daily_record(seen.loan), at.isoformat()
    row = loan_record(loan, standing, seen.changed_fields) | seen.counts | {"created_at": moment, "updated_at": moment}
    return {
        "loan_id": UUID(loan.id),
        "seen_version": seen.version,
        "seen_at": seen.updated_at,
        "seen_events": seen.events,
        "seen_through": seen.accrued_through,
        "loan": json.dumps(row),
        "currency": loan.product.currency,
        "transactions": TRANSACTIONS.dump_json(loan.transactions[seen.transactions :]).decode(),
        "entries": ENTRIES.dump_json(loan.entries).decode(),
        "facts": FACTS.dump_json(loan.facts).decode(),
        "installments": INSTALLMENTS.dump_json(seen.changed_installments).decode(),
        "rows": len(schedule_of(loan)),
        "daily": json.dumps(daily) if daily else None,
        "operation_id": command.operation_id,
        "kind": type(command).__name__,
        "body_digest": body_digest(command),
        "receipt": RECEIPT.dump_json(receipt).decode() if receipt else None,
        "at": at,
    }
