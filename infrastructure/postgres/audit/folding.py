"""The loans' figures, computed anew from their transactions."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.loan import Loan
from domain.position import Installment
from infrastructure.postgres import statements
from infrastructure.postgres.audit.check import MOST_NAMED, Finding
from infrastructure.postgres.record import LOAN, schedule_of
from infrastructure.postgres.tables import installments, loans

BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Loans by their ids, both ends included."""

    first: UUID
    last: UUID


Share = Range | tuple[UUID, ...]  # of all loans, or of a sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What differs: the first by name, and how many; and how many loans were looked at."""

    findings: tuple[Finding, ...] = ()
    count: int = 0
    loans: int = 0

    def __add__(self, other: "Folded") -> "Folded":
        return Folded(
            findings=(*self.findings, *other.findings)[:MOST_NAMED],
            count=self.count + other.count,
            loans=self.loans + other.loans,
        )


async def fold_share(connection: AsyncConnection, share: Share) -> Folded:
    done = Folded()
    async for batch in _batches(connection, share):
        found = [finding async for finding in _faults_of(connection, batch)]
        done += Folded(findings=tuple(found), count=len(found), loans=len(batch))
    return done


async def _batches(connection: AsyncConnection, share: Share) -> AsyncIterator[Sequence[UUID]]:
    if isinstance(share, tuple):
        for start in range(0, len(share), BATCH):
            yield share[start : start + BATCH]
        return
    following = select(loans.c.id).where(loans.c.id <= share.last).order_by(loans.c.id).limit(BATCH)
    batch = (await connection.execute(following.where(loans.c.id >= share.first))).scalars().all()
    while batch:
        yield batch
        batch = (await connection.execute(following.where(loans.c.id > batch[-1]))).scalars().all()


async def _faults_of(connection: AsyncConnection, batch: Sequence[UUID]) -> AsyncIterator[Finding]:
    stored = await _schedules(connection, batch)
    for row in await connection.execute(statements.LOANS, {"ids": batch}):
        for finding in _faults(LOAN.validate_json(row.loan), stored[row.id], row.outstanding):
            yield finding


async def _schedules(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Installment]]:
    columns = [installments.c[field.name] for field in fields(Installment)]
    asked = select(installments.c.loan_id, *columns).where(installments.c.loan_id.in_(ids))
    rows: dict[UUID, list[Installment]] = defaultdict(list)
    for loan_id, *values in await connection.execute(asked):
        rows[loan_id].append(Installment(*values))
    return rows


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
    elif kept != folded:
        for name, was, should in _differences(kept, folded):
            yield Finding(place=place, says=f"{name} is {was}, the transactions make it {should}")


def _differences(kept: object, folded: object) -> Iterator[tuple[str, object, object]]:
    for field in fields(kept):  # type: ignore[arg-type]  # two values of the same dataclass
        was, should = getattr(kept, field.name), getattr(folded, field.name)
        if was != should:
            yield field.name, was, should
