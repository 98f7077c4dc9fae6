"""Bank holidays, from a library that knows them. The domain sees a set of dates and asks nobody."""

from datetime import date

import holidays

from domain.errors import InvalidValue

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
