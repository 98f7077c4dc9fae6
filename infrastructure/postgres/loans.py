"""PostgresLoanBooks: one loan, one operation, one transaction.

A write reads the loan, lets the domain decide, and stores the outcome in a second statement, which holds only if nobody
wrote meanwhile: two round trips, and no lock held while the domain thinks. Whoever was overtaken, or lost the
connection, tries once more, now under the loan's row lock, where nobody can overtake. The operation's id makes the
second try safe: it is on record if and only if the first one took place.
"""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeGuard
from uuid import UUID

from sqlalchemy import Row, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.elements import TextClause

from domain.commands import ApplyForLoan, Command, MakePayment
from domain.errors import (
    CustomerErased,
    DomainError,
    OperationReused,
    UnknownBranch,
    UnknownCustomer,
    UnknownLoan,
    UnknownProduct,
)
from domain.loan import Loan
from domain.ports import BooksUnavailable
from domain.product import LoanProduct
from domain.views import Outcome, Receipt, Standing
from infrastructure.postgres import statements
from infrastructure.postgres.daily import daily_record
from infrastructure.postgres.engine import (
    FOREIGN_KEY_VIOLATION,
    PERIOD_CLOSED,
    UNIQUE_VIOLATION,
    named_outages,
    read,
    sqlstate,
    statement_by_statement,
)
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.receipts import match
from infrastructure.postgres.record import (
    ENTRIES,
    FACTS,
    INSTALLMENTS,
    LOAN,
    PRODUCT,
    RECEIPT,
    TRANSACTIONS,
    body_digest,
    loan_record,
    schedule_of,
)

__all__ = ["PostgresLoanBooks", "body_digest", "changes", "load"]

Attempt = Callable[[AsyncConnection], Awaitable[Outcome]]


# Refusals that the books make themselves: nothing was asked of a loan yet.
NOT_OF_THE_LOAN = (UnknownLoan, UnknownProduct, UnknownCustomer, CustomerErased, UnknownBranch, OperationReused)


class Overtaken(BooksUnavailable):
    """Another write came first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A loan as it was read, what it held then, and what is on record of the operation."""

    loan: Loan
    version: int = 0
    transactions: int = 0
    events: int = 0
    accrued_through: date | None = None
    body_digest: str | None = None
    receipt: Receipt | None = None

    def again(self) -> Outcome:
        """The answer to an operation on record: its receipt as first given, and the present standing."""
        return Outcome(standing=self.loan.standing(), receipt=self.receipt)


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
        transactions=len(loan.transactions),
        events=row.events,
        accrued_through=row.accrued_through,
        body_digest=row.body_digest,
        receipt=RECEIPT.validate_json(row.receipt) if row.receipt else None,
    )


class PostgresLoanBooks:
    """Implements `domain.ports.LoanBooks`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._swift = statement_by_statement(engine)

    async def open(self, command: ApplyForLoan, at: datetime, apply: Callable[[LoanProduct], Loan]) -> Outcome:
        async def attempt(connection: AsyncConnection) -> Outcome:
            birth = await _birth(connection, command)
            if birth.body_digest:
                _refuse_another(command, birth.body_digest)
                return (await load(connection, command.loan_id, command.operation_id)).again()
            if birth.taken:
                raise OperationReused(f"another operation opened loan {command.loan_id}")
            if birth.erased:
                raise CustomerErased("what was held about the customer was erased")
            if birth.product is None:
                raise UnknownProduct(f"there is no product {command.product_code}")
            loan = apply(_dated(PRODUCT.validate_json(birth.product), at))
            return await _store(connection, command, at, Seen(loan=loan))

        return await self._settle(command, at, attempt)

    async def write(self, command: Command, at: datetime, change: Callable[[Loan], Receipt | None]) -> Outcome:
        async def attempt(connection: AsyncConnection) -> Outcome:
            seen = await load(connection, command.loan_id, command.operation_id)
            if seen.body_digest:
                _refuse_another(command, seen.body_digest)
                return seen.again()
            if not seen.loan.transactions:  # an offer can still be made; then its terms hold the holidays
                seen.loan.product = _dated(seen.loan.product, at)
            receipt = change(seen.loan)
            if _is_of_receipt(command):
                await match(connection, command, at)
            return await _store(connection, command, at, seen, receipt)

        return await self._settle(command, at, attempt)

    async def standing(self, loan_id: str) -> Standing:
        seen = await read(self._swift, lambda connection: load(connection, loan_id))
        return seen.loan.standing()

    async def _settle(self, command: Command, at: datetime, attempt: Attempt) -> Outcome:
        try:
            return await self._done(command, attempt)
        except NOT_OF_THE_LOAN:
            raise
        except DomainError as refusal:
            await self.refuse(refusal, command, at)
            raise

    async def _done(self, command: Command, attempt: Attempt) -> Outcome:
        """Swiftly; then under the lock, where what can still come between comes once: the closing of a period, or the
        operation's id in use for another loan."""
        with suppress(BooksUnavailable):
            if not _is_of_receipt(command):  # that takes more than one statement, all or none
                with named_outages():
                    async with self._swift.connect() as connection:
                        return await attempt(connection)
        with suppress(Overtaken):
            return await self._under_lock(command, attempt)
        return await self._under_lock(command, attempt)

    async def _under_lock(self, command: Command, attempt: Attempt) -> Outcome:
        with named_outages():
            async with self._engine.begin() as connection:
                await connection.execute(statements.LOCK, {"loan_id": known_id(command.loan_id, UnknownLoan)})
                return await attempt(connection)

    async def refuse(self, refusal: DomainError, command: Command, at: datetime) -> None:
        details = {
            "command": type(command).__name__,
            "operation_id": command.operation_id,
            "loan_id": command.loan_id,
        }
        line = {
            "loan_id": known_id(command.loan_id, UnknownLoan),
            "actor": command.actor,
            "reason": f"{type(refusal).__name__}: {refusal}",
            "details": json.dumps(details),
            "at": at,
        }
        with named_outages():
            async with self._swift.connect() as connection:
                await connection.execute(statements.REFUSED, line)


def _refuse_another(command: Command, digest: str) -> None:
    if digest != body_digest(command):
        raise OperationReused(f"{command.operation_id} was used for something else")


def _dated(product: LoanProduct, at: datetime) -> LoanProduct:
    if product.calendar is None:
        return product
    from infrastructure.calendars import dated  # a large library, that few products need

    return dated(product, product.business_date(at))


def _is_of_receipt(command: Command) -> TypeGuard[MakePayment]:
    """Whether the command pays with money that is parked."""
    return isinstance(command, MakePayment) and command.receipt_id is not None


async def _birth(connection: AsyncConnection, command: ApplyForLoan) -> Row[Any]:
    asked = {
        "loan_id": known_id(command.loan_id, UnknownLoan),
        "operation_id": command.operation_id,
        "product_code": command.product_code,
        "customer_id": known_id(command.customer_id, UnknownCustomer),
    }
    return (await connection.execute(statements.BIRTH, asked)).one()


async def _store(
    connection: AsyncConnection, command: Command, at: datetime, seen: Seen, receipt: Receipt | None = None
) -> Outcome:
    """Write all that has changed since the loan was `seen`. Raises Overtaken when somebody else wrote in between."""
    statement = statements.UPDATE if seen.version else statements.INSERT
    if not await _written(connection, statement, changes(command, at, seen, receipt)):
        raise Overtaken("another write of the loan came first")
    return Outcome(standing=seen.loan.standing(), receipt=receipt)


def changes(command: Command, at: datetime, seen: Seen, receipt: Receipt | None) -> dict[str, object]:
    """What `statements.UPDATE` and `INSERT` ask for: the loan as it is now, and what is new since it was `seen`."""
    loan, schedule, daily = seen.loan, schedule_of(seen.loan), daily_record(seen.loan)
    return {
        "loan_id": UUID(loan.id),
        "seen_version": seen.version,
        "seen_events": seen.events,
        "seen_through": seen.accrued_through,
        "loan": json.dumps(loan_record(loan) | _counts(seen, at)),
        "currency": loan.product.currency,
        "transactions": TRANSACTIONS.dump_json(loan.transactions[seen.transactions :]).decode(),
        "entries": ENTRIES.dump_json(loan.entries).decode(),
        "facts": FACTS.dump_json(loan.facts).decode(),
        "installments": INSTALLMENTS.dump_json(schedule).decode(),
        "rows": len(schedule),
        "daily": json.dumps(daily) if daily else None,
        "operation_id": command.operation_id,
        "kind": type(command).__name__,
        "body_digest": body_digest(command),
        "receipt": RECEIPT.dump_json(receipt).decode() if receipt else None,
        "at": at,
    }


def _counts(seen: Seen, at: datetime) -> dict[str, Any]:
    moment = at.isoformat()
    events = seen.events + len(seen.loan.facts)
    return {"version": seen.version + 1, "events": events, "created_at": moment, "updated_at": moment}


async def _written(connection: AsyncConnection, statement: TextClause, values: dict[str, object]) -> bool:
    try:
        return bool(await connection.scalar(statement, values))
    except exc.DBAPIError as error:
        if sqlstate(error) == UNIQUE_VIOLATION:
            raise Overtaken("another write of the operation came first") from error
        if sqlstate(error) == PERIOD_CLOSED:
            raise Overtaken("the accounting period was closed in between") from error
        if sqlstate(error) == FOREIGN_KEY_VIOLATION and "loans_customer_id_fkey" in str(error.orig):
            raise UnknownCustomer("there is no such customer") from error
        if sqlstate(error) == FOREIGN_KEY_VIOLATION and "loans_branch_fkey" in str(error.orig):
            raise UnknownBranch("there is no such branch") from error
        raise
