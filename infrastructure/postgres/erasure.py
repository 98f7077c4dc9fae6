"""Erasure: a customer's key is destroyed, and what else would find them again with it. The books stay as they are."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import BooksCommand
from domain.errors import LoansOpen, UnknownCustomer
from domain.status import LoanStatus
from infrastructure.postgres.document_tables import documents
from infrastructure.postgres.event_tables import IN_DOUBT
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.key_tables import customer_keys
from infrastructure.postgres.once import once
from infrastructure.postgres.sign_ins import end_all
from infrastructure.postgres.tables import customers, loans, users

OPEN = [status.value for status in LoanStatus if not status.final]


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseCustomer(BooksCommand):
    """`reason` goes into the audit trail, which is never erased."""

    customer_id: str
    reason: str


class Erasure:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def erase(self, command: EraseCustomer, at: datetime) -> None:
        """Once erased, erasing again changes nothing. Raises UnknownCustomer, and LoansOpen."""
        customer_id = known_id(command.customer_id, UnknownCustomer)

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            await _hold(connection, customer_id)
            await _refuse_while_loans_are_open(connection, customer_id)
            await _destroy(connection, customer_id, at)
            return {"customer": str(customer_id)}

        await once(self._engine, command, "customer_erased", at, deed)


async def _hold(connection: AsyncConnection, customer_id: UUID) -> None:
    """No loan of theirs can be born until this transaction ends: its foreign key waits for this row."""
    held = select(customers.c.id).where(customers.c.id == customer_id).with_for_update()
    if await connection.scalar(held) is None:
        raise UnknownCustomer(f"there is no customer {customer_id}")


async def _refuse_while_loans_are_open(connection: AsyncConnection, customer_id: UUID) -> None:
    money_moves = or_(
        loans.c.debit["open"].astext == "true", loans.c.credit > 0, IN_DOUBT
    )  # of a loan that is closed, too
    open_or_moving = or_(loans.c.status.in_(OPEN), money_moves)
    asked = select(loans.c.id).where(loans.c.customer_id == customer_id, open_or_moving).order_by(loans.c.id)
    if still_open := (await connection.scalars(asked)).all():
        raise LoansOpen(f"not before these are over: {', '.join(map(str, still_open))}")


async def _destroy(connection: AsyncConnection, customer_id: UUID, at: datetime) -> None:
    key = update(customer_keys).where(customer_keys.c.customer_id == customer_id, customer_keys.c.wrapped.is_not(None))
    theirs = and_(users.c.customer_id == customer_id, users.c.role == "applicant")
    await end_all(connection, theirs, "the customer was erased", at)
    for statement in (
        key.values(wrapped=None, version=None, destroyed_at=at),
        update(customers).where(customers.c.id == customer_id).values(account_index=None),
        update(documents).where(documents.c.customer_id == customer_id).values(sealed=None, sealed_name=None),
        update(users).where(theirs).values(email_index=None, active=False),
    ):
        await connection.execute(statement)
