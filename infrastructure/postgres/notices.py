"""Notices: which borrower a fact is told to, and by which template, as the loan's product says."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.notices import Notice, notice_of
from infrastructure.events.cloud_event import LoanEvent
from infrastructure.postgres.engine import read
from infrastructure.postgres.tables import loans, products

NOTICES = TypeAdapter(tuple[Notice, ...])

_BORN_WITH = and_(products.c.code == loans.c.product_code, products.c.version == loans.c.product_version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    customer_id: str
    template: str


class Notices:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, event: LoanEvent) -> Addressed | None:
        """None when the product has no notice of it."""
        asked = (
            select(loans.c.customer_id, products.c.definition["notices"].label("notices"))
            .join_from(loans, products, _BORN_WITH)
            .where(loans.c.id == UUID(event.loan_id))
        )
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one()
        notice = notice_of(NOTICES.validate_python(row.notices or ()), event.name, event.data["details"])
        return Addressed(customer_id=str(row.customer_id), template=notice.template) if notice else None
