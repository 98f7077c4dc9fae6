"""Products: what is lent, in versions. The accounts of a currency are made with the first product that lends it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import UnknownProduct
from domain.product import LoanProduct
from infrastructure.postgres.engine import duplicates_refused, read, write
from infrastructure.postgres.journal import add_chart
from infrastructure.postgres.pages import Page, page_of
from infrastructure.postgres.record import PRODUCT
from infrastructure.postgres.tables import products

OFFERED = (
    select(products)
    .where(~products.c.retired)
    .distinct(products.c.code)
    .order_by(products.c.code, products.c.version.desc())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """One version of a product. A retired one is kept for the loans born with it and lent no more."""

    product: LoanProduct
    retired: bool
    created_at: datetime


class Products:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def newest(self, code: str) -> LoanProduct:
        """The version that new loans are born with."""
        asked = OFFERED.where(products.c.code == code)
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            raise UnknownProduct(f"there is no product {code}")
        return PRODUCT.validate_python(row.definition)

    async def version(self, code: str, version: int) -> LoanProduct:
        """What the loans born with it go by, retired or not."""
        asked = select(products).where(_named(code, version))
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            raise UnknownProduct(f"there is no version {version} of {code}")
        return PRODUCT.validate_python(row.definition)

    async def latest(self, code: str) -> ProductRow:
        """The version with the highest number, retired or not."""
        asked = select(products).where(products.c.code == code).order_by(products.c.version.desc()).limit(1)
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            raise UnknownProduct(f"there is no product {code}")
        return _product_row(row)

    async def offered(self) -> tuple[LoanProduct, ...]:
        """What can be applied for, by code."""
        rows = await read(self._engine, lambda connection: connection.execute(OFFERED))
        return tuple(PRODUCT.validate_python(row.definition) for row in rows)

    async def page(self, *, code: str | None = None, after: str | None = None, limit: int = 50) -> Page[ProductRow]:
        """Every version, of one product or of all, by code and number."""
        key = (products.c.code, products.c.version)
        asked = select(products) if code is None else select(products).where(products.c.code == code)
        return await read(
            self._engine,
            lambda connection: page_of(connection, asked, _product_row, key=key, after=after, limit=limit),
        )

    async def create(self, product: LoanProduct, at: datetime) -> LoanProduct:
        """The first version. Raises InvalidValue when the code is in use."""
        first = replace(product, version=1)
        await write(self._engine, lambda connection: _add(connection, first, at))
        return first

    async def add_version(self, product: LoanProduct, at: datetime) -> LoanProduct:
        """The next version, under the next number. Raises UnknownProduct for a code that is not there."""

        async def add(connection: AsyncConnection) -> LoanProduct:
            numbers = select(func.max(products.c.version)).where(products.c.code == product.code)
            latest = await connection.scalar(numbers)
            if latest is None:
                raise UnknownProduct(f"there is no product {product.code}")
            following = replace(product, version=latest + 1)
            await _add(connection, following, at)
            return following

        return await write(self._engine, add)

    async def retire(self, code: str, version: int) -> None:
        """Lend it no more: an older version, if there is one, is lent again."""
        retire = update(products).where(_named(code, version)).values(retired=True)
        done = await write(self._engine, lambda connection: connection.execute(retire))
        if not done.rowcount:
            raise UnknownProduct(f"there is no version {version} of {code}")


def _named(code: str, version: int) -> ColumnElement[bool]:
    return and_(products.c.code == code, products.c.version == version)


async def _add(connection: AsyncConnection, product: LoanProduct, at: datetime) -> None:
    row = {
        "code": product.code,
        "version": product.version,
        "definition": PRODUCT.dump_python(product, mode="json"),
        "retired": False,
        "created_at": at,
    }
    with duplicates_refused("code", "is in use"):
        await connection.execute(insert(products).values(row))
    await add_chart(connection, product.currency)


def _product_row(row: Row[Any]) -> ProductRow:
    return ProductRow(product=PRODUCT.validate_python(row.definition), retired=row.retired, created_at=row.created_at)
