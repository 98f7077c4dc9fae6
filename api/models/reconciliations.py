"""A comparison of the rail's statement with the books, and the queue of doubtful payments, as they are told."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.models.base import Model, MoneyView, Text, View
from domain.reconciliation import Difference, LineRefusal, Outcome
from domain.status import LoanStatus
from infrastructure.postgres.queues import Trouble


class PaymentView(View):
    amount: MoneyView
    outcome: Outcome


class FindingView(View):
    """`booked` or `stated` is null on the side where the payment is missing."""

    difference: Difference
    key: str
    booked: PaymentView | None
    stated: PaymentView | None


class RefusedLineView(View):
    """`line` counts from 1, with the header."""

    line: int
    reason: LineRefusal


class ResultView(View):
    clean: bool = Field(description="Nothing differs, and no line was refused.")
    matched: int
    findings: list[FindingView]
    refused: list[RefusedLineView]


class ReconciliationView(View):
    id: str
    statement_digest: str
    source: str
    from_day: date = Field(serialization_alias="from")
    to_day: date = Field(serialization_alias="to")
    made_by: str
    made_at: datetime
    result: ResultView


class PayoutReview(Model):
    """Did the money arrive (`settled`) or not (`failed`), and how do you know?"""

    outcome: Literal["settled", "failed"]
    reason: Text


class DebitReview(PayoutReview):
    """`key` names the debit, as the queue does."""

    key: Annotated[str, StringConstraints(strict=True, pattern=r"^[!-~]{1,255}$")]


class QueuedLoanView(View):
    """`keys` name the payouts and debits in doubt, as the payment rail knows them."""

    loan_id: str
    status: LoanStatus
    troubles: list[Trouble]
    keys: list[str]
    amount: MoneyView
    updated_at: datetime
