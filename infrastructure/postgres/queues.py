"""The queue of those who find out what became of money."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.loan_file import Payout
from domain.money import Money
from domain.status import LoanStatus
from infrastructure.postgres.engine import read
from infrastructure.postgres.event_tables import IN_DOUBT
from infrastructure.postgres.pages import Page, page_of
from infrastructure.postgres.tables import loans

PAYOUT = TypeAdapter(Payout)


class Trouble(StrEnum):
    PAYOUT_OVERDUE = "payout_overdue"
    PAYOUT_CONTRADICTED = "payout_contradicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedLoan:
    """`keys` name the payouts in doubt, as the rail knows them."""

    loan_id: str
    status: LoanStatus
    troubles: tuple[Trouble, ...]
    keys: tuple[str, ...]
    amount: Money
    updated_at: datetime


class Queues:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def operations(self, *, after: str | None = None, limit: int = 50) -> Page[QueuedLoan]:
        """Loans whose payout is overdue or contradicted; the oldest loan first."""
        columns = (loans.c.id, loans.c.status, loans.c.payout, loans.c.created_at, loans.c.updated_at)
        asked = select(*columns).where(IN_DOUBT)
        key = (loans.c.created_at, loans.c.id)
        return await read(
            self._engine,
            lambda connection: page_of(connection, asked, _queued, key=key, after=after, limit=limit),
        )


def _queued(row: Row[Any]) -> QueuedLoan:
    payout = PAYOUT.validate_python(row.payout)
    troubles = tuple(_troubles(payout, LoanStatus(row.status)))
    overdue = (payout.key,) if Trouble.PAYOUT_OVERDUE in troubles else ()
    return QueuedLoan(
        loan_id=str(row.id),
        status=LoanStatus(row.status),
        troubles=troubles,
        keys=(*payout.contradicted, *overdue),
        amount=payout.amount,
        updated_at=row.updated_at,
    )


def _troubles(payout: Payout, status: LoanStatus) -> Iterator[Trouble]:
    if payout.overdue and status is LoanStatus.DISBURSING:
        yield Trouble.PAYOUT_OVERDUE
    if payout.contradicted:
        yield Trouble.PAYOUT_CONTRADICTED
