"""The portfolio's day: close it, and see what it came to."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.admin.claims import claim
from api.dependencies import OperationId, Operator, PartsOf, Staff
from api.models.base import IsoDate
from api.models.portfolio import ClosingView, DayToClose, PortfolioFiguresView, PortfolioView
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.errors import InvalidValue

router = APIRouter(tags=["portfolio"], route_class=StrictRoute)


@router.post("/close-of-business", status_code=202, responses=problems(400, 401, 403, 413, 422, 503))
async def close_of_business(
    caller: Operator, operation_id: OperationId, body: DayToClose, parts: PartsOf
) -> ClosingView:
    """Close a day by hand, as the schedule does every noon. A day that is closed already changes nothing."""
    if body.day > (parts.now() - timedelta(days=1)).date():
        raise InvalidValue("day", "is not over")
    await claim(parts, operation_id, "close_of_business", body)
    workflow_id = await parts.closing.close(body.day)
    settings = parts.settings
    url = f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows/{workflow_id}"
    return ClosingView(day=body.day, workflow_id=workflow_id, workflow_url=url)


@router.get("/portfolio", responses=problems(401, 403, 422, 503))
async def portfolio(
    caller: Staff, parts: PartsOf, day: Annotated[IsoDate | None, Query(description="Default: the last closed.")] = None
) -> PortfolioView:
    """What the portfolio came to when a day was closed, by product and currency."""
    figures = await parts.portfolio.figures(day)
    products = [PortfolioFiguresView.model_validate(each) for each in figures]
    return PortfolioView(day=figures[0].day if figures else None, products=products)
