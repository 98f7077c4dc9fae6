"""A database with one product, one customer, and the books open."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.commands import (
    AcceptOffer,
    ApplyForLoan,
    Command,
    MakePayment,
    RenewOffer,
    ResolvePayout,
    Underwrite,
)
from domain.customer import CustomerDetails
from domain.evidence import BureauReport, IdentityOutcome, IdentityResult, PayoutOutcome, PayoutResult
from domain.loan import Loan
from domain.money import Money
from domain.people import ENGINE, Officer
from domain.underwriting import Applicant
from domain.views import Outcome, Receipt
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.products import Products
from infrastructure.postgres.seen import load
from stack.postgres import EmbeddedPostgres
from tests.fakes import product
from tests.infrastructure.postgres.faults import aimed
from tests.keys import data_keys
from tests.servers import Database

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)

Plant = Callable[[str], None]


def dollars(amount: int) -> Money:
    return Money(amount * 100, "USD")


def customer(customer_id: str, **changes: Any) -> CustomerDetails:
    plain: dict[str, Any] = {
        "customer_id": customer_id,
        "given_name": "Ada",
        "family_name": "Lovelace",
        "date_of_birth": date(1990, 12, 10),
        "country": "US",
        "email": "ada@example.org",
        "annual_income": dollars(90_000),
        "bank_account": "US-1",
    }
    return CustomerDetails(**plain | changes)


@dataclass
class Bank:
    """The books, and the shortest ways to get a loan to where a test begins."""

    engine: AsyncEngine
    customer_id: str
    books: PostgresLoanBooks
    _numbers: Any = field(default_factory=count)

    def key(self) -> str:
        return f"operation-{next(self._numbers)}"

    def application(self, **changes: Any) -> ApplyForLoan:
        plain: dict[str, Any] = {
            "operation_id": self.key(),
            "loan_id": str(uuid4()),
            "actor": self.customer_id,
            "customer_id": self.customer_id,
            "product_code": "personal",
            "amount": dollars(1200),
            "installments": 12,
        }
        return ApplyForLoan(**plain | changes)

    async def open(self, application: ApplyForLoan, at: datetime = NOON) -> Outcome:
        return await self.books.open(application, at, lambda terms: Loan.apply(application, terms, at))

    async def apply(self, **changes: Any) -> str:
        application = self.application(**changes)
        await self.open(application)
        return application.loan_id

    async def underwrite(self, loan_id: str, *, score: int = 750, at: datetime = NOON) -> Outcome:
        command = Underwrite(
            operation_id=self.key(),
            loan_id=loan_id,
            actor=ENGINE,
            customer_id=self.customer_id,
            currency="USD",
            identity=IdentityResult(outcome=IdentityOutcome.PASSED, reference="kyc-1"),
            report_key="bureau-1",
        )
        report = BureauReport(reference="bureau-1", score=score, currency="USD", monthly_obligations=0)
        applicant = Applicant(date_of_birth=date(1990, 12, 10), country="US", monthly_income=7_500_00)
        return await self.books.write(command, at, lambda loan: loan.underwrite(command, report, applicant, at))

    async def renew_offer(self, loan_id: str, at: datetime = NOON) -> Outcome:
        command, officer = RenewOffer(operation_id=self.key(), loan_id=loan_id, actor="o"), Officer(id="o", level=2)
        return await self.books.write(command, at, lambda loan: loan.renew_offer(command, officer, at))

    async def accept(self, loan_id: str, at: datetime = NOON) -> Outcome:
        offer = (await self.loan(loan_id)).offer
        assert offer
        command = AcceptOffer(
            operation_id=self.key(), loan_id=loan_id, actor=self.customer_id, offer_digest=offer.digest
        )
        return await self.books.write(command, at, lambda loan: loan.accept(command, at))

    async def settle(
        self, loan_id: str, outcome: PayoutOutcome = PayoutOutcome.SETTLED, at: datetime = NOON
    ) -> Outcome:
        payout = (await self.loan(loan_id)).payout
        assert payout
        result = PayoutResult(outcome=outcome, key=payout.key, reason=None)
        command = ResolvePayout(operation_id=self.key(), loan_id=loan_id, actor=ENGINE, result=result)
        return await self.books.write(command, at, lambda loan: loan.resolve_payout(command, at))

    async def disbursed(self, **changes: Any) -> str:
        """A running loan of 1,200 USD, paid out on 15 January 2026."""
        loan_id = await self.apply(**changes)
        await self.underwrite(loan_id)
        await self.accept(loan_id)
        await self.settle(loan_id)
        return loan_id

    def payment(self, loan_id: str, amount: int = 100, **changes: Any) -> MakePayment:
        plain: dict[str, Any] = {
            "operation_id": self.key(),
            "loan_id": loan_id,
            "actor": self.customer_id,
            "amount": dollars(amount),
        }
        return MakePayment(**plain | changes)

    async def pay(self, payment: MakePayment, days: int = 31) -> Outcome:
        at = NOON + timedelta(days=days)
        return await self.books.write(payment, at, lambda loan: loan.pay(payment, at))

    async def write(self, command: Command, change: Callable[[Loan], Receipt | None]) -> Outcome:
        return await self.books.write(command, NOON, change)

    async def loan(self, loan_id: str) -> Loan:
        async with self.engine.connect() as connection:
            return (await load(connection, loan_id)).loan

    async def rows(self, sql: str, **values: object) -> list[Any]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(text(sql), values)).all())

    async def count(self, table: str) -> int:
        return int((await self.rows(f"SELECT count(*) AS rows FROM {table}"))[0].rows)  # noqa: S608


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """As the application."""
    async with connected(database.application_url) as engine:
        yield engine


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[AsyncEngine]:
    """As the one who migrates."""
    async with connected(database.owner_url) as engine:
        yield engine


@pytest.fixture
async def bank(engine: AsyncEngine) -> Bank:
    customer_id = str(uuid4())
    await Products(engine).create(product(), NOON)
    await Customers(engine, data_keys(engine)).create(customer(customer_id), NOON)
    return Bank(engine, customer_id, PostgresLoanBooks(engine))


@pytest.fixture
def plant(postgres: EmbeddedPostgres, database: Database) -> Plant:
    """Do what only a superuser can, with every trigger asleep."""

    def run(sql: str) -> None:
        postgres.psql("--dbname", database.name, "--command", f"SET session_replication_role = replica; {aimed(sql)}")

    return run
