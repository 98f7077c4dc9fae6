"""Products (those in `products/`) and users to begin with in development. Run as often as you like: what is there stays
as it is.

Everybody's password is TENOR_SEED_PASSWORD. Production refuses to be seeded.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import SecretStr

from api.product_files import examples
from domain.errors import UnknownProduct
from domain.people import Role
from domain.product import LoanProduct
from infrastructure.entry import run
from infrastructure.keys.choosing import key_provider
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.products import Products
from infrastructure.postgres.users import Users
from infrastructure.security import hash_password
from infrastructure.settings import Settings

DEFAULT_PASSWORD = SecretStr("tenor-development")


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
        await seed_products(Products(engine), examples(), now)
        await seed_users(Users(engine, DataKeys(engine, key_provider(settings))), password, now)
    finally:
        await engine.dispose()
    sys.stdout.write("\n".join([*map(str, USERS), f"Everybody's password: {password}", ""]))


if __name__ == "__main__":
    run(main())
