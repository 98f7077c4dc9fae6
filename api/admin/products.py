"""What the lender offers. A version never changes once it is there; a change is a new version."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from api.admin.claims import claim
from api.dependencies import Admin, Cursor, Limit, OperationId, PartsOf, Staff
from api.errors import Refused
from api.models.base import CODE, PageView
from api.models.products import ProductDefinition, ProductVersionView, VersionName
from api.openapi import problems
from api.parts import Parts
from api.strict_json import StrictRoute
from domain.errors import InvalidValue, UnknownProduct
from domain.product import LoanProduct
from infrastructure.postgres.products import ProductRow

router = APIRouter(prefix="/products", tags=["products"], route_class=StrictRoute)

MOST = 2**31 - 1  # versions, as the database counts them
WRITE = problems(400, 401, 403, 404, 413, 422, 503)


async def latest(code: Annotated[str, Path(pattern=CODE)], caller: Staff, parts: PartsOf) -> ProductRow:
    try:
        return await parts.products.latest(code)
    except UnknownProduct as refusal:
        raise Refused("NotFound", str(refusal)) from None


async def version(
    code: Annotated[str, Path(pattern=CODE)],
    version: Annotated[int, Path(ge=1, le=MOST)],
    caller: Staff,
    parts: PartsOf,
) -> LoanProduct:
    try:
        return await parts.products.version(code, version)
    except UnknownProduct as refusal:
        raise Refused("NotFound", str(refusal)) from None


Latest = Annotated[ProductRow, Depends(latest)]


@router.get("", responses=problems(401, 403, 422, 503))
async def versions(
    caller: Staff, parts: PartsOf, cursor: Cursor = None, limit: Limit = 50
) -> PageView[ProductVersionView]:
    """Every version of every product, by code."""
    page = await parts.products.page(after=cursor, limit=limit)
    return PageView(
        items=[ProductVersionView.of(row.product, retired=row.retired) for row in page.items], next=page.next
    )


@router.post("", status_code=201, responses=WRITE)
async def create(
    caller: Admin, operation_id: OperationId, body: ProductDefinition, parts: PartsOf
) -> ProductVersionView:
    """A new product. The same definition again is the same product."""
    product = body.product()
    await claim(parts, operation_id, "create_product", body)
    try:
        stored = await parts.products.create(product, parts.now())
    except InvalidValue:
        stored = await parts.products.version(product.code, product.version)
        if stored != product:
            raise
    return ProductVersionView.of(stored)


@router.post("/{code}/versions", status_code=201, responses=WRITE)
async def add_version(
    caller: Admin, operation_id: OperationId, latest: Latest, body: ProductDefinition, parts: PartsOf
) -> ProductVersionView:
    """What new loans are born with from now on. A definition that changes nothing makes no new version."""
    product = body.product(latest.product.version)
    if product.code != latest.product.code:
        raise InvalidValue("code", f"is not {latest.product.code}")
    asked_before = not await claim(parts, operation_id, "add_version", body)
    same = await _version_like(parts, product) if asked_before else None
    if same or (product == latest.product and not latest.retired):
        return ProductVersionView.of(same or latest.product)
    return ProductVersionView.of(await parts.products.add_version(product, parts.now()))


@router.post("/{code}/versions/{version}/retire", responses=WRITE)
async def retire(
    caller: Admin, operation_id: OperationId, named: Annotated[LoanProduct, Depends(version)], parts: PartsOf
) -> ProductVersionView:
    """Lend it no more; an older version that isn't retired is lent again. Loans born with it keep it."""
    await claim(parts, operation_id, "retire_version", VersionName(code=named.code, version=named.version))
    await parts.products.retire(named.code, named.version)
    return ProductVersionView.of(named, retired=True)


async def _version_like(parts: Parts, product: LoanProduct) -> LoanProduct | None:
    """The newest version that says the same."""
    found, cursor, more = None, None, True
    while more:
        page = await parts.products.page(after=cursor, limit=200)
        found = next((row.product for row in reversed(page.items) if _same(row.product, product)), found)
        cursor, more = page.next, page.next is not None
    return found


def _same(one: LoanProduct, other: LoanProduct) -> bool:
    return replace(one, version=other.version) == other
