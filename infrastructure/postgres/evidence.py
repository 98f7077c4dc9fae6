"""What the credit bureau said, on file: kept once, read by those who decide."""

from hashlib import sha256
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.evidence import BureauReport
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.tables import evidence

REPORT = TypeAdapter(BureauReport)


class PostgresEvidence:
    """Implements `domain.ports.EvidenceFile`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keep(self, *, key: str, loan_id: str, report: BureauReport) -> None:
        row = {
            "key": key,
            "loan_id": UUID(loan_id),
            "content": REPORT.dump_python(report, mode="json"),
            "digest": sha256(REPORT.dump_json(report)).digest(),
        }
        added = insert(evidence).values(row).on_conflict_do_nothing(index_elements=["key"])
        await write(self._engine, lambda connection: connection.execute(added))

    async def report(self, *, key: str) -> BureauReport | None:
        asked = select(evidence.c.content).where(evidence.c.key == key)
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        return REPORT.validate_python(row.content) if row else None
