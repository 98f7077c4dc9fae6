"""What there is to apply for."""

from fastapi import APIRouter

from api.dependencies import AnyCaller, PartsOf
from api.models.products import ProductsView, ProductView
from api.openapi import problems
from api.strict_json import StrictRoute

router = APIRouter(tags=["products and quotes"], route_class=StrictRoute)


@router.get("/products", responses=problems(401, 403, 503))
async def products(caller: AnyCaller, parts: PartsOf) -> ProductsView:
    """The newest version of each product on offer."""
    return ProductsView(products=[ProductView.of(product) for product in await parts.products.offered()])
