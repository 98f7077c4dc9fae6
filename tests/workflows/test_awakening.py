"""A loan that is over, and whose workflow has ended, still takes what may bring it back."""

from types import SimpleNamespace
from typing import cast

import pytest

from api.temporal_desk import TemporalDesk
from domain.commands import RefundCredit, ReverseTransaction
from domain.errors import AlreadyReversed, InvalidValue
from domain.money import Money
from domain.status import LoanStatus
from infrastructure.postgres.rows import LoanSummary
from tests.workflows.conftest import Lender
from tests.workflows.lives import disbursed

LOAN = cast(
    "LoanSummary",
    SimpleNamespace(id="1", customer_id="customer-1", product_code="personal", approved=Money(1_200_00, "USD")),
)


def refund(lender: Lender, minor: int) -> RefundCredit:
    return RefundCredit(
        operation_id=lender.operation(), loan_id="1", actor="operator", amount=Money(minor, "USD"), reason="asked"
    )


def reversal(lender: Lender, transaction: int) -> ReverseTransaction:
    return ReverseTransaction(
        operation_id=lender.operation(), loan_id="1", actor="operator", transaction=transaction, reason="bounced"
    )


async def test_a_closed_loan_refunds_its_credit_and_is_reopened_by_a_reversal(lender: Lender) -> None:
    desk = TemporalDesk(lender.client)
    standing = await disbursed(lender)
    assert standing.outstanding is not None
    receipt = (await lender.pay(standing.outstanding.minor + 7_00)).receipt
    assert receipt is not None
    await lender.loan().result()

    with pytest.raises(InvalidValue, match="credit is"):
        await desk.awaken(refund(lender, 7_01), LOAN)
    assert (await desk.awaken(refund(lender, 7_00), LOAN)).standing.status is LoanStatus.CLOSED
    await lender.loan().result()  # with nothing left to wait for, the new run has ended too

    assert (await desk.awaken(reversal(lender, receipt.transaction), LOAN)).standing.status is LoanStatus.ACTIVE
    with pytest.raises(AlreadyReversed):
        await desk.awaken(reversal(lender, receipt.transaction), LOAN)
    assert (await lender.pay(10_00)).receipt is not None
