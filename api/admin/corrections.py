"""Corrections of a running loan, and of one that is over. Nothing is edited: each adds a transaction.

Each has a preview: the same body, the same refusals, and what would change; nothing is stored, nobody is told.
"""

from fastapi import APIRouter

from api.dependencies import LoanToMove, Officer, OperationId, Operator, OthersLoan, PartsOf, Staff
from api.models.corrections import Charge, CreditRefund, Loss, PreviewView, Reversal, Waiver
from api.models.loans import PaymentReceived, StandingView
from api.openapi import problems
from api.parts import Parts
from api.strict_json import StrictRoute
from domain.commands import Command, MakePayment
from infrastructure.postgres.rows import LoanSummary

router = APIRouter(prefix="/loans/{loan_id}", tags=["corrections"], route_class=StrictRoute)

WRITE = problems(400, 401, 403, 404, 409, 413, 422, 503)
PREVIEW = problems(401, 403, 404, 409, 413, 422, 503)


@router.post("/reversals", status_code=201, responses=WRITE)
async def reverse(
    caller: Operator, loan: LoanToMove, operation_id: OperationId, body: Reversal, parts: PartsOf
) -> StandingView:
    """Undo a transaction, as if it had never been. Can bring a closed or charged-off loan back to life."""
    command = body.command(operation_id, loan.id, caller.user_id)
    return StandingView.of(await parts.desk.awaken(command, loan))


@router.post("/charges", status_code=201, responses=WRITE)
async def charge(
    caller: Operator, loan: LoanToMove, operation_id: OperationId, body: Charge, parts: PartsOf
) -> StandingView:
    """Add a fee or a penalty."""
    return StandingView.of(await parts.desk.send(body.command(operation_id, loan.id, caller.user_id)))


@router.post("/waivers", status_code=201, responses=WRITE)
async def waive(
    caller: Officer, loan: LoanToMove, operation_id: OperationId, body: Waiver, parts: PartsOf
) -> StandingView:
    """Give up a part of what is owed."""
    return StandingView.of(await parts.desk.send(body.command(operation_id, loan.id, caller.user_id)))


@router.post("/credit-refunds", status_code=201, responses=WRITE)
async def refund_credit(
    caller: Operator, loan: LoanToMove, operation_id: OperationId, body: CreditRefund, parts: PartsOf
) -> StandingView:
    """Pay back what was paid too much, also of a closed loan."""
    command = body.command(operation_id, loan.id, caller.user_id)
    return StandingView.of(await parts.desk.awaken(command, loan))


@router.post("/charge-off", status_code=201, responses=WRITE)
async def charge_off(
    caller: Officer, loan: LoanToMove, operation_id: OperationId, body: Loss, parts: PartsOf
) -> StandingView:
    """Book what is owed as a loss. The claim stays, and what is still paid is recovery."""
    return StandingView.of(await parts.desk.send(body.command(operation_id, loan.id, caller.user_id)))


@router.post("/payments/preview", responses=PREVIEW)
async def preview_payment(caller: Staff, loan: OthersLoan, body: PaymentReceived, parts: PartsOf) -> PreviewView:
    command = MakePayment(
        operation_id="preview",
        loan_id=loan.id,
        actor=caller.user_id,
        amount=body.amount.money,
        effective_date=body.effective_date,
    )
    return await previewed(parts, loan, command)


@router.post("/reversals/preview", responses=PREVIEW)
async def preview_reversal(caller: Staff, loan: OthersLoan, body: Reversal, parts: PartsOf) -> PreviewView:
    return await previewed(parts, loan, body.command("preview", loan.id, caller.user_id))


@router.post("/charges/preview", responses=PREVIEW)
async def preview_charge(caller: Staff, loan: OthersLoan, body: Charge, parts: PartsOf) -> PreviewView:
    return await previewed(parts, loan, body.command("preview", loan.id, caller.user_id))


@router.post("/waivers/preview", responses=PREVIEW)
async def preview_waiver(caller: Staff, loan: OthersLoan, body: Waiver, parts: PartsOf) -> PreviewView:
    return await previewed(parts, loan, body.command("preview", loan.id, caller.user_id))


@router.post("/credit-refunds/preview", responses=PREVIEW)
async def preview_credit_refund(caller: Staff, loan: OthersLoan, body: CreditRefund, parts: PartsOf) -> PreviewView:
    return await previewed(parts, loan, body.command("preview", loan.id, caller.user_id))


@router.post("/charge-off/preview", responses=PREVIEW)
async def preview_charge_off(caller: Staff, loan: OthersLoan, body: Loss, parts: PartsOf) -> PreviewView:
    return await previewed(parts, loan, body.command("preview", loan.id, caller.user_id))


async def previewed(parts: Parts, loan: LoanSummary, command: Command) -> PreviewView:
    """As of now, or of the loan's last change where the loan's own clock is ahead."""
    return PreviewView.of(await parts.views.preview(command, max(parts.now(), loan.updated_at)))
