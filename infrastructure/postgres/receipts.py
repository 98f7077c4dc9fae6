"""Receipts: money that names no loan, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import MakePayment, ParkReceipt, ReturnReceipt
from domain.errors import AlreadyResolved, CurrencyMismatch, UnknownReceipt
from domain.money import Money
from domain.receipts import Resolution, UnidentifiedReceipt
from infrastructure.postgres.bookkeeping_tables import receipt_resolutions, unidentified_receipts
from infrastructure.postgres.engine import read
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.once import once, open_from, post
from infrastructure.postgres.pages import Page, page_of
from infrastructure.postgres.tables import accounts

RECEIPTS = select(unidentified_receipts, receipt_resolutions).join_from(
    unidentified_receipts, receipt_resolutions, isouter=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """`resolution` None: the money is parked still."""

    id: str
    amount: Money
    received_on: date
    reference: str
    parked_by: str
    parked_at: datetime
    resolution: Resolution | None
    loan_id: str | None
    resolved_by: str | None
    reason: str | None
    resolved_at: datetime | None

    @property
    def receipt(self) -> UnidentifiedReceipt:
        return UnidentifiedReceipt(
            id=self.id, amount=self.amount, received_on=self.received_on, reference=self.reference
        )


class Receipts:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def park(self, command: ParkReceipt, at: datetime) -> ReceiptRow:
        async def deed(connection: AsyncConnection) -> dict[str, str]:
            receipt = UnidentifiedReceipt(
                id=command.receipt_id,
                amount=command.amount,
                received_on=command.received_on,
                reference=command.reference,
            )
            await _require_books_in(connection, command.amount.currency)
            entry = receipt.received(at, await open_from(connection))
            await connection.execute(insert(unidentified_receipts).values(_row(command, at)))
            await post(connection, entry, command.amount.currency)
            return {"receipt": receipt.id, "amount": str(receipt.amount), "received_on": str(receipt.received_on)}

        await once(self._engine, command, "receipt_parked", at, deed)
        return await self.receipt(command.receipt_id)

    async def give_back(self, command: ReturnReceipt, at: datetime) -> ReceiptRow:
        """Raises UnknownReceipt or AlreadyResolved."""

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            receipt = (await find(connection, command.receipt_id)).receipt
            resolution = {"kind": Resolution.RETURNED, "resolved_by": command.actor, "reason": command.reason}
            await _resolve(connection, receipt, at, resolution)
            await post(connection, receipt.returned(at, await open_from(connection)), receipt.amount.currency)
            return {"receipt": receipt.id, "amount": str(receipt.amount)}

        await once(self._engine, command, "receipt_returned", at, deed)
        return await self.receipt(command.receipt_id)

    async def receipt(self, receipt_id: str) -> ReceiptRow:
        """Raises UnknownReceipt."""
        return await read(self._engine, lambda connection: find(connection, receipt_id))

    async def page(self, *, parked: bool | None = None, after: str | None = None, limit: int = 50) -> Page[ReceiptRow]:
        """Oldest first. `parked` True: those that wait for somebody; False: those that don't."""
        asked: Select[Any] = RECEIPTS
        if parked is not None:
            asked = asked.where(receipt_resolutions.c.receipt_id.is_(None) == parked)
        key = (unidentified_receipts.c.parked_at, unidentified_receipts.c.id)
        return await read(
            self._engine,
            lambda connection: page_of(connection, asked, _receipt_row, key=key, after=after, limit=limit),
        )


async def match(connection: AsyncConnection, payment: MakePayment, at: datetime) -> None:
    """Give the parked money free for a payment of the same transaction. Raises UnknownReceipt or AlreadyResolved."""
    receipt = (await find(connection, payment.receipt_id or "")).receipt
    entry = receipt.matched(payment, at, await open_from(connection))
    resolution = {"kind": Resolution.MATCHED, "loan_id": payment.loan_id, "resolved_by": payment.actor}
    await _resolve(connection, receipt, at, resolution)
    await post(connection, entry, receipt.amount.currency)


async def find(connection: AsyncConnection, receipt_id: str) -> ReceiptRow:
    asked = RECEIPTS.where(unidentified_receipts.c.id == known_id(receipt_id, UnknownReceipt))
    row = (await connection.execute(asked)).one_or_none()
    if row is None:
        raise UnknownReceipt(f"there is no receipt {receipt_id}")
    return _receipt_row(row)


async def _resolve(
    connection: AsyncConnection, receipt: UnidentifiedReceipt, at: datetime, resolution: dict[str, Any]
) -> None:
    """Once: whoever comes second finds the key taken, after waiting for the first to commit."""
    row = {"receipt_id": receipt.id, "resolved_at": at, **resolution}
    asked = upsert(receipt_resolutions).values(row).on_conflict_do_nothing().returning(receipt_resolutions.c.receipt_id)
    if await connection.scalar(asked) is None:
        raise AlreadyResolved(f"receipt {receipt.id} was matched or returned before")


async def _require_books_in(connection: AsyncConnection, currency: str) -> None:
    if not await connection.scalar(select(func.count()).where(accounts.c.currency == currency)):
        raise CurrencyMismatch(f"the books are not kept in {currency}")


def _row(command: ParkReceipt, at: datetime) -> dict[str, Any]:
    return {
        "id": command.receipt_id,
        "amount": command.amount.minor,
        "currency": command.amount.currency,
        "received_on": command.received_on,
        "reference": command.reference,
        "parked_by": command.actor,
        "parked_at": at,
    }


def _receipt_row(row: Row[Any]) -> ReceiptRow:
    return ReceiptRow(
        id=str(row.id),
        amount=Money(row.amount, row.currency),
        received_on=row.received_on,
        reference=row.reference,
        parked_by=row.parked_by,
        parked_at=row.parked_at,
        resolution=Resolution(row.kind) if row.kind else None,
        loan_id=str(row.loan_id) if row.loan_id else None,
        resolved_by=row.resolved_by,
        reason=row.reason,
        resolved_at=row.resolved_at,
    )
