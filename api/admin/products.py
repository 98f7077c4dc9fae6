"""What the lender offers. A version never changes once it is there; a change is a new version."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from api.admin.claims import claim
from api.dependencies import Admin, Cursor, Limit, OperationId, PartsOf, Staff
from api.errors import Refused
from api.json_or_yaml import JsonOrYamlRoute, body_in_yaml
from api.models.base import CODE, PageView
from api.models.comparison import ComparisonView
from api.models.products import ProductDefinition, ProductVersionView, VersionName
from api.openapi import problems
from api.parts import Parts
from domain.errors import InvalidValue, UnknownProduct
from domain.product import LoanProduct
from infrastructure.calendars import dated
from infrastructure.postgres.pages import Page
from infrastructure.postgres.products import ProductRow

router = APIRouter(prefix="/products", tags=["products"], route_class=JsonOrYamlRoute)

MOST = 2**31 - 1  # versions, as the database counts them
READ = problems(401, 403, 404, 422, 503)
WRITE = problems(400, 401, 403, 404, 413, 422, 503)
IN_YAML = body_in_yaml("ProductDefinition")


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
    return await _version(parts, code, version)


Latest = Annotated[ProductRow, Depends(latest)]


@router.get("", responses=problems(401, 403, 422, 503))
async def versions(
    caller: Staff, parts: PartsOf, cursor: Cursor = None, limit: Limit = 50
) -> PageView[ProductVersionView]:
    """Every version of every product, by code."""
    return _page(await parts.products.page(after=cursor, limit=limit))


@router.post("", status_code=201, responses=WRITE, openapi_extra=IN_YAML)
async def create(
    caller: Admin, operation_id: OperationId, body: ProductDefinition, parts: PartsOf
) -> ProductVersionView:
    """A new product. The same definition again is the same product."""
    product = body.product()
    dated(product, parts.now().date())
    await claim(parts, operation_id, "create_product", body)
    try:
        stored = await parts.products.create(product, parts.now())
    except InvalidValue:
        stored = await parts.products.version(product.code, product.version)
        if stored != product:
            raise
    return ProductVersionView.of(stored)


@router.get("/{code}/versions", responses=READ)
async def versions_of(
    named: Latest, parts: PartsOf, cursor: Cursor = None, limit: Limit = 50
) -> PageView[ProductVersionView]:
    """Every version of one product, by number."""
    page = await parts.products.page(code=named.product.code, after=cursor, limit=limit)
    return _page(page)


@router.get("/{code}/versions/{version}", responses=READ)
async def definition(named: Annotated[LoanProduct, Depends(version)]) -> ProductDefinition:
    """As it can be sent back, edited, for the next version."""
    return ProductDefinition.of(named, named.currency)


@router.get("/{code}/versions/{version}/compare/{other}", responses=READ)
async def compare(
    named: Annotated[LoanProduct, Depends(version)], other: Annotated[int, Path(ge=1, le=MOST)], parts: PartsOf
) -> ComparisonView:
    """What the other version says in other words, field by field, in the order of the definition."""
    changed = await _version(parts, named.code, other)
    return ComparisonView.of(named, changed)


@router.post("/{code}/versions", status_code=201, responses=WRITE, openapi_extra=IN_YAML)
async def add_version(
    caller: Admin, operation_id: OperationId, latest: Latest, body: ProductDefinition, parts: PartsOf
) -> ProductVersionView:
    """What new loans are born with from now on. A definition that changes nothing makes no new version."""
    product = body.product(latest.product.version)
    dated(product, parts.now().date())
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


async def _version(parts: Parts, code: str, version: int) -> LoanProduct:
    try:
        return await parts.products.version(code, version)
    except UnknownProduct as refusal:
        raise Refused("NotFound", str(refusal)) from None


def _page(page: Page[ProductRow]) -> PageView[ProductVersionView]:
    items = [ProductVersionView.of(row.product, retired=row.retired) for row in page.items]
    return PageView(items=items, next=page.next)


async def _version_like(parts: Parts, product: LoanProduct) -> LoanProduct | None:
    """The newest version that says the same."""
    found, cursor, more = None, None, True
    while more:
        page = await parts.products.page(code=product.code, after=cursor, limit=200)
        found = next((row.product for row in reversed(page.items) if _same(row.product, product)), found)
        cursor, more = page.next, page.next is not None
    return found


def _same(one: LoanProduct, other: LoanProduct) -> bool:
    return replace(one, version=other.version) == other
