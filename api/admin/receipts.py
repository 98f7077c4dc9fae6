"""Money that names no loan: parked until somebody knows whose it is, then matched to a loan or returned, once."""

from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Path, Request

from api.admin.corrections import previewed
from api.dependencies import (
    Cursor,
    Limit,
    OperationId,
    Operator,
    PartsOf,
    Staff,
    Within,
    not_own,
    not_own_on_record,
)
from api.models.base import PageView
from api.models.corrections import PreviewView
from api.models.loans import ReceiptView
from api.models.receipts import Match, ReceivedMoney, Return, UnidentifiedReceiptView
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.commands import MakePayment, ParkReceipt, ReturnReceipt
from infrastructure.postgres.receipts import ReceiptRow
from infrastructure.postgres.rows import LoanDetail

RECEIPTS = UUID("0b0f2f6e-7d5c-5f0a-9a53-6a1d6a6f7e04")  # namespace of receipt ids: never change it

router = APIRouter(prefix="/receipts", tags=["receipts"], route_class=StrictRoute)

WRITE = problems(400, 401, 403, 404, 409, 413, 422, 503)


async def receipt(
    parts: PartsOf, caller: Staff, receipt_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})]
) -> ReceiptRow:
    return await parts.ledger.receipts.receipt(receipt_id)


async def named_loan(caller: Staff, within: Within, body: Match, parts: PartsOf) -> LoanDetail:
    return not_own(caller, await parts.views.loan(body.loan_id, within=within))


async def loan_to_pay(
    *, request: Request, caller: Staff, within: Within, operation_id: OperationId, body: Match, parts: PartsOf
) -> LoanDetail:
    loan = await parts.views.loan(body.loan_id, within=within)
    return await not_own_on_record(request, parts, caller, loan, operation_id)


Receipt = Annotated[ReceiptRow, Depends(receipt)]
NamedLoan = Annotated[LoanDetail, Depends(named_loan)]
LoanToPay = Annotated[LoanDetail, Depends(loan_to_pay)]


@router.get("", responses=problems(401, 403, 422, 503))
async def receipts(
    *, caller: Staff, parts: PartsOf, parked: bool | None = None, cursor: Cursor = None, limit: Limit = 50
) -> PageView[UnidentifiedReceiptView]:
    """The oldest first; with `parked=true` those that wait for somebody."""
    page = await parts.ledger.receipts.page(parked=parked, after=cursor, limit=limit)
    return PageView[UnidentifiedReceiptView].model_validate(page)


@router.get("/{receipt_id}", responses=problems(401, 403, 404, 503))
async def one_receipt(receipt: Receipt) -> UnidentifiedReceiptView:
    return UnidentifiedReceiptView.model_validate(receipt)


@router.post("", status_code=201, responses=WRITE)
async def park(
    caller: Operator, operation_id: OperationId, body: ReceivedMoney, parts: PartsOf
) -> UnidentifiedReceiptView:
    """Book money that came in and names no loan."""
    command = ParkReceipt(
        operation_id=operation_id,
        actor=caller.user_id,
        receipt_id=str(uuid5(RECEIPTS, operation_id)),
        amount=body.amount.money,
        received_on=body.received_on,
        reference=body.reference,
    )
    return UnidentifiedReceiptView.model_validate(await parts.ledger.receipts.park(command, parts.now()))


@router.post("/{receipt_id}/match", status_code=201, responses=WRITE)
async def match(
    *, caller: Operator, receipt: Receipt, loan: LoanToPay, operation_id: OperationId, parts: PartsOf
) -> ReceiptView:
    """Pay a loan with it, from the day on which the money came."""
    payment = _payment(receipt, loan, operation_id, caller.user_id)
    return ReceiptView.model_validate((await parts.desk.send(payment)).receipt)


@router.post("/{receipt_id}/match/preview", responses=problems(401, 403, 404, 409, 413, 422, 503))
async def preview_match(caller: Staff, receipt: Receipt, loan: NamedLoan, parts: PartsOf) -> PreviewView:
    return await previewed(parts, loan, _payment(receipt, loan, "preview", caller.user_id))


@router.post("/{receipt_id}/return", status_code=201, responses=WRITE)
async def give_back(
    caller: Operator, receipt: Receipt, operation_id: OperationId, body: Return, parts: PartsOf
) -> UnidentifiedReceiptView:
    """Book that the money was sent back to where it came from."""
    command = ReturnReceipt(operation_id=operation_id, actor=caller.user_id, receipt_id=receipt.id, reason=body.reason)
    return UnidentifiedReceiptView.model_validate(await parts.ledger.receipts.give_back(command, parts.now()))


def _payment(receipt: ReceiptRow, loan: LoanDetail, operation_id: str, actor: str) -> MakePayment:
    return MakePayment(
        operation_id=operation_id,
        loan_id=loan.id,
        actor=actor,
        amount=receipt.amount,
        effective_date=receipt.received_on,
        receipt_id=receipt.id,
    )
