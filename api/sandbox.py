"""Putting one loan's clock forward, so that a developer can live its whole life in a minute. Never in production."""

from datetime import date, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.dependencies import ByToken, LoanId, OperationId, PartsOf, as_of_now, at_work, not_own, within
from api.errors import Refused
from api.models.base import IsoDate, Model, View, WholeNumber
from api.openapi import problems
from api.parts import Clock, Parts
from api.strict_json import StrictRoute
from api.temporal_desk import named_failures
from domain.errors import OperationReused
from domain.people import Role
from domain.product import LoanProduct
from infrastructure.postgres.rows import LoanDetail
from workflows.options import workflow_id

router = APIRouter(prefix="/api/sandbox", tags=["sandbox"], route_class=StrictRoute)

FARTHEST = 12_000  # days in one call: more than thirty years
_ANSWERED: dict[str, tuple[str, "Advance", date]] = {}  # by operation id; a playground forgets when it restarts


class Advance(Model):
    """Either a number of `days`, or `to` a day."""

    days: Annotated[WholeNumber, Field(ge=1, le=FARTHEST)] | None = None
    to: IsoDate | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.days is None) == (self.to is None):
            raise PydanticCustomError("one_of", "give either days or to")
        return self


class Today(View):
    loan_id: str
    today: date


async def visible_loan(parts: PartsOf, caller: ByToken, loan_id: LoanId) -> LoanDetail:
    if caller.role is Role.APPLICANT:
        return await parts.views.loan(loan_id, customer_id=caller.customer_id or "nobody")
    user = await at_work(parts, caller)
    return not_own(as_of_now(user), await parts.views.loan(loan_id, within=within(user)))


@router.post("/loans/{loan_id}/advance", responses=problems(400, 401, 403, 404, 409, 413, 422, 503))
async def advance(
    loan: Annotated[LoanDetail, Depends(visible_loan)], operation_id: OperationId, body: Advance, parts: PartsOf
) -> Today:
    """Let time pass for this loan, milestone by milestone, until the day or its end; answers the day it then is."""
    if (before := _ANSWERED.get(operation_id)) is not None:
        return _same(before, loan.id, body)
    product = await parts.products.version(loan.product_code, loan.product_version)
    with named_failures():
        today = await _advance(_clock(parts), product, loan.id, body)
    _ANSWERED[operation_id] = (loan.id, body, today)
    return Today(loan_id=loan.id, today=today)


async def _advance(clock: Clock, product: LoanProduct, loan_id: str, body: Advance) -> date:
    now = await clock.now(workflow_id(loan_id))
    day = body.to or product.business_date(now) + timedelta(days=body.days or 0)
    noon = product.start_of(day) + timedelta(hours=12)  # what happens at the day's start has happened then
    return product.business_date(await clock.advance(workflow_id(loan_id), noon))


def _same(before: tuple[str, Advance, date], loan_id: str, body: Advance) -> Today:
    if before[:2] != (loan_id, body):
        raise OperationReused("this key came before, with another content")
    return Today(loan_id=loan_id, today=before[2])


def _clock(parts: Parts) -> Clock:
    if parts.clock is None:
        raise Refused("NotFound", "time passes by itself here")
    return parts.clock
