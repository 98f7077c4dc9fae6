"""What the credit bureau said and what an applicant was known by: kept once, sealed under the customer's key, read by
those who decide."""

from hashlib import sha256
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import UnknownLoan
from domain.evidence import BureauReport
from domain.underwriting import Dossier
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.tables import evidence, loans

REPORT, DOSSIER = TypeAdapter(BureauReport), TypeAdapter(Dossier)


class PostgresEvidence:
    """Implements `domain.ports.EvidenceFile`."""

    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._keys = engine, keys

    async def keep(self, *, key: str, loan_id: str, report: BureauReport) -> None:
        await self._keep(key, loan_id, REPORT.dump_json(report))

    async def report(self, *, key: str) -> BureauReport | None:
        content = await self._content(key)
        return REPORT.validate_json(content) if content else None

    async def keep_dossier(self, *, key: str, loan_id: str, dossier: Dossier) -> Dossier:
        await self._keep(key, loan_id, DOSSIER.dump_json(dossier))
        return await self.dossier(key=key) or dossier

    async def dossier(self, *, key: str) -> Dossier | None:
        content = await self._content(key)
        return DOSSIER.validate_json(content) if content else None

    async def _keep(self, key: str, loan_id: str, content: bytes) -> None:
        owner = await self._keys.customer(await self._customer_of(loan_id))
        sealed = owner.seal(_place(key), content)
        row = {"key": key, "loan_id": UUID(loan_id), "sealed": sealed, "digest": sha256(sealed).digest()}
        added = insert(evidence).values(row).on_conflict_do_nothing(index_elements=["key"])
        await write(self._engine, lambda connection: connection.execute(added))

    async def _content(self, key: str) -> bytes | None:
        asked = (
            select(evidence.c.sealed, loans.c.customer_id)
            .join(loans, loans.c.id == evidence.c.loan_id)
            .where(evidence.c.key == key)
        )
        row: Row[tuple[bytes, UUID]] | None = (
            await read(self._engine, lambda connection: connection.execute(asked))
        ).one_or_none()
        if row is None:
            return None
        owner = await self._keys.customer(str(row.customer_id))
        return owner.unseal(_place(key), row.sealed)

    async def _customer_of(self, loan_id: str) -> str:
        asked = select(loans.c.customer_id).where(loans.c.id == UUID(loan_id))
        customer_id = await read(self._engine, lambda connection: connection.scalar(asked))
        if customer_id is None:
            raise UnknownLoan(f"there is no loan {loan_id}")
        return str(customer_id)


def _place(key: str) -> str:
    return f"evidence/{key}"
