"""What waits for a person in operations, and that person's word on it."""

from fastapi import APIRouter

from api.dependencies import Cursor, Limit, LoanToMove, OperationId, Operator, PartsOf, Staff, Within
from api.models.base import PageView
from api.models.loans import StandingView
from api.models.reconciliations import DebitReview, PayoutReview, QueuedLoanView
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.commands import ReviewDebit, ReviewPayout
from domain.evidence import DebitOutcome, PayoutOutcome

router = APIRouter(tags=["operations"], route_class=StrictRoute)

WRITE = problems(400, 401, 403, 404, 409, 413, 422, 503)


@router.get("/queues/operations", responses=problems(401, 403, 422, 503))
async def operations(
    caller: Staff, within: Within, parts: PartsOf, cursor: Cursor = None, limit: Limit = 50
) -> PageView[QueuedLoanView]:
    """Loans, none of one's own, with a payout or debit of which the rail says nothing for too long, or both that it
    settled and failed."""
    page = await parts.queues.operations(within=within, not_of=caller.customer_id, after=cursor, limit=limit)
    return PageView[QueuedLoanView].model_validate(page)


@router.post("/loans/{loan_id}/review-payout", responses=WRITE)
async def review_payout(
    caller: Operator, loan: LoanToMove, operation_id: OperationId, body: PayoutReview, parts: PartsOf
) -> StandingView:
    """Say whether a contradicted payout arrived. Taken for failed, it is booked after all when it did."""
    command = ReviewPayout(
        operation_id=operation_id,
        loan_id=loan.id,
        actor=caller.user_id,
        outcome=PayoutOutcome(body.outcome),
        reason=body.reason,
    )
    return StandingView.of(await parts.desk.awaken(command, loan))


@router.post("/loans/{loan_id}/review-debit", responses=WRITE)
async def review_debit(
    caller: Operator, loan: LoanToMove, operation_id: OperationId, body: DebitReview, parts: PartsOf
) -> StandingView:
    """Say whether the money of an overdue or contradicted debit is there. The books are put right when they differ."""
    command = ReviewDebit(
        operation_id=operation_id,
        loan_id=loan.id,
        actor=caller.user_id,
        key=body.key,
        outcome=DebitOutcome(body.outcome),
        reason=body.reason,
    )
    return StandingView.of(await parts.desk.awaken(command, loan))
