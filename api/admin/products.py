"""What the lender offers. A version never changes once it is there; a change is a new version."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from api.dependencies import Admin, Cursor, IdempotencyKey, Limit, PartsOf, Staff
from api.errors import Refused
from api.models.base import CODE, PageView
from api.models.products import ProductDefinition, ProductVersionView
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.errors import InvalidValue, UnknownProduct
from domain.product import LoanProduct

router = APIRouter(prefix="/products", tags=["products"], route_class=StrictRoute)

WRITE = problems(400, 401, 403, 404, 413, 422, 503)


async def newest(code: Annotated[str, Path(pattern=CODE)], caller: Staff, parts: PartsOf) -> LoanProduct:
    try:
        return await parts.products.newest(code)
    except UnknownProduct as refusal:
        raise Refused("NotFound", str(refusal)) from None


Newest = Annotated[LoanProduct, Depends(newest)]


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
async def create(caller: Admin, key: IdempotencyKey, body: ProductDefinition, parts: PartsOf) -> ProductVersionView:
    """A new product. The same definition again is the same product."""
    product = body.product()
    try:
        stored = await parts.products.create(product, parts.now())
    except InvalidValue:
        stored = await parts.products.newest(product.code)
        if stored != product:
            raise
    return ProductVersionView.of(stored)


@router.post("/{code}/versions", status_code=201, responses=WRITE)
async def add_version(
    caller: Admin, key: IdempotencyKey, latest: Newest, body: ProductDefinition, parts: PartsOf
) -> ProductVersionView:
    """What new loans are born with from now on. A definition that changes nothing makes no new version."""
    product = body.product(latest.version)
    if product.code != latest.code:
        raise InvalidValue("code", f"is not {latest.code}")
    if product == latest:
        return ProductVersionView.of(latest)
    return ProductVersionView.of(await parts.products.add_version(product, parts.now()))
