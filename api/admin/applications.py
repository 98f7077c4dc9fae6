"""Referred applications: the officers' queue, who has one in hand, and what is written about it."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.dependencies import (
    Cursor,
    Limit,
    LoanToMove,
    Officer,
    OperationId,
    OthersLoan,
    PartsOf,
    Staff,
    Within,
)
from api.models.base import AMOUNT, CODE, CURRENCY, PageView
from api.models.loan_file import ReferredLoanView
from api.models.loans import StandingView
from api.models.referrals import Assignment, Comment, CorrespondenceView, LetterView, Recheck
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.commands import Assign, RecheckIdentity
from domain.errors import InvalidValue
from domain.money import Money
from domain.referral import WaitsFor
from infrastructure.postgres.correspondence import Draft, LetterKind
from infrastructure.postgres.referred import Wanted

router = APIRouter(tags=["applications"], route_class=StrictRoute)

AmountText = Annotated[str | None, Query(pattern=AMOUNT, description="Of `currency`, as applied for; inclusive.")]
WRITE = problems(400, 401, 403, 404, 409, 413, 422, 503)


def wanted(
    *,
    caller: Staff,
    within: Within,
    parts: PartsOf,
    product: Annotated[str | None, Query(pattern=CODE)] = None,
    min_amount: AmountText = None,
    max_amount: AmountText = None,
    currency: Annotated[str | None, Query(pattern=CURRENCY)] = None,
    waiting_days: Annotated[int | None, Query(ge=0, le=3650, description="Applied so many days ago, or more.")] = None,
    assigned_to: Annotated[
        str | None, Query(pattern=r"^[0-9A-Za-z-]{1,64}$", description="`me`, `nobody`, or an officer's id.")
    ] = None,
    waits_for: WaitsFor | None = None,
    escalated: bool | None = None,
) -> Wanted:
    return Wanted(
        product=product,
        least=_amount(min_amount, currency),
        most=_amount(max_amount, currency),
        applied_by=None if waiting_days is None else (parts.now() - timedelta(days=waiting_days)).date(),
        assigned_to=caller.user_id if assigned_to == "me" else assigned_to,
        waits_for=waits_for,
        escalated=escalated,
        within=within,
        not_of=caller.customer_id,
    )


def _amount(amount: str | None, currency: str | None) -> Money | None:
    if amount is None:
        return None
    if currency is None:
        raise InvalidValue("currency", "is needed to read the amount")
    return Money.parse(amount, currency)


@router.get("/applications", responses=problems(401, 403, 422, 503))
async def applications(
    parts: PartsOf, wanted: Annotated[Wanted, Depends(wanted)], cursor: Cursor = None, limit: Limit = 50
) -> PageView[ReferredLoanView]:
    """The queue: referred applications, the oldest first; none of one's own."""
    page = await parts.referred.page(wanted, after=cursor, limit=limit)
    return PageView[ReferredLoanView].model_validate(page)


@router.post("/loans/{loan_id}/assignment", responses=WRITE)
async def assign(
    caller: Officer, loan: LoanToMove, operation_id: OperationId, body: Assignment, parts: PartsOf
) -> StandingView:
    """Put a referred application into an officer's hands, or back into the queue. Others can still decide it."""
    command = Assign(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id, officer_id=body.officer_id)
    return StandingView.of(await parts.desk.send(command))


@router.post("/loans/{loan_id}/recheck", responses=WRITE)
async def recheck(
    caller: Officer, loan: LoanToMove, operation_id: OperationId, body: Recheck, parts: PartsOf
) -> StandingView:
    """Have the identity provider look again, with the documents that the applicant has shown by now. What it says takes
    the place of what it said before; deciding stays with officers."""
    command = RecheckIdentity(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id, reason=body.reason)
    return StandingView.of(await parts.desk.send(command))


@router.post("/loans/{loan_id}/comments", status_code=201, responses={**WRITE, **problems(410)})
async def comment(
    caller: Staff, loan: LoanToMove, operation_id: OperationId, body: Comment, parts: PartsOf
) -> LetterView:
    """Remark something for colleagues. It cannot be changed, and its applicant never sees it."""
    draft = Draft(
        operation_id=operation_id,
        loan_id=loan.id,
        kind=LetterKind.COMMENT,
        author=caller.user_id,
        text=body.text,
        at=parts.now(),
    )
    letter = await parts.correspondence.write(draft, loan.customer_id)
    return LetterView.model_validate(letter)


@router.get("/loans/{loan_id}/correspondence", responses=problems(401, 403, 404, 503))
async def correspondence(loan: OthersLoan, parts: PartsOf) -> CorrespondenceView:
    """Colleagues' comments and the applicant's answers, in the order in which they were written."""
    return CorrespondenceView.model_validate({"items": await parts.correspondence.of(loan.id, loan.customer_id)})
