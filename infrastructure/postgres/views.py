"""Views: the reads of the API, as SQL. No worker is needed for a read."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, ColumnElement, Row, Table, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import Command
from domain.errors import UnknownLoan
from domain.ledger import loan_balances
from domain.loan import Loan
from domain.money import Money
from domain.offer import Offer
from domain.position import Installment
from domain.preview import Preview, preview
from domain.status import LoanStatus
from infrastructure.postgres.engine import read
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.journal import TrialBalance, trial_balance
from infrastructure.postgres.pages import Page, page_of
from infrastructure.postgres.rows import (
    AuditRow,
    Balances,
    LoanDetail,
    LoanSummary,
    OperationRow,
    Payoff,
    ScheduleRow,
    TransactionRow,
)
from infrastructure.postgres.seen import load
from infrastructure.postgres.tables import audit, installments, loans, operations, products, transactions

Answer = TypeVar("Answer")
Within = Collection[str] | None  # codes of branches; None means all

DETAIL = TypeAdapter(LoanDetail)
SUMMARY = TypeAdapter(LoanSummary)
OFFER = TypeAdapter(Offer)
SCHEDULE_ROW = TypeAdapter(ScheduleRow)
TRANSACTION_ROW = TypeAdapter(TransactionRow)
AUDIT_ROW = TypeAdapter(AuditRow)
OPERATION_ROW = TypeAdapter(OperationRow)
INSTALLMENT = TypeAdapter(Installment)

PAPERS = ("decision", "identity", "report", "referral", "approvals", "offer", "alternatives", "payout", "debit")
NOT_LISTED = {*PAPERS, "application", "booked"}
LOANS = select(
    *(column for column in loans.columns if column.name not in NOT_LISTED),
    products.c.definition["name"].astext.label("product_name"),
).join(products)
LOAN = LOANS.add_columns(*(loans.c[paper] for paper in PAPERS))


class Views:
    """`customer_id` limits a read to one customer's loans, `within` to those of some branches: any other loan is as
    unknown as one that does not exist."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def loan(self, loan_id: str, *, customer_id: str | None = None, within: Within = None) -> LoanDetail:
        asked = LOAN.where(_named(loan_id, customer_id), of_branches(within))
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            raise UnknownLoan(f"there is no loan {loan_id}")
        return DETAIL.validate_python(loan_fields(row))

    async def loans(
        self,
        *,
        customer_id: str | None = None,
        status: LoanStatus | None = None,
        product: str | None = None,
        bucket: str | None = None,
        branch: str | None = None,
        within: Within = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[LoanSummary]:
        """Newest first."""
        conditions = {"status": status, "product_code": product, "bucket": bucket, "branch": branch}
        wanted = [loans.c[name] == value for name, value in conditions.items() if value is not None]
        return await self._page(
            and_(_owned(customer_id), of_branches(within), *wanted), after, limit, newest_first=True
        )

    async def schedule(self, loan_id: str, *, customer_id: str | None = None) -> tuple[ScheduleRow, ...]:
        """Empty before a payout."""
        return tuple(map(_schedule_row, await self._of_loan(installments, loan_id, customer_id)))

    async def transactions(self, loan_id: str, *, customer_id: str | None = None) -> tuple[TransactionRow, ...]:
        rows = await self._of_loan(transactions, loan_id, customer_id)
        return tuple(TRANSACTION_ROW.validate_python(_in_money(row, transactions)) for row in rows)

    async def audit_trail(self, loan_id: str) -> tuple[AuditRow, ...]:
        rows = await self._of_loan(audit, loan_id, None)
        return tuple(AUDIT_ROW.validate_python({**row._asdict(), "hash": row.hash.hex()}) for row in rows)

    async def offer(self, loan_id: str, *, customer_id: str | None = None) -> Offer | None:
        return (await self.loan(loan_id, customer_id=customer_id)).offer

    async def operation(self, operation_id: str) -> OperationRow | None:
        asked = select(operations).where(operations.c.operation_id == operation_id)
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        return (
            OPERATION_ROW.validate_python({**row._asdict(), "loan_id": row.loan_id and str(row.loan_id)})
            if row
            else None
        )

    async def payoff_on(
        self, loan_id: str, day: date | None, at: datetime, *, customer_id: str | None = None
    ) -> Payoff:
        """What closes the loan on `day`, by default on the day that it is for the loan at this moment.

        Raises NotAllowedNow unless it is active, InvalidValue before its payout.
        """
        loan = (await read(self._engine, lambda connection: load(connection, loan_id))).loan
        if customer_id not in (None, loan.customer_id):
            raise UnknownLoan(f"there is no loan {loan_id}")
        return _payoff(loan, day or max(loan.business_date, loan.product.business_date(at)))

    async def preview(self, command: Command, at: datetime) -> Preview:
        """What the command would change if it came now. Raises what it would be refused with."""
        loan = (await read(self._engine, lambda connection: load(connection, command.loan_id))).loan
        return preview(loan, command, at)

    async def trial_balance(self) -> tuple[TrialBalance, ...]:
        """One per currency."""
        return await read(self._engine, trial_balance)

    async def loans_by_status(self) -> dict[LoanStatus, int]:
        asked = select(loans.c.status, func.count()).group_by(loans.c.status)
        rows = await read(self._engine, lambda connection: connection.execute(asked))
        return {LoanStatus(status): count for status, count in rows}

    async def overdue_loans(self) -> int:
        asked = select(func.count()).where(loans.c.bucket.is_not(None))
        return await read(self._engine, lambda connection: connection.scalar(asked)) or 0

    async def _page(
        self, condition: ColumnElement[bool], after: str | None, limit: int, *, newest_first: bool = False
    ) -> Page[LoanSummary]:
        key = (loans.c.created_at, loans.c.id)
        return await read(
            self._engine,
            lambda connection: page_of(
                connection,
                LOANS.where(condition),
                _summary,
                key=key,
                after=after,
                limit=limit,
                newest_first=newest_first,
            ),
        )

    async def _of_loan(self, table: Table, loan_id: str, customer_id: str | None) -> Sequence[Row[Any]]:
        """The loan's rows of a table, in their order, with its currency. Raises UnknownLoan."""
        order = table.c.sequence if table is audit else table.c.number
        asked = (
            select(loans.c.currency, *table.columns)
            .join_from(loans, table, table.c.loan_id == loans.c.id, isouter=True)
            .where(_named(loan_id, customer_id))
            .order_by(order)
        )
        rows = (await read(self._engine, lambda connection: connection.execute(asked))).all()
        if not rows:
            raise UnknownLoan(f"there is no loan {loan_id}")
        return [row for row in rows if row.loan_id is not None]


def _named(loan_id: str, customer_id: str | None) -> ColumnElement[bool]:
    return and_(loans.c.id == known_id(loan_id, UnknownLoan), _owned(customer_id))


def of_branches(within: Within) -> ColumnElement[bool]:
    return true() if within is None else loans.c.branch.in_(within)


def of_others(customer_id: str | None) -> ColumnElement[bool]:
    return true() if customer_id is None else loans.c.customer_id != known_id(customer_id, UnknownLoan)


def _owned(customer_id: str | None) -> ColumnElement[bool]:
    return true() if customer_id is None else loans.c.customer_id == known_id(customer_id, UnknownLoan)


def _in_money(row: Row[Any], table: Table) -> dict[str, Any]:
    """The row's own columns; every bigint of these tables is an amount in the loan's currency, or not known yet."""
    known = {name: value for name, value in row._asdict().items() if value is not None}
    amounts = [c.name for c in table.columns if isinstance(c.type, BigInteger) and c.name in known]
    return {**row._asdict(), **{name: Money(known[name], row.currency) for name in amounts}}


def loan_fields(row: Row[Any]) -> dict[str, Any]:
    known = _in_money(row, loans)
    return {
        **known,
        "id": str(row.id),
        "customer_id": str(row.customer_id),
        "requested": known["requested_amount"],
        "approved": known["approved_amount"],
        "installments": row.approved_installments,
        "balances": Balances(**{part: known[part] for part in Balances.__dataclass_fields__}),
    }


def _summary(row: Row[Any]) -> LoanSummary:
    return SUMMARY.validate_python(loan_fields(row))


def _schedule_row(row: Row[Any]) -> ScheduleRow:
    installment = INSTALLMENT.validate_python(row._asdict())
    derived = {name: Money(getattr(installment, name), row.currency) for name in ("due", "outstanding")}
    return SCHEDULE_ROW.validate_python({**_in_money(row, installments), **derived})


def _payoff(loan: Loan, day: date) -> Payoff:
    position, currency = loan.payoff_on(day), loan.product.currency
    balances = {part: Money(minor, currency) for part, minor in loan_balances(position.totals).items()}
    return Payoff(loan_id=loan.id, as_of=day, amount=Money(position.payoff, currency), balances=Balances(**balances))
