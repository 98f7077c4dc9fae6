"""Acceptances: who took which offer, when, and from where. The address is sealed under the customer's key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import AcceptOffer
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.operations import carried_out
from infrastructure.postgres.tables import acceptances, loans, operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """`address` is None when nobody saw it, as of a message that came by Temporal, or when the customer was erased."""

    offer_digest: str
    accepted_by: str
    address: str | None
    at: datetime


class Acceptances:
    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._keys = engine, keys

    async def note(self, operation_id: str, loan_id: str, customer_id: str, acceptance: Acceptance) -> None:
        """To be written before the offer is accepted, so that no crash can lose it. The first note stands."""
        key = await self._keys.customer(customer_id)
        address = acceptance.address
        row = {
            "operation_id": operation_id,
            "loan_id": UUID(loan_id),
            "offer_digest": acceptance.offer_digest,
            "accepted_by": acceptance.accepted_by,
            "sealed_address": key.seal(_place(operation_id), address.encode()) if address else None,
            "at": acceptance.at,
        }
        added = insert(acceptances).values(row).on_conflict_do_nothing(index_elements=["operation_id", "offer_digest"])
        await write(self._engine, lambda connection: connection.execute(added))

    async def of(self, loan_id: str, offer_digest: str) -> Acceptance | None:
        """The one that took effect."""
        asked = (
            select(acceptances, loans.c.customer_id)
            .join(operations, carried_out(acceptances, AcceptOffer))
            .join(loans, loans.c.id == acceptances.c.loan_id)
            .where(acceptances.c.loan_id == UUID(loan_id), acceptances.c.offer_digest == offer_digest)
        )
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            return None
        return Acceptance(
            offer_digest=row.offer_digest,
            accepted_by=row.accepted_by,
            address=await self._opened(str(row.customer_id), row.operation_id, row.sealed_address),
            at=row.at,
        )

    async def _opened(self, customer_id: str, operation_id: str, sealed: bytes | None) -> str | None:
        key = (await self._keys.customers([customer_id])).get(customer_id)
        return key.unseal(_place(operation_id), sealed).decode() if key and sealed else None


def _place(operation_id: str) -> str:
    return f"acceptances/{operation_id}"
