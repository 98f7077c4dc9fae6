"""Products and users to begin with in development. Run as often as you like: what is there stays as it is.

Everybody's password is TENOR_SEED_PASSWORD. Production refuses to be seeded.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import SecretStr

from domain.conventions import DayCount, PeriodUnit, ScheduleKind
from domain.errors import UnknownProduct
from domain.people import Role
from domain.product import Authority, LateFee, LoanProduct, Servicing
from domain.terms import Terms
from infrastructure.entry import run
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.products import Products
from infrastructure.postgres.users import Users
from infrastructure.security import hash_password
from infrastructure.settings import Settings

DEFAULT_PASSWORD = SecretStr("tenor-development")

PERSONAL_LOAN = LoanProduct(
    code="personal-loan",
    version=1,
    name="Personal loan",
    terms=Terms(currency="USD", installments=12, annual_rate=Decimal("11.9")),
    min_amount=1_000_00,
    max_amount=50_000_00,
    min_installments=12,
    max_installments=60,
    authority=Authority(limits=(10_000_00, 50_000_00), four_eyes_above=25_000_00),
    servicing=Servicing(late_fee=LateFee(amount=25_00, grace_days=10)),
)

BUSINESS_LOAN = LoanProduct(
    code="business-loan",
    version=1,
    name="Business loan, repaid every two weeks",
    terms=Terms(
        currency="USD",
        installments=26,
        annual_rate=Decimal("14.5"),
        kind=ScheduleKind.EQUAL_PRINCIPAL,
        every=2,
        unit=PeriodUnit.WEEKS,
        day_count=DayCount.ACT_365F,
    ),
    min_amount=2_000_00,
    max_amount=100_000_00,
    min_installments=13,
    max_installments=78,
    authority=Authority(limits=(20_000_00, 100_000_00), four_eyes_above=50_000_00),
    servicing=Servicing(reminder_days=2, late_fee=LateFee(amount=35_00, grace_days=5)),
)

FURNITURE_PLAN = LoanProduct(
    code="furniture-plan",
    version=1,
    name="Furniture plan, at a flat rate",
    terms=Terms(currency="USD", installments=12, annual_rate=Decimal(6), kind=ScheduleKind.FLAT),
    min_amount=200_00,
    max_amount=10_000_00,
    min_installments=3,
    max_installments=24,
    authority=Authority(limits=(10_000_00,)),
    servicing=Servicing(late_fee=LateFee(amount=10_00, grace_days=7)),
)

PAY_IN_4 = LoanProduct(
    code="pay-in-4",
    version=1,
    name="Pay in four, without interest",
    terms=Terms(
        currency="USD",
        installments=4,
        annual_rate=Decimal(0),
        kind=ScheduleKind.EQUAL_PRINCIPAL,
        every=2,
        unit=PeriodUnit.WEEKS,
    ),
    min_amount=50_00,
    max_amount=2_000_00,
    min_installments=4,
    max_installments=4,
    authority=Authority(limits=(2_000_00,)),
    servicing=Servicing(reminder_days=1, late_fee=LateFee(amount=7_00, grace_days=3)),
    offer_valid_days=1,
)

MORTGAGE = LoanProduct(
    code="mortgage",
    version=1,
    name="Mortgage at a fixed rate",
    terms=Terms(currency="USD", installments=360, annual_rate=Decimal("6.25")),
    min_amount=50_000_00,
    max_amount=1_000_000_00,
    min_installments=60,
    max_installments=360,
    authority=Authority(limits=(150_000_00, 1_000_000_00), four_eyes_above=400_000_00),
    servicing=Servicing(reminder_days=5, late_fee=LateFee(amount=75_00, grace_days=15)),
    offer_valid_days=30,
)

PRODUCTS = (PERSONAL_LOAN, BUSINESS_LOAN, FURNITURE_PLAN, PAY_IN_4, MORTGAGE)


@dataclass(frozen=True, slots=True)
class SeededUser:
    email: str
    role: Role
    level: int = 0

    def __str__(self) -> str:
        return f"{self.email:24} {self.role}" + (f", level {self.level}" if self.level else "")


USERS = (
    SeededUser("officer@tenor.example", Role.OFFICER, 1),
    SeededUser("senior@tenor.example", Role.OFFICER, 2),
    SeededUser("second@tenor.example", Role.OFFICER, 2),  # four eyes need two who may
    SeededUser("operator@tenor.example", Role.OPERATOR),
    SeededUser("admin@tenor.example", Role.ADMIN),
)


async def seed_products(products: Products, offered: Sequence[LoanProduct], at: datetime) -> None:
    for product in offered:
        try:
            await products.newest(product.code)
        except UnknownProduct:
            await products.create(product, at)


async def seed_users(users: Users, password: str, at: datetime) -> None:
    missing = [user for user in USERS if await users.by_email(user.email) is None]
    if not missing:
        return
    hashed = hash_password(password)
    for user in missing:
        await users.create(email=user.email, password_hash=hashed, role=user.role, level=user.level, at=at)


async def main() -> None:
    settings = Settings.load()
    if settings.environment == "production":
        raise SystemExit("The seed is for development: its users share one password. Production is not seeded.")
    password = (settings.seed_password or DEFAULT_PASSWORD).get_secret_value()
    engine, now = create_engine(settings.database_url.get_secret_value()), datetime.now(UTC)
    try:
        await seed_products(Products(engine), PRODUCTS, now)
        await seed_users(Users(engine), password, now)
    finally:
        await engine.dispose()
    sys.stdout.write("\n".join([*map(str, USERS), f"Everybody's password: {password}", ""]))


if __name__ == "__main__":
    run(main())
