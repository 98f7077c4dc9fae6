"""The officers' queue: referred applications, by what an officer looks for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, func
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.loan_file import Approval
from domain.money import Money
from domain.referral import Referral, WaitsFor
from domain.status import LoanStatus
from infrastructure.postgres.engine import read
from infrastructure.postgres.pages import Page, page_of
from infrastructure.postgres.rows import LoanSummary
from infrastructure.postgres.tables import loans
from infrastructure.postgres.views import LOANS, Within, loan_fields, of_branches, of_others

NOBODY = "nobody"

_REFERRAL = loans.c.referral
_ASKED = (_REFERRAL["inquiry"]["question"].astext.is_not(None)) & (_REFERRAL["inquiry"]["answered_on"].astext.is_(None))
_SECONDED = func.jsonb_array_length(loans.c.approvals) > 0
_WAITING = {
    WaitsFor.APPLICANT: _ASKED,
    WaitsFor.SECOND_OFFICER: func.coalesce(~_ASKED, True) & _SECONDED,
    WaitsFor.OFFICER: func.coalesce(~_ASKED, True) & ~_SECONDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an officer looks for, `within` which branches, and `not_of` which customer; None means whatever.
    `assigned_to` is an officer's id or NOBODY; amounts are what was applied for, both ends inclusive; `applied_by` is
    the last day of the application."""

    product: str | None = None
    least: Money | None = None
    most: Money | None = None
    applied_by: date | None = None
    assigned_to: str | None = None
    waits_for: WaitsFor | None = None
    escalated: bool | None = None
    within: Within = None
    not_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferredLoan(LoanSummary):
    referral: Referral | None
    approvals: tuple[Approval, ...]

    @property
    def waits_for(self) -> WaitsFor:
        if self.referral and self.referral.open_inquiry:
            return WaitsFor.APPLICANT
        return WaitsFor.SECOND_OFFICER if self.approvals else WaitsFor.OFFICER


REFERRED_LOAN = TypeAdapter(ReferredLoan)


class Referred:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def page(self, wanted: Wanted, *, after: str | None = None, limit: int = 50) -> Page[ReferredLoan]:
        """Who waits longest comes first."""
        asked = LOANS.add_columns(loans.c.referral, loans.c.approvals).where(*_conditions(wanted))
        key = (loans.c.created_at, loans.c.id)
        return await read(
            self._engine,
            lambda connection: page_of(connection, asked, _referred, key=key, after=after, limit=limit),
        )


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield loans.c.status == LoanStatus.REFERRED
    yield of_branches(wanted.within)
    yield of_others(wanted.not_of)
    if wanted.product is not None:
        yield loans.c.product_code == wanted.product
    if wanted.least is not None:
        yield (loans.c.currency == wanted.least.currency) & (loans.c.requested_amount >= wanted.least.minor)
    if wanted.most is not None:
        yield (loans.c.currency == wanted.most.currency) & (loans.c.requested_amount <= wanted.most.minor)
    if wanted.applied_by is not None:
        yield loans.c.applied_on <= wanted.applied_by
    yield from _of_referral(wanted)


def _of_referral(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.assigned_to == NOBODY:
        yield _REFERRAL["assigned_to"].astext.is_(None)
    elif wanted.assigned_to is not None:
        yield _REFERRAL["assigned_to"].astext == wanted.assigned_to
    if wanted.waits_for is not None:
        yield _WAITING[wanted.waits_for]
    if wanted.escalated is not None:
        escalations = func.coalesce(_REFERRAL["escalations"].as_integer(), 0)
        yield (escalations > 0) == wanted.escalated


def _referred(row: Row[Any]) -> ReferredLoan:
    return REFERRED_LOAN.validate_python(loan_fields(row))
