"""Ledger: what may be done to the books as a whole, and the audit of them."""

from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.postgres.audit.report import Report, audit
from infrastructure.postgres.periods import Periods
from infrastructure.postgres.receipts import Receipts


class Ledger:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.periods = Periods(engine)
        self.receipts = Receipts(engine)

    async def audit(self, *, most_refolded: int | None = None) -> Report:
        return await audit(self._engine, most_refolded=most_refolded)
