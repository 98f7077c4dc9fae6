"""PostgresLoanBooks: one loan, one operation, one transaction.

A write reads the loan, lets the domain decide, and stores the outcome in a second statement, which holds only if nobody
wrote meanwhile: two round trips, and no lock held while the domain thinks. Whoever was overtaken, or lost the
connection, tries once more, now under the loan's row lock, where nobody can overtake. The operation's id makes the
second try safe: it is on record if and only if the first one took place.

A loan that this process wrote last is at hand, and need not be read: one round trip. Should somebody else have written
since, the statement does not hold either; and a refusal counts only of a loan that was read.
"""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

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
from infrastructure.postgres.at_hand import AtHand
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
from infrastructure.postgres.record import PRODUCT, body_digest
from infrastructure.postgres.seen import Seen, changes, load

Attempt = Callable[[AsyncConnection], Awaitable["Done"]]


# Refusals that the books make themselves: nothing was asked of a loan yet.
NOT_OF_THE_LOAN = (UnknownLoan, UnknownProduct, UnknownCustomer, CustomerErased, UnknownBranch, OperationReused)


class Overtaken(BooksUnavailable):
    """Another write came first."""


@dataclass(frozen=True, slots=True)
class Done:
    """The answer, and the loan as the books hold it since; None when nothing was written."""

    outcome: Outcome
    written: Seen | None = None


class PostgresLoanBooks:
    """Implements `domain.ports.LoanBooks`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._swift = statement_by_statement(engine)
        self._at_hand = AtHand()

    async def open(self, command: ApplyForLoan, at: datetime, apply: Callable[[LoanProduct], Loan]) -> Outcome:
        async def attempt(connection: AsyncConnection) -> Done:
            birth = await _birth(connection, command)
            if birth.body_digest:
                _refuse_another(command, birth.body_digest)
                return Done((await load(connection, command.loan_id, command.operation_id)).again())
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
        async def attempt(connection: AsyncConnection) -> Done:
            seen = await load(connection, command.loan_id, command.operation_id)
            if seen.body_digest:
                _refuse_another(command, seen.body_digest)
                return Done(seen.again())
            if not seen.loan.transactions:  # an offer can still be made; then its terms hold the holidays
                seen.loan.product = _dated(seen.loan.product, at)
            receipt = change(seen.loan)
            if _is_of_receipt(command):
                await match(connection, command, at)
            return await _store(connection, command, at, seen, receipt)

        swiftly, at_hand = not _is_of_receipt(command), self._at_hand.take(command.loan_id)
        if at_hand and swiftly:
            try:
                return self._kept(await self._at_once(command, at, at_hand, change))
            except (DomainError, Overtaken):
                pass  # by a loan that may be another by now: read it
            except BooksUnavailable:
                swiftly = False  # a lock was waited for, or a connection lost: once is enough
        return await self._settle(command, at, attempt, swiftly=swiftly)

    async def _at_once(
        self, command: Command, at: datetime, seen: Seen, change: Callable[[Loan], Receipt | None]
    ) -> Done:
        receipt = change(seen.loan)
        with named_outages():
            async with self._swift.connect() as connection:
                return await _store(connection, command, at, seen, receipt)

    async def standing(self, loan_id: str) -> Standing:
        seen = await read(self._swift, lambda connection: load(connection, loan_id))
        return seen.loan.standing()

    async def _settle(self, command: Command, at: datetime, attempt: Attempt, *, swiftly: bool = True) -> Outcome:
        try:
            return self._kept(await self._done(command, attempt, swiftly=swiftly))
        except NOT_OF_THE_LOAN:
            raise
        except DomainError as refusal:
            await self.refuse(refusal, command, at)
            raise

    def _kept(self, done: Done) -> Outcome:
        """Committed by now: what is at hand was in the books in just this version."""
        if done.written:
            self._at_hand.put(done.written)
        return done.outcome

    async def _done(self, command: Command, attempt: Attempt, *, swiftly: bool) -> Done:
        """Swiftly; then under the lock, where what can still come between comes once: the closing of a period, or the
        operation's id in use for another loan."""
        with suppress(BooksUnavailable):
            if swiftly:
                with named_outages():
                    async with self._swift.connect() as connection:
                        return await attempt(connection)
        with suppress(Overtaken):
            return await self._under_lock(command, attempt)
        return await self._under_lock(command, attempt)

    async def _under_lock(self, command: Command, attempt: Attempt) -> Done:
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
    """Whether the command pays with money that is parked: that takes more than one statement, all or none."""
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
) -> Done:
    """Write all that has changed since the loan was `seen`. Raises Overtaken when somebody else wrote in between."""
    standing = seen.loan.standing()
    statement = statements.UPDATE if seen.version else statements.INSERT
    if not await _written(connection, statement, changes(command, at, seen, standing, receipt)):
        raise Overtaken("another write of the loan came first")
    return Done(Outcome(standing=standing, receipt=receipt), seen.written(at))


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
