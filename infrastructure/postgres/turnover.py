"""What was booked so far, by kind and currency: for metrics, which want totals and nobody's name."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.transaction import TransactionKind
from infrastructure.postgres.engine import read
from infrastructure.postgres.tables import loans, transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """`amount` is in minor units. Transactions are never deleted, so neither number ever falls."""

    kind: TransactionKind
    currency: str
    count: int
    amount: int


_TURNOVER = (
    select(transactions.c.kind, loans.c.currency, func.count().label("count"), func.sum(transactions.c.amount))
    .join_from(transactions, loans, transactions.c.loan_id == loans.c.id)
    .group_by(transactions.c.kind, loans.c.currency)
)


async def turnover(engine: AsyncEngine) -> tuple[Turnover, ...]:
    rows = (await read(engine, lambda connection: connection.execute(_TURNOVER))).all()
    return tuple(
        Turnover(kind=TransactionKind(kind), currency=currency, count=count, amount=int(amount))
        for kind, currency, count, amount in rows
    )
