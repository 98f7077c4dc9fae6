"""A borrower's loans: apply, look, accept, pay."""

from typing import Annotated
from uuid import uuid5

from fastapi import APIRouter, Query, Response

from api import papers
from api.dependencies import LOANS, Address, Applicant, Cursor, Limit, OperationId, OwnCustomerId, OwnLoan, PartsOf
from api.errors import Refused
from api.models.base import IsoDate, PageView
from api.models.loans import (
    Acceptance,
    DecisionNoticeView,
    LoanApplication,
    LoanView,
    OffersView,
    OfferView,
    Payment,
    PayoffView,
    ReceiptView,
    ScheduleView,
    StandingView,
    TransactionsView,
    Withdrawal,
)
from api.models.referrals import Answer, InquiryView
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.adverse_action import principal_reasons
from domain.commands import (
    AcceptOffer,
    ApplyForLoan,
    GiveInformation,
    GiveMandate,
    MakePayment,
    RevokeMandate,
    Withdraw,
    WithdrawFromCredit,
)
from domain.errors import NotAllowedNow
from domain.referral import Inquiry
from domain.status import LoanStatus
from infrastructure.postgres import acceptances
from infrastructure.postgres.correspondence import Draft, LetterKind
from infrastructure.postgres.rows import LoanDetail

router = APIRouter(prefix="/loans", tags=["loans"], route_class=StrictRoute)

READ = problems(401, 403, 404, 422, 503)
WRITE = problems(400, 401, 403, 404, 409, 413, 422, 503)


@router.post("", status_code=201, responses=problems(400, 401, 403, 409, 410, 413, 422, 503))
async def apply(
    *,
    caller: Applicant,
    customer_id: OwnCustomerId,
    operation_id: OperationId,
    body: LoanApplication,
    parts: PartsOf,
    response: Response,
) -> StandingView:
    """Apply for a loan. It is recorded when this answers; the decision follows."""
    loan_id = str(uuid5(LOANS, operation_id))
    command = ApplyForLoan(
        operation_id=operation_id,
        loan_id=loan_id,
        actor=caller.user_id,
        customer_id=customer_id,
        product_code=body.product_code,
        amount=body.amount.money,
        installments=body.installments,
        device=await parts.signals.device(body.device) if body.device else None,
        branch=body.branch,
        credit_report_consent=body.credit_report_consent,
    )
    outcome = await parts.desk.submit(command)
    response.headers["Location"] = f"/api/v1/loans/{loan_id}"
    return StandingView.told(outcome)


@router.get("", responses=problems(401, 403, 422, 503))
async def loans(
    customer_id: OwnCustomerId,
    parts: PartsOf,
    status: LoanStatus | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageView[LoanView]:
    """One's own, the newest first."""
    page = await parts.views.loans(customer_id=customer_id, status=status, after=cursor, limit=limit)
    return PageView[LoanView](items=[LoanView.told(one) for one in page.items], next=page.next)


@router.get("/{loan_id}", responses=READ)
async def loan(loan: OwnLoan) -> LoanView:
    return LoanView.told(loan)


@router.get("/{loan_id}/schedule", responses=READ)
async def schedule(loan: OwnLoan, parts: PartsOf) -> ScheduleView:
    """What falls due when, and what of it is paid. Empty until the money is out."""
    return ScheduleView.model_validate({"installments": await parts.views.schedule(loan.id)})


@router.get("/{loan_id}/transactions", responses=READ)
async def transactions(loan: OwnLoan, parts: PartsOf) -> TransactionsView:
    """Everything that moved the loan's balances, in the order in which it was booked."""
    return TransactionsView.model_validate({"transactions": await parts.views.transactions(loan.id)})


@router.get("/{loan_id}/offers", responses=problems(401, 403, 404, 503))
async def offers(loan: OwnLoan) -> OffersView:
    """What there is to choose from, side by side; the one that was taken, once it was. Empty before there is any."""
    return OffersView(items=[OfferView.of(one) for one in papers.offers(loan)])


@router.get("/{loan_id}/offer", responses=problems(401, 403, 404, 409, 503))
async def offer(loan: OwnLoan) -> OfferView:
    if loan.offer is None:
        raise NotAllowedNow("there is no offer")
    return OfferView.of(loan.offer)


@router.get(
    "/{loan_id}/offer/agreement.pdf",
    response_class=Response,
    responses={**papers.AS_PDF, **problems(401, 403, 404, 409, 410, 422, 503)},
)
async def agreement(loan: OwnLoan, parts: PartsOf, digest: papers.OfDigest = None) -> Response:
    """An offer as a paper to read, keep and accept: all its figures and the schedule, its digest on every page."""
    return await papers.agreement(parts, loan, digest)


@router.get("/{loan_id}/decision", responses=problems(401, 403, 404, 409, 503))
async def decision(loan: OwnLoan, parts: PartsOf) -> DecisionNoticeView:
    """What was decided, with the principal reasons of a refusal, at most four."""
    if loan.decision is None:
        raise NotAllowedNow("nothing is decided yet")
    product = await parts.products.version(loan.product_code, loan.product_version)
    refused = loan.status is LoanStatus.DECLINED
    reasons = principal_reasons(product.policy, loan.decision) if refused else ()
    return DecisionNoticeView(status=loan.status, reasons=list(reasons))


@router.get("/{loan_id}/payoff", responses=problems(401, 403, 404, 409, 422, 503))
async def payoff(loan: OwnLoan, parts: PartsOf, as_of: Annotated[IsoDate | None, Query()] = None) -> PayoffView:
    """What would close the loan on a day; by default on its present business date."""
    return PayoffView.model_validate(await parts.views.payoff_on(loan.id, as_of, parts.now()))


@router.post("/{loan_id}/accept", responses={**WRITE, **problems(410)})
async def accept(
    *, caller: Applicant, address: Address, loan: OwnLoan, operation_id: OperationId, body: Acceptance, parts: PartsOf
) -> StandingView:
    """Accept an offer; its payout is instructed at once. Who accepted, when and from which address is kept."""
    accepted = acceptances.Acceptance(
        offer_digest=body.offer_digest, accepted_by=caller.user_id, address=address, at=parts.now()
    )
    await parts.acceptances.note(operation_id, loan.id, loan.customer_id, accepted)
    command = AcceptOffer(
        operation_id=operation_id, loan_id=loan.id, actor=caller.user_id, offer_digest=body.offer_digest
    )
    return StandingView.told(await parts.desk.send(command))


@router.get("/{loan_id}/information", responses=problems(401, 403, 404, 409, 503))
async def asked(loan: OwnLoan) -> InquiryView:
    """What an officer asks the applicant."""
    return InquiryView.model_validate(_inquiry(loan))


@router.post("/{loan_id}/information", responses={**WRITE, **problems(410)})
async def give_information(
    caller: Applicant, loan: OwnLoan, operation_id: OperationId, body: Answer, parts: PartsOf
) -> StandingView:
    """Answer what an officer asked. The text is kept for the lender's people; the application is theirs again."""
    _inquiry(loan)
    draft = Draft(
        operation_id=operation_id,
        loan_id=loan.id,
        kind=LetterKind.ANSWER,
        author=caller.user_id,
        text=body.text,
        at=parts.now(),
    )
    letter = await parts.correspondence.write(draft, loan.customer_id)
    command = GiveInformation(
        operation_id=operation_id, loan_id=loan.id, actor=caller.user_id, answer_digest=letter.digest
    )
    return StandingView.told(await parts.desk.send(command))


def _inquiry(loan: LoanDetail) -> Inquiry:
    if loan.referral is None or loan.referral.inquiry is None:
        raise NotAllowedNow("nothing was asked")
    return loan.referral.inquiry


@router.post("/{loan_id}/withdraw", responses=WRITE)
async def withdraw(
    caller: Applicant, loan: OwnLoan, operation_id: OperationId, body: Withdrawal, parts: PartsOf
) -> StandingView:
    """Change one's mind before accepting."""
    command = Withdraw(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id, reason=body.reason)
    return StandingView.told(await parts.desk.send(command))


@router.post("/{loan_id}/withdraw-from-credit", responses=WRITE)
async def withdraw_from_credit(
    caller: Applicant, loan: OwnLoan, operation_id: OperationId, body: Withdrawal, parts: PartsOf
) -> StandingView:
    """Give a loan back within its cooling-off period. `outstanding` is then the principal and its interest to the day;
    the loan ends when that has come back, within 30 days."""
    command = WithdrawFromCredit(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id, reason=body.reason)
    return StandingView.told(await parts.desk.send(command))


@router.post("/{loan_id}/payments", status_code=201, responses=WRITE)
async def pay(
    caller: Applicant, loan: OwnLoan, operation_id: OperationId, body: Payment, parts: PartsOf
) -> ReceiptView:
    """Pay. Enough to pay the loan off on its day closes it. Moves no money: open only where that is switched on."""
    if not parts.settings.applicants_pay:
        raise Refused("NotYourRole", "payments are booked by the lender here")
    command = MakePayment(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id, amount=body.amount.money)
    return ReceiptView.model_validate((await parts.desk.send(command)).receipt)


@router.post("/{loan_id}/mandate", responses=WRITE)
async def give_mandate(caller: Applicant, loan: OwnLoan, operation_id: OperationId, parts: PartsOf) -> StandingView:
    """Let what falls due be drawn from one's bank account, from the next due date on."""
    command = GiveMandate(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id)
    return StandingView.told(await parts.desk.send(command))


@router.post("/{loan_id}/mandate/revoke", responses=WRITE)
async def revoke_mandate(caller: Applicant, loan: OwnLoan, operation_id: OperationId, parts: PartsOf) -> StandingView:
    """Pay by oneself from now on. A debit that is on its way goes on."""
    command = RevokeMandate(operation_id=operation_id, loan_id=loan.id, actor=caller.user_id)
    return StandingView.told(await parts.desk.send(command))
