"""Loans at every point of their life, for tests of what comes next."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count

from domain.commands import (
    AcceptOffer,
    ApplyForLoan,
    Decide,
    MakePayment,
    OfficerVerdict,
    ResolvePayout,
    Underwrite,
)
from domain.evidence import BureauReport, IdentityOutcome, IdentityResult, PayoutOutcome, PayoutResult
from domain.ledger import Account
from domain.loan import Loan
from domain.money import Money
from domain.people import Officer
from domain.status import LoanStatus
from domain.underwriting import Applicant
from domain.views import Receipt
from tests.fakes import product

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADULT = Applicant(date_of_birth=date(1985, 12, 10), country="GB", monthly_income=7_500_00)
_numbers: Iterator[int] = count(1)


def asked(**more: object) -> dict[str, object]:
    return {"operation_id": f"operation-{next(_numbers)}", "loan_id": "1", "actor": "somebody", **more}


def applied(amount: int = 1_200_00, installments: int = 12, at: datetime = NOON) -> Loan:
    command = ApplyForLoan(
        **asked(  # type: ignore[arg-type]
            customer_id="customer-1",
            product_code="personal",
            amount=Money(amount, "USD"),
            installments=installments,
        )
    )
    return Loan.apply(command, product(), at)


def underwritten(loan: Loan, score: int | None = 780, identity: IdentityOutcome = IdentityOutcome.PASSED) -> Loan:
    command = Underwrite(
        **asked(  # type: ignore[arg-type]
            customer_id="customer-1",
            currency="USD",
            identity=IdentityResult(outcome=identity, reference="check"),
            report_key="report",
        )
    )
    report = BureauReport(reference="report", score=score, currency="USD", monthly_obligations=0)
    loan.underwrite(command, report, ADULT, NOON)
    return loan


def offered() -> Loan:
    return underwritten(applied())


def accepted() -> Loan:
    loan = offered()
    assert loan.offer is not None
    loan.accept(AcceptOffer(**asked(offer_digest=loan.offer.digest)), NOON)  # type: ignore[arg-type]
    return loan


def resolve(loan: Loan, outcome: PayoutOutcome, key: str = "1-payout-1", at: datetime = NOON) -> None:
    loan.resolve_payout(ResolvePayout(**asked(result=PayoutResult(outcome=outcome, key=key))), at)  # type: ignore[arg-type]


def active() -> Loan:
    loan = accepted()
    resolve(loan, PayoutOutcome.SETTLED)
    return loan


def pay(loan: Loan, minor: int, at: datetime, effective: date | None = None) -> Receipt:
    return loan.pay(MakePayment(**asked(amount=Money(minor, "USD"), effective_date=effective)), at)  # type: ignore[arg-type]


def decide(loan: Loan, officer: Officer, amount: int | None = None, verdict: str = "approve") -> None:
    money = Money(amount, "USD") if amount else None
    loan.decide(Decide(**asked(verdict=OfficerVerdict(verdict), amount=money)), officer, ADULT, NOON)  # type: ignore[arg-type]


def after(days: int) -> datetime:
    return NOON + timedelta(days=days)


def journal(loan: Loan) -> dict[Account, int]:
    """Debits less credits by account, over all that the loan has posted."""
    balances = dict.fromkeys(Account, 0)
    for posting in (posting for entry in loan.entries for posting in entry.postings):
        balances[posting.source] -= posting.amount
        balances[posting.destination] += posting.amount
    return {account: balance for account, balance in balances.items() if balance}


def status(loan: Loan) -> LoanStatus:
    """As of now: a test asks again after something happened."""
    return loan.status


SENIOR = Officer(id="senior", level=2)
