"""What the credit bureau said and what an applicant was known by: kept once, sealed under the customer's key, read by
those who decide."""

from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import UnknownLoan
from domain.evidence import BureauReport, IdentityOutcome, IdentityResult, dossier_key, verification_key
from domain.underwriting import Dossier
from infrastructure.keys.sealing import DataKey
from infrastructure.postgres.data_keys import OF_CUSTOMER, DataKeys
from infrastructure.postgres.engine import read
from infrastructure.postgres.key_tables import customer_keys
from infrastructure.postgres.tables import evidence, loans

REPORT, DOSSIER, IDENTITY = TypeAdapter(BureauReport), TypeAdapter(Dossier), TypeAdapter(IdentityResult)
_OF_VERIFICATION = verification_key("")

# Only under the key of whose loan it is, and nothing of somebody who was erased.
_KEEP = text(f"""
INSERT INTO evidence (key, loan_id, sealed, digest)
SELECT :key, l.id, CAST(:sealed AS bytea), CAST(:digest AS bytea)
  FROM loans l JOIN customer_keys k ON k.customer_id = l.customer_id AND k.wrapped IS NOT NULL
 WHERE l.id = :loan_id AND concat('{OF_CUSTOMER}', l.customer_id) = :owner
ON CONFLICT (key) DO NOTHING RETURNING key
""")  # noqa: S608  a word of our own
_OWNER = (
    select(customer_keys)
    .join(loans, loans.c.customer_id == customer_keys.c.customer_id)
    .where(loans.c.id == bindparam("loan_id"))
)
_CONTENT = (
    select(evidence.c.key, evidence.c.sealed, customer_keys)
    .join(loans, loans.c.id == evidence.c.loan_id)
    .join(customer_keys, customer_keys.c.customer_id == loans.c.customer_id)
    .where(evidence.c.key.in_((bindparam("key"), bindparam("another"))))
)


class PostgresEvidence:
    """Implements `domain.ports.EvidenceFile`."""

    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._keys = engine, keys

    async def keep(self, *, key: str, loan_id: str, customer_id: str, report: BureauReport) -> None:
        await self._keep(key, loan_id, customer_id, REPORT.dump_json(report))

    async def report(self, *, key: str) -> BureauReport | None:
        return _report((await self._contents(key)).get(key))

    async def recent_report(self, *, customer_id: str, currency: str, since: datetime) -> BureauReport | None:
        asked = (
            select(evidence.c.key, evidence.c.sealed)
            .join(loans, loans.c.id == evidence.c.loan_id)
            .where(loans.c.customer_id == UUID(customer_id), evidence.c.at >= since)
            .where(evidence.c.key == func.concat(evidence.c.loan_id, _OF_VERIFICATION))
            .order_by(evidence.c.at.desc())
        )
        rows = (await read(self._engine, lambda connection: connection.execute(asked))).all()
        owner = await self._keys.customer(customer_id) if rows else None
        for key, sealed in rows:
            report = REPORT.validate_json(owner.unseal(_place(key), sealed)) if owner else None
            if report and report.currency == currency and report.reused_from is None and report.reference != key:
                return replace(report, reused_from=key)
        return None

    async def passed_identity(self, *, customer_id: str, since: date) -> IdentityResult | None:
        result = loans.c.identity
        asked = (
            select(loans.c.id, result)
            .where(loans.c.customer_id == UUID(customer_id), result["outcome"].astext == IdentityOutcome.PASSED)
            .where(result["checked_on"].astext >= since.isoformat(), result["reused_from"].astext.is_(None))
            .order_by(result["checked_on"].astext.desc(), loans.c.id)
            .limit(1)
        )
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        return replace(IDENTITY.validate_python(row.identity), reused_from=str(row.id)) if row else None

    async def keep_dossier(self, *, key: str, loan_id: str, customer_id: str, dossier: Dossier) -> Dossier:
        if await self._keep(key, loan_id, customer_id, DOSSIER.dump_json(dossier)):
            return dossier
        return await self.dossier(key=key) or dossier

    async def dossier(self, *, key: str) -> Dossier | None:
        return _dossier((await self._contents(key)).get(key))

    async def of_application(self, *, loan_id: str, report_key: str) -> tuple[Dossier | None, BureauReport | None]:
        key = dossier_key(loan_id)
        contents = await self._contents(key, report_key)
        return _dossier(contents.get(key)), _report(contents.get(report_key))

    async def _keep(self, key: str, loan_id: str, customer_id: str, content: bytes) -> bool:
        """Whether it is kept now, and was not before. Raises UnknownLoan, and CustomerErased."""
        known = self._keys.at_hand(customer_id)
        if known and await self._sealed_by(known, key, loan_id, content):
            return True
        return await self._sealed_by(await self._owner_of(loan_id), key, loan_id, content)

    async def _sealed_by(self, owner: DataKey, key: str, loan_id: str, content: bytes) -> bool:
        """In one statement, which may be sent twice."""
        sealed = owner.seal(_place(key), content)
        row = {
            "key": key,
            "loan_id": UUID(loan_id),
            "owner": owner.owner,
            "sealed": sealed,
            "digest": sha256(sealed).digest(),
        }
        return await read(self._engine, lambda connection: connection.scalar(_KEEP, row)) is not None

    async def _contents(self, key: str, another: str | None = None) -> dict[str, bytes]:
        """Those that are on file, by key."""
        asked = {"key": key, "another": another}
        rows = (await read(self._engine, lambda connection: connection.execute(_CONTENT, asked))).all()
        return {row.key: (await self._keys.of(row)).unseal(_place(row.key), row.sealed) for row in rows}

    async def _owner_of(self, loan_id: str) -> DataKey:
        asked = {"loan_id": UUID(loan_id)}
        row = (await read(self._engine, lambda connection: connection.execute(_OWNER, asked))).one_or_none()
        if row is None:
            raise UnknownLoan(f"there is no loan {loan_id}")
        return await self._keys.of(row)


def _report(content: bytes | None) -> BureauReport | None:
    return REPORT.validate_json(content) if content else None


def _dossier(content: bytes | None) -> Dossier | None:
    return DOSSIER.validate_json(content) if content else None


def _place(key: str) -> str:
    return f"evidence/{key}"
