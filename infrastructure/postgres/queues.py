"""The queue of those who find out what became of money."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.loan_file import Debit, Payout
from domain.money import Money
from domain.status import LoanStatus
from infrastructure.postgres.engine import read
from infrastructure.postgres.event_tables import IN_DOUBT
from infrastructure.postgres.pages import Page, page_of
from infrastructure.postgres.tables import loans
from infrastructure.postgres.views import Within, of_branches, of_others

PAYOUT = TypeAdapter(Payout)
DEBIT = TypeAdapter(Debit)


class Trouble(StrEnum):
    PAYOUT_OVERDUE = "payout_overdue"
    PAYOUT_CONTRADICTED = "payout_contradicted"
    DEBIT_OVERDUE = "debit_overdue"
    DEBIT_CONTRADICTED = "debit_contradicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedLoan:
    """`keys` name the payouts and debits in doubt, as the rail knows them; `amount` is the latest debit's, if it or one
    before it is among them, or else the payout's."""

    loan_id: str
    status: LoanStatus
    troubles: tuple[Trouble, ...]
    keys: tuple[str, ...]
    amount: Money
    updated_at: datetime


class Queues:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def operations(
        self, *, within: Within = None, not_of: str | None = None, after: str | None = None, limit: int = 50
    ) -> Page[QueuedLoan]:
        """Loans whose payout or debit is overdue or contradicted, but for one customer's; the oldest loan first."""
        columns = (loans.c.id, loans.c.status, loans.c.payout, loans.c.debit, loans.c.created_at, loans.c.updated_at)
        asked = select(*columns).where(IN_DOUBT, of_branches(within), of_others(not_of))
        key = (loans.c.created_at, loans.c.id)
        return await read(
            self._engine,
            lambda connection: page_of(connection, asked, _queued, key=key, after=after, limit=limit),
        )


def _queued(row: Row[Any]) -> QueuedLoan:
    payout, debit = PAYOUT.validate_python(row.payout), DEBIT.validate_python(row.debit) if row.debit else None
    status = LoanStatus(row.status)
    doubts = [*_of_payout(payout, status), *(_of_debit(debit) if debit else ())]
    of_debit = debit is not None and any(_of_debit(debit))
    return QueuedLoan(
        loan_id=str(row.id),
        status=status,
        troubles=tuple(dict.fromkeys(trouble for trouble, _ in doubts)),
        keys=tuple(key for _, key in doubts),
        amount=debit.amount if debit and of_debit else payout.amount,
        updated_at=row.updated_at,
    )


def _of_payout(payout: Payout, status: LoanStatus) -> Iterator[tuple[Trouble, str]]:
    if payout.overdue and status is LoanStatus.DISBURSING:
        yield Trouble.PAYOUT_OVERDUE, payout.key
    for key in payout.contradicted:
        yield Trouble.PAYOUT_CONTRADICTED, key


def _of_debit(debit: Debit) -> Iterator[tuple[Trouble, str]]:
    if debit.overdue and debit.open:
        yield Trouble.DEBIT_OVERDUE, debit.key
    for key in debit.contradicted:
        yield Trouble.DEBIT_CONTRADICTED, key
