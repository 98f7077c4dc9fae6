"""The lender's side of a loan: the file, decisions, receipts, retries."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import papers
from api.dependencies import (
    Cursor,
    Limit,
    LoanToMove,
    Officer,
    OperationId,
    Operator,
    OthersLoan,
    PartsOf,
    Staff,
    Within,
)
from api.models.base import CODE, PageView
from api.models.loan_file import AcceptanceView, AuditView, LoanFileView, StaffLoanView
from api.models.loans import (
    Cancellation,
    OfficerDecision,
    PaymentReceived,
    ReceiptView,
    Renewal,
    ScheduleView,
    StandingView,
    TransactionsView,
    Withdrawal,
)
from api.openapi import problems
from api.parts import Parts
from api.strict_json import StrictRoute
from domain.commands import Cancel, Decide, MakePayment, RenewOffer, RetryPayout, WithdrawFromCredit
from domain.offer import Choice
from domain.status import LoanStatus
from workflows.options import workflow_id

router = APIRouter(tags=["loans"], route_class=StrictRoute)

READ = problems(401, 403, 404, 503)
WRITE = problems(400, 401, 403, 404, 409, 413, 422, 503)
LIST = problems(401, 403, 422, 503)


@router.get("/loans", responses=LIST)
async def loans(
    *,
    caller: Staff,
    within: Within,
    parts: PartsOf,
    status: LoanStatus | None = None,
    product: Annotated[str | None, Query(pattern=CODE)] = None,
    branch: Annotated[str | None, Query(pattern=CODE)] = None,
    bucket: Annotated[str | None, Query(pattern=r"^[ -~]{1,64}$")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageView[StaffLoanView]:
    """The loans of one's branches, the newest first. Of one's own it tells what a borrower is told."""
    page = await parts.views.loans(
        status=status, product=product, bucket=bucket, branch=branch, within=within, after=cursor, limit=limit
    )
    views = [
        StaffLoanView.told(one) if one.customer_id == caller.customer_id else StaffLoanView.model_validate(one)
        for one in page.items
    ]
    return PageView[StaffLoanView](items=views, next=page.next)


@router.get("/loans/{loan_id}", responses=READ)
async def loan(loan: OthersLoan, parts: PartsOf) -> LoanFileView:
    """The whole file, with its audit trail and a link to its workflow in the Temporal Web UI."""
    trail = [AuditView.model_validate(line) for line in await parts.views.audit_trail(loan.id)]
    accepted = await parts.acceptances.of(loan.id, loan.offer.digest) if loan.offer else None
    more = {
        "audit_trail": trail,
        "acceptance": AcceptanceView.model_validate(accepted) if accepted else None,
        "workflow_url": _workflow_url(parts, loan.id),
    }
    return LoanFileView.model_validate(loan).model_copy(update=more)


def _workflow_url(parts: Parts, loan_id: str) -> str:
    settings = parts.settings
    return f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows/{workflow_id(loan_id)}"


@router.get(
    "/loans/{loan_id}/offer/agreement.pdf",
    response_class=Response,
    responses={**papers.AS_PDF, **problems(401, 403, 404, 409, 410, 422, 503)},
)
async def agreement(loan: OthersLoan, parts: PartsOf, digest: papers.OfDigest = None) -> Response:
    """The paper that the borrower sees, to the byte."""
    return await papers.agreement(parts, loan, digest)


@router.get("/loans/{loan_id}/schedule", responses=READ)
async def schedule(loan: OthersLoan, parts: PartsOf) -> ScheduleView:
    return ScheduleView.model_validate({"installments": await parts.views.schedule(loan.id)})


@router.get("/loans/{loan_id}/transactions", responses=READ)
async def transactions(loan: OthersLoan, parts: PartsOf) -> TransactionsView:
    return TransactionsView.model_validate({"transactions": await parts.views.transactions(loan.id)})


@router.post("/loans/{loan_id}/decision", responses=WRITE)
async def decide(
    caller: Officer, loan: LoanToMove, operation_id: OperationId, body: OfficerDecision, parts: PartsOf
) -> StandingView:
    """Approve, perhaps less than applied for, decline, or ask the applicant for more. Whether the officer may is the
    product's to say."""
    command = Decide(
        operation_id=operation_id,
        loan_id=loan.id,
        actor=caller.user_id,
        verdict=body.verdict,
        amount=body.amount.money if body.amount else None,
        installments=body.installments,
        reason=body.reason,
        alternatives=tuple(Choice(amount=one.amount.money, installments=one.installments) for one in body.alternatives),
    )
    return StandingView.of(await parts.desk.send(command))


@router.post("/loans/{loan_id}/renew-offer", responses=WRITE)
async def renew_offer(
    caller: Officer, loan: LoanToMove, operation_id: OperationId, body: Renewal, parts: PartsOf
) -> StandingView:
    """Offer the same anew, from today: of an offer that is open, or has expired not long ago."""
    command = RenewOffer(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id, reason=body.reason)
    return StandingView.of(await parts.desk.awaken(command, loan))


@router.post("/loans/{loan_id}/payments", status_code=201, responses=WRITE)
async def receive_payment(
    caller: Operator, loan: LoanToMove, operation_id: OperationId, body: PaymentReceived, parts: PartsOf
) -> ReceiptView:
    """Book money that came in, from the day it came."""
    command = MakePayment(
        operation_id=operation_id,
        loan_id=loan.id,
        actor=caller.user_id,
        amount=body.amount.money,
        effective_date=body.effective_date,
    )
    return ReceiptView.model_validate((await parts.desk.send(command)).receipt)


@router.post("/loans/{loan_id}/retry-payout", responses=WRITE)
async def retry_payout(caller: Operator, loan: LoanToMove, operation_id: OperationId, parts: PartsOf) -> StandingView:
    """Instruct the payout again, under a new key, after it failed for good."""
    command = RetryPayout(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id)
    return StandingView.of(await parts.desk.send(command))


@router.post("/loans/{loan_id}/withdraw-from-credit", responses=WRITE)
async def withdraw_from_credit(
    caller: Operator, loan: LoanToMove, operation_id: OperationId, body: Withdrawal, parts: PartsOf
) -> StandingView:
    """Book that the borrower has given the loan back by letter or telephone, within its cooling-off period."""
    command = WithdrawFromCredit(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id, reason=body.reason)
    return StandingView.of(await parts.desk.send(command))


@router.post("/loans/{loan_id}/cancel", responses=WRITE)
async def cancel(
    caller: Operator, loan: LoanToMove, operation_id: OperationId, body: Cancellation, parts: PartsOf
) -> StandingView:
    """Give a loan up before its money is out."""
    command = Cancel(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id, reason=body.reason)
    return StandingView.of(await parts.desk.send(command))
