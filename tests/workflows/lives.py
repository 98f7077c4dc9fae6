"""Loans brought to where a test begins, and what a history or a refusal says."""

import base64
import re
from collections.abc import Callable

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.commands import Decide, OfficerVerdict
from domain.money import Money
from domain.status import LoanStatus
from domain.views import Standing
from tests.workflows.conftest import Lender


def is_(*statuses: LoanStatus) -> Callable[[Standing], bool]:
    return lambda standing: standing.status in statuses


async def disbursed(lender: Lender, amount: int = 1_200_00, installments: int = 12) -> Standing:
    await lender.apply(lender.application(amount=amount, installments=installments))
    await lender.until(is_(LoanStatus.OFFERED))
    await lender.accept()
    return await lender.until(is_(LoanStatus.ACTIVE))


def decision(lender: Lender, officer: str, amount: int | None = None, verdict: str = "approve") -> Decide:
    return Decide(
        operation_id=lender.operation(),
        loan_id="1",
        actor=officer,
        verdict=OfficerVerdict(verdict),
        amount=Money(amount, "USD") if amount else None,
        reason="a stable job",
    )


def payloads(history: str) -> list[str]:
    """Everything a history says, decoded."""
    return [base64.b64decode(data).decode(errors="replace") for data in re.findall(r'"data": ?"([^"]+)"', history)]


async def refusal_of(update: object) -> str | None:
    with pytest.raises(WorkflowUpdateFailedError) as failure:
        await update  # type: ignore[misc]
    cause = failure.value.cause
    assert isinstance(cause, ApplicationError)
    return cause.type
