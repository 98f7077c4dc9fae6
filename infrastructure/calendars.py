"""Bank holidays, from a library that knows them. The domain sees a set of dates and asks nobody."""

from datetime import date
from functools import lru_cache

import holidays

from domain.errors import InvalidValue
from domain.product import LoanProduct

MOST_YEARS = 40


def holidays_of(country: str, first_year: int, last_year: int) -> tuple[date, ...]:
    """Public holidays of a country (ISO 3166-1 alpha-2) in both years and those between them, as `Terms.holidays` wants
    them: in rising order. Raises InvalidValue for a country nobody knows and for years that are not a short span."""
    if not 0 <= last_year - first_year < MOST_YEARS:
        raise InvalidValue("last_year", f"is not within {MOST_YEARS} years from first_year on")
    try:
        known = holidays.country_holidays(country, years=range(first_year, last_year + 1))
    except NotImplementedError:
        raise InvalidValue("country", f"no calendar is known for {country!r}") from None
    return tuple(sorted(day for day in known if first_year <= day.year <= last_year))


def dated(product: LoanProduct, day: date) -> LoanProduct:
    """The product as it is offered on `day`, with the holidays of its calendar. Raises InvalidValue for a calendar that
    nobody keeps, or not for so long a loan."""
    if product.calendar is None:
        return product
    try:
        known = _known_holidays(product.calendar, day.year, product.last_year(day))
    except InvalidValue as refusal:
        raise InvalidValue("calendar", refusal.reason) from None
    return product.with_holidays(known)


@lru_cache(maxsize=64)
def _known_holidays(country: str, first_year: int, last_year: int) -> tuple[date, ...]:
    return holidays_of(country, first_year, last_year)
