"""The loans' figures, computed anew from their transactions."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import fields
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.loan import Loan
from domain.position import Installment
from infrastructure.postgres.audit.check import MOST_NAMED, Answer, Finding
from infrastructure.postgres.loans import load
from infrastructure.postgres.record import schedule_of
from infrastructure.postgres.tables import installments, loans

BATCH = 200

# From a random place on, and round the end to the beginning: any loan is as likely as any other.
_SAMPLE = text("""
WITH start AS MATERIALIZED (SELECT gen_random_uuid() AS id)
(SELECT l.id FROM loans l WHERE l.id >= (SELECT id FROM start) ORDER BY l.id LIMIT :most)
 UNION ALL
(SELECT l.id FROM loans l WHERE l.id < (SELECT id FROM start) ORDER BY l.id LIMIT :most)
 LIMIT :most
""")


async def refold(connection: AsyncConnection, most: int | None) -> tuple[Answer, int]:
    """What differs, of all loans or a sample of `most`, and how many were looked at."""
    found, count, looked_at = [], 0, 0
    async for batch in _batches(connection, most):
        stored, outstanding = await _schedules(connection, batch), await _outstanding(connection, batch)
        for loan_id in batch:
            looked_at += 1
            loan = (await load(connection, str(loan_id))).loan
            for finding in _faults(loan, stored[loan_id], outstanding[loan_id]):
                count += 1
                if count <= MOST_NAMED:
                    found.append(finding)
    promise = "every loan's flows, schedule and payoff are what its transactions fold into"
    return Answer(name="loans-follow-transactions", promise=promise, findings=tuple(found), count=count), looked_at


async def _batches(connection: AsyncConnection, most: int | None) -> AsyncIterator[list[UUID]]:
    if most is not None:
        sample = (await connection.execute(_SAMPLE, {"most": most})).scalars().all()
        for start in range(0, len(sample), BATCH):
            yield list(sample[start : start + BATCH])
        return
    following = select(loans.c.id).order_by(loans.c.id).limit(BATCH)
    batch = list((await connection.execute(following)).scalars())
    while batch:
        yield batch
        batch = list((await connection.execute(following.where(loans.c.id > batch[-1]))).scalars())


async def _schedules(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Installment]]:
    columns = [installments.c[field.name] for field in fields(Installment)]
    asked = select(installments.c.loan_id, *columns).where(installments.c.loan_id.in_(ids)).order_by(*columns[:1])
    rows: dict[UUID, list[Installment]] = defaultdict(list)
    for loan_id, *values in await connection.execute(asked):
        rows[loan_id].append(Installment(*values))
    return rows


async def _outstanding(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, int]:
    asked = select(loans.c.id, loans.c.outstanding).where(loans.c.id.in_(ids))
    return {row.id: row.outstanding for row in await connection.execute(asked)}


def _faults(loan: Loan, stored: Sequence[Installment], outstanding: int) -> Iterator[Finding]:
    place, standing = f"loan {loan.id}", loan.standing()
    if loan.transactions:
        for flow, was, should in _differences(loan.booked, loan.position_on(loan.accrued_through).totals):
            yield Finding(place=place, says=f"{flow} is {was}, its transactions make it {should}")
    if outstanding != (due := standing.outstanding.minor if standing.outstanding else 0):
        yield Finding(place=place, says=f"outstanding is {outstanding}, its transactions make it {due}")
    folded = {row.number: row for row in schedule_of(loan)}
    kept = {row.number: row for row in stored}
    for number in sorted(folded.keys() | kept.keys()):
        yield from _row_faults(f"installment {number} of {place}", kept.get(number), folded.get(number))


def _row_faults(place: str, kept: Installment | None, folded: Installment | None) -> Iterator[Finding]:
    if kept is None or folded is None:
        yield Finding(place=place, says="is missing" if kept is None else "should not be there")
        return
    for name, was, should in _differences(kept, folded):
        yield Finding(place=place, says=f"{name} is {was}, the transactions make it {should}")


def _differences(kept: object, folded: object) -> Iterator[tuple[str, object, object]]:
    for field in fields(kept):  # type: ignore[arg-type]  # two values of the same dataclass
        was, should = getattr(kept, field.name), getattr(folded, field.name)
        if was != should:
            yield field.name, was, should
