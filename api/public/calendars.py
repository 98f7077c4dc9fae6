"""Bank holidays, for whoever defines a product or asks for a quote."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.dependencies import AnyCaller
from api.models.products import CalendarView
from api.openapi import problems
from api.strict_json import StrictRoute
from infrastructure.calendars import holidays_of

router = APIRouter(tags=["products and quotes"], route_class=StrictRoute)

Year = Annotated[int, Query(ge=1970, le=2100)]


@router.get("/calendars/{country}", responses=problems(401, 403, 404, 422, 503))
async def calendar(
    caller: AnyCaller, country: Annotated[str, Path(pattern=r"^[A-Z]{2}$")], first_year: Year, last_year: Year
) -> CalendarView:
    """The public holidays of a country, as `terms.holidays` takes them."""
    return CalendarView(country=country, holidays=holidays_of(country, first_year, last_year))
