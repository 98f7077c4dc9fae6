"""The books as a whole."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import Admin, OperationId, PartsOf, Staff
from api.models.ledger import AuditReportView, ClosedPeriodsView, ClosedPeriodView, PeriodClosing, TrialBalancesView
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.commands import ClosePeriod

router = APIRouter(prefix="/ledger", tags=["ledger"], route_class=StrictRoute)


@router.get("/trial-balance", responses=problems(401, 403, 503))
async def trial_balance(caller: Staff, parts: PartsOf) -> TrialBalancesView:
    """Every account's balance, a debit positive. Each currency sums to zero."""
    return TrialBalancesView.model_validate({"currencies": await parts.views.trial_balance()})


@router.get("/audit", responses=problems(401, 403, 422, 503))
async def audit(caller: Staff, parts: PartsOf, loans: Annotated[int, Query(ge=0, le=10_000)] = 200) -> AuditReportView:
    """Whether the books can be trusted: every promise they make, and each row that breaks one. Looks at the whole
    database; of `loans` loans, drawn by lot, all figures are computed anew."""
    return AuditReportView.model_validate(await parts.ledger.audit(most_refolded=loans))


@router.get("/periods", responses=problems(401, 403, 503))
async def periods(caller: Staff, parts: PartsOf) -> ClosedPeriodsView:
    """Closed accounting periods, the latest first."""
    return ClosedPeriodsView.model_validate({"periods": await parts.ledger.periods.closed()})


@router.post("/periods", status_code=201, responses=problems(400, 401, 403, 409, 413, 422, 503))
async def close_period(
    caller: Admin, operation_id: OperationId, body: PeriodClosing, parts: PartsOf
) -> ClosedPeriodView:
    """Close the books through a month's end, for good. What is corrected later is booked on the first open day."""
    command = ClosePeriod(operation_id=operation_id, actor=caller.user_id, through=body.through, reason=body.reason)
    return ClosedPeriodView.model_validate(await parts.ledger.periods.close(command, parts.now()))
