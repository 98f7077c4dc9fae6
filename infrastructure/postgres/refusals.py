"""Refusals of what came by another way than a command, in the audit trail of the loan or of none."""

import json
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.postgres.engine import write
from infrastructure.postgres.statements import REFUSED


class Refusals:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def note(
        self, loan_id: str | None, *, actor: str, reason: str, details: dict[str, str], at: datetime
    ) -> None:
        line = {"loan_id": loan_id, "actor": actor, "reason": reason, "details": json.dumps(details), "at": at}
        await write(self._engine, lambda connection: connection.execute(REFUSED, line))
