"""Applications that a policy has decided, with all it knew, for a dry run of another."""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.dry_run import PastApplication
from domain.errors import CustomerErased
from domain.evidence import BureauReport, IdentityResult, no_report, verification_key
from domain.money import Money
from domain.ports import EvidenceFile
from domain.underwriting import Decision, Dossier
from infrastructure.postgres.engine import read
from infrastructure.postgres.record import PRODUCT
from infrastructure.postgres.tables import loans, products
from infrastructure.postgres.views import Within, of_branches, of_others

_DECISION, _IDENTITY = TypeAdapter(Decision), TypeAdapter(IdentityResult)

_DECIDED = (
    select(loans, products.c.definition)
    .join(
        products,
        (products.c.code == loans.c.product_code) & (products.c.version == loans.c.product_version),
    )
    .where(loans.c.decision.is_not(None))
    .order_by(loans.c.created_at.desc(), loans.c.id.desc())
)


class PastApplications:
    def __init__(self, engine: AsyncEngine, evidence: EvidenceFile) -> None:
        self._engine, self._evidence = engine, evidence

    async def newest(
        self, product_code: str, limit: int, *, within: Within = None, not_of: str | None = None
    ) -> list[PastApplication]:
        """Those of all versions of the product, the newest first, but for one customer's."""
        among = (loans.c.product_code == product_code, of_branches(within), of_others(not_of))
        asked = _DECIDED.where(*among).limit(limit)
        rows = (await read(self._engine, lambda connection: connection.execute(asked))).all()
        return [await self._whole(row) for row in rows]

    async def _whole(self, row: Row[Any]) -> PastApplication:
        loan_id, key = str(row.id), verification_key(str(row.id))
        dossier, report = await self._on_file(loan_id, key)
        return PastApplication(
            loan_id=loan_id,
            product=PRODUCT.validate_python(row.definition),
            amount=Money(row.requested_amount, row.currency),
            installments=row.requested_installments,
            identity=_IDENTITY.validate_python(row.identity),
            report=report or no_report(key, row.currency),
            dossier=dossier,
            decision=_DECISION.validate_python(row.decision),
        )

    async def _on_file(self, loan_id: str, key: str) -> tuple[Dossier | None, BureauReport | None]:
        try:
            return await self._evidence.of_application(loan_id=loan_id, report_key=key)
        except CustomerErased:
            return None, None
