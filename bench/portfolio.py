"""A portfolio of any size, with coherent books and no workflows, as if it had been imported from another lender.

Some hundred lives are lived by the domain itself: products, ages, borrowers on time and late. Every loan is a copy of
one of them under its own id, so what is true of a life is true of each of its copies. COPY brings them in.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import Table

from api.product_files import EXAMPLES, read_product
from domain.commands import AcceptOffer, ApplyForLoan, MakePayment, ResolvePayout, Underwrite
from domain.conventions import DayCount, ScheduleKind
from domain.evidence import BureauReport, IdentityOutcome, IdentityResult, PayoutOutcome, PayoutResult
from domain.ledger import postings_between
from domain.loan import Loan
from domain.money import Money
from domain.people import ENGINE
from domain.position import Totals
from domain.product import LoanProduct, Servicing
from domain.status import LoanStatus
from domain.terms import PenaltyInterest, Recalculation
from domain.underwriting import Applicant
from infrastructure.postgres.daily import daily_record
from infrastructure.postgres.portfolio_tables import accruals
from infrastructure.postgres.record import INSTALLMENTS, TRANSACTIONS, loan_record, schedule_of
from infrastructure.postgres.tables import installments, journal_entries, loans, operations, postings, transactions

PERSONAL_LOAN, FURNITURE_PLAN = (  # without notices: nobody is behind these customers
    replace(read_product(EXAMPLES / f"{code}.yaml"), notices=()) for code in ("personal-loan", "furniture-plan")
)

ROWS = 12
AGES = range(5, 200, 4)  # days
WEALTHY = Applicant(date_of_birth=date(1980, 1, 1), country="US", monthly_income=10_000_000_00)
REPORT = {"reference": "bureau-import", "score": 800, "monthly_obligations": 0}

LOAN_ID, CUSTOMER_ID, ENTRY_ID = "@LOAN@", "@CUSTOMER@", "@ENTRY@"

_DAILY_TERMS = replace(
    PERSONAL_LOAN.terms,
    day_count=DayCount.ACT_365F,
    recalculation=Recalculation(),
    penalty_interest=PenaltyInterest(annual_rate=Decimal(10)),
)
_EURO_TERMS = replace(
    PERSONAL_LOAN.terms,
    currency="EUR",
    kind=ScheduleKind.EQUAL_PRINCIPAL,
    day_count=DayCount.ACT_ACT,
    annual_rate=Decimal("7.4"),
)
PRODUCTS = (
    PERSONAL_LOAN,
    FURNITURE_PLAN,
    replace(
        PERSONAL_LOAN,
        code="everyday-loan",
        name="Everyday loan, interest by the day",
        terms=_DAILY_TERMS,
        servicing=Servicing(charge_off_days=120),
    ),
    replace(PERSONAL_LOAN, code="euro-loan", name="Euro loan, equal principal", terms=_EURO_TERMS),
)

# Installments that were missed, and of a thousand loans how many missed so many. Those on time have paid what falls
# due in the next days, so that a day moves as many loans between buckets as borrowers do, not all who are due.
MISSED = {0: 930, 1: 40, 2: 14, 3: 8, 4: 5, 5: 3}
PAYS_AHEAD = timedelta(days=12)


@dataclass(frozen=True)
class Life:
    """The rows of one loan as COPY wants them, by table, and how common such loans are."""

    weight: float
    rows: dict[str, bytes]


def lives(as_of: date, ages: Sequence[int] = AGES) -> Iterator[Life]:
    """Every product at every age, on time and late; what was charged off by `as_of` is not sold with the portfolio."""
    chance = Random(20_260_101)
    for product in PRODUCTS:
        for age in ages:
            for missed, weight in MISSED.items():
                amount = Money(chance.randrange(2_000, 9_000) * 100, product.currency)
                loan = _live(product, amount, as_of - timedelta(age), as_of, missed)
                if loan is not None and loan.status is LoanStatus.ACTIVE:
                    yield Life(weight, dict(_rows(loan, as_of)))


def moment(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _live(product: LoanProduct, amount: Money, start: date, as_of: date, missed: int) -> Loan | None:
    """None when the loan is too young to have missed so much."""
    loan = _paid_out(product, amount, moment(start))
    due = [row.due_date for row in loan.position.installments if row.due_date <= as_of + PAYS_AHEAD]
    arrears = [day for day in due if day < as_of]
    if missed > len(arrears):
        return None
    paying = due if not missed else arrears[: len(arrears) - missed]
    for number, day in enumerate(paying):
        _pay(loan, number, moment(min(day, as_of)))
    loan.pass_milestones(_operation(loan), moment(as_of))
    loan.business_date = loan.accrued_through = as_of
    loan.booked = loan.position.totals
    return loan


def _paid_out(product: LoanProduct, amount: Money, at: datetime) -> Loan:
    about: dict[str, Any] = {"operation_id": f"import/{LOAN_ID}/0", "loan_id": LOAN_ID, "actor": ENGINE}
    wanted = ApplyForLoan(**about, customer_id=CUSTOMER_ID, product_code=product.code, amount=amount, installments=ROWS)
    loan = Loan.apply(wanted, product, at)
    identity = IdentityResult(outcome=IdentityOutcome.PASSED, reference="kyc-import")
    report = BureauReport(**REPORT, currency=product.currency)  # type: ignore[arg-type]
    asked = Underwrite(
        **about, customer_id=CUSTOMER_ID, currency=product.currency, identity=identity, report_key="seed"
    )
    loan.underwrite(asked, report, WEALTHY, at)
    assert loan.offer is not None
    accept = AcceptOffer(**about | {"operation_id": _operation(loan)}, offer_digest=loan.offer.digest)
    loan.accept(accept, at)
    assert loan.payout is not None
    settled = PayoutResult(outcome=PayoutOutcome.SETTLED, key=loan.payout.key, reason=None)
    loan.resolve_payout(ResolvePayout(**about | {"operation_id": _operation(loan)}, result=settled), at)
    return loan


def _pay(loan: Loan, number: int, at: datetime) -> None:
    operation_id = _operation(loan)
    loan.pass_milestones(operation_id, at)
    owed = Money(loan.position.installments[number].outstanding, loan.product.currency)
    loan.pay(MakePayment(operation_id=operation_id, loan_id=LOAN_ID, actor=ENGINE, amount=owed), at)


def _operation(loan: Loan) -> str:
    return f"import/{LOAN_ID}/{len(loan.transactions) + 1}"


# --- as rows ----------------------------------------------------------------------------------------------------------


def _rows(loan: Loan, as_of: date) -> Iterator[tuple[str, bytes]]:
    stamp = {"version": 1, "events": 1, "created_at": moment(as_of), "updated_at": moment(as_of)}
    own = {"loan_id": LOAN_ID}
    entry = {"memo": "Imported balances", "effective_date": as_of, "booked_at": moment(as_of), "id": ENTRY_ID}
    schedule = INSTALLMENTS.dump_python(schedule_of(loan), mode="json")
    facts = TRANSACTIONS.dump_python(loan.transactions, mode="json")
    yield "loans", _copied(loans, [loan_record(loan, loan.standing()) | stamp])
    yield "transactions", _copied(transactions, [own | fact for fact in facts])
    yield "installments", _copied(installments, [own | row for row in schedule])
    yield "operations", _copied(operations, _operations(facts, as_of))
    yield "journal_entries", _copied(journal_entries, [own | entry])
    yield "postings", _copied(postings, list(_legs(loan)))
    daily = daily_record(loan)
    assert daily is not None
    yield "accruals", _copied(accruals, [daily])


def _operations(facts: Sequence[dict[str, Any]], as_of: date) -> list[dict[str, Any]]:
    plain = {"loan_id": LOAN_ID, "kind": "ImportLoan", "body_digest": "", "at": moment(as_of)}
    return [plain | {"operation_id": one} for one in dict.fromkeys(fact["operation_id"] for fact in facts)]


def _legs(loan: Loan) -> Iterator[dict[str, Any]]:
    for place, posting in enumerate(postings_between(Totals(), loan.booked), 1):
        plain = {"entry_id": ENTRY_ID, "currency": loan.product.currency}
        yield plain | {"leg": 2 * place - 1, "account": posting.destination, "amount": posting.amount}
        yield plain | {"leg": 2 * place, "account": posting.source, "amount": -posting.amount}


def _copied(table: Table, records: Sequence[dict[str, Any]]) -> bytes:
    lines = ("\t".join(_text(record.get(column.name)) for column in table.columns) + "\n" for record in records)
    return "".join(lines).encode()


def _text(value: Any) -> str:
    """In COPY's text format."""
    if value is None:
        return "\\N"
    plain = json.dumps(value) if isinstance(value, dict | list | tuple) else str(value)
    return plain.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
