"""The narrow row in which a loan waits for the close of business, as every write of the loan leaves it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from domain.accrual import AccrualLine
from domain.ledger import loan_balances
from domain.loan import Loan
from domain.status import LoanStatus


def daily_record(loan: Loan) -> dict[str, Any] | None:
    """None before any money moved."""
    if not loan.transactions:
        return None
    overdue_from = loan.position.overdue_from
    return {
        "loan_id": loan.id,
        "product_code": loan.product.code,
        "product_version": loan.product.version,
        "currency": loan.product.currency,
        "active": loan.status is LoanStatus.ACTIVE,
        "business_date": str(loan.business_date),
        "principal": loan_balances(loan.booked)["principal"],
        "overdue_from": str(overdue_from) if overdue_from else None,
        "bucket": loan.bucket,
        "accrued_through": str(loan.accrued_through),
        "interest_accrued": loan.booked.interest_accrued,
        "own_interest": loan.booked.interest_accrued,
        "penalties_charged": loan.booked.penalties_charged,
        "own_penalties": loan.booked.penalties_charged,
        "writes": 1,
        **line_columns(loan.accrual_lines),
    }


def line_columns(lines: Sequence[AccrualLine]) -> dict[str, Any]:
    now, *later = map(_columns, lines)
    return {**now, "later": later}


def _columns(line: AccrualLine) -> dict[str, Any]:
    return {
        "line_start": str(line.start),
        "line_until": str(line.until),
        "fixed": line.fixed,
        "pot": line.pot,
        "daily": line.daily,
        "scale": line.scale,
        "penalties": asdict(line.penalties) if line.penalties else None,
    }
