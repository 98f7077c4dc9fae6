"""How a loan is written down and read back. Columns bear the names of the domain's fields, and so map themselves."""

import json
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter

from domain.commands import BooksCommand, Command
from domain.facts import Fact
from domain.ledger import JournalEntry, loan_balances
from domain.loan import Loan
from domain.loan_file import LoanFile
from domain.position import Installment
from domain.product import LoanProduct
from domain.transaction import Transaction, TransactionKind, in_force
from domain.views import Receipt, Standing
from infrastructure.postgres.tables import loans

LOAN = TypeAdapter(Loan)
PRODUCT = TypeAdapter(LoanProduct)
RECEIPT = TypeAdapter(Receipt)
TRANSACTIONS = TypeAdapter(tuple[Transaction, ...])
INSTALLMENTS = TypeAdapter(tuple[Installment, ...])
ENTRIES = TypeAdapter(list[JournalEntry])
FACTS = TypeAdapter(list[Fact])

# The fields of a loan's file that have a column of their own. The product and the transactions have tables.
FILE = tuple(name for name in LoanFile.__dataclass_fields__ if name in loans.columns)


def loan_record(loan: Loan, standing: Standing, fields: Iterable[str] = FILE) -> dict[str, Any]:
    """The loan's row: these fields of its file, and what lists and totals want to know without folding."""
    return {
        **LOAN.dump_python(loan, mode="json", include=set(fields), warnings="error"),
        **loan_balances(loan.booked),
        **_request(loan),
        **_prospect(loan.product, standing),
    }


def _request(loan: Loan) -> dict[str, Any]:
    counting = in_force(loan.transactions)
    disbursed = (str(t.effective_date) for t in counting if t.kind is TransactionKind.DISBURSEMENT)
    return {
        "product_code": loan.product.code,
        "product_version": loan.product.version,
        "currency": loan.product.currency,
        "requested_amount": loan.application.amount.minor,
        "requested_installments": loan.application.installments,
        "approved_amount": loan.offer.amount.minor if loan.offer else None,
        "approved_installments": loan.offer.terms.installments if loan.offer else None,
        "applied_on": str(loan.application.applied_on),
        "disbursed_on": next(disbursed, None),
    }


def _prospect(product: LoanProduct, standing: Standing) -> dict[str, Any]:
    return {
        "outstanding": standing.outstanding.minor if standing.outstanding else 0,
        "days_past_due": standing.days_past_due,
        "next_due_date": str(standing.next_due_date) if standing.next_due_date else None,
        "next_milestone_on": str(product.business_date(standing.wake_at)) if standing.wake_at else None,
        "next_milestone": standing.waits_for,
    }


def file_of(loan: Loan) -> dict[str, Any]:
    """The fields of the loan's file as the domain holds them."""
    return {name: getattr(loan, name) for name in FILE}


def schedule_of(loan: Loan) -> tuple[Installment, ...]:
    """The rows as the loan's business date sees them; none before a payout."""
    return loan.position.installments if loan.transactions else ()


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def body_digest(command: Command | BooksCommand) -> str:
    """Names what is asked and by whom, whatever the operation's id. A field left at its default does not count, so that
    a new one changes no digest that is already on record."""
    kind: Any = type(command)
    body = _adapter(kind).dump_python(command, mode="json", exclude={"operation_id"}, exclude_defaults=True)
    return sha256(json.dumps([kind.__name__, body], sort_keys=True).encode()).hexdigest()
