"""Public holidays for a product's due dates."""

from typing import Any

import pytest

from tests.api.conftest import Door
from tests.api.definitions import PRODUCTS, definition, usd


async def test_a_calendar_is_ready_to_be_put_into_a_products_terms(door: Door) -> None:
    answer = await door.get("ada", "/api/v1/calendars/US", first_year="2026", last_year="2027")
    assert answer.status_code == 200, answer.text
    days = answer.json()["holidays"]
    assert days == sorted(set(days))
    assert {"2026-12-25", "2027-01-01"} <= set(days)
    terms = {"currency": "USD", "annual_rate": "5", "holidays": days, "weekend": [5, 6], "roll": "next"}
    body = {"terms": terms, "amount": usd("1200.00"), "installments": 12, "disbursed_on": "2026-11-25"}
    quote = await door.post("ada", "/api/v1/quotes", body, key=None)
    assert quote.json()["rows"][0]["due_date"] == "2026-12-28"  # Christmas is a Friday, and the weekend follows


async def test_a_product_can_follow_a_countrys_calendar_by_name(door: Door) -> None:
    terms = {"currency": "USD", "annual_rate": "5", "weekend": [5, 6], "roll": "next", "holidays": ["2028-02-28"]}
    body = definition(terms=terms, calendar="US", max_installments=24)
    created = await door.post("admin", PRODUCTS, body)
    assert created.status_code == 201, created.text
    assert created.json()["definition"]["terms"]["holidays"] == ["2028-02-28"]
    wish = {"product_code": body["code"], "amount": usd("1200.00"), "installments": 24, "disbursed_on": "2026-11-25"}
    rows = (await door.post("ada", "/api/v1/quotes", wish, key=None)).json()["rows"]
    assert rows[0]["due_date"] == "2026-12-28"  # Christmas is a Friday, and the weekend follows
    assert rows[12]["due_date"] == "2027-12-27"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"calendar": "XX"}, "no calendar is known for 'XX'"),
        ({"calendar": "US", "max_installments": 600}, "is not within 40 years"),
        ({"calendar": "us"}, "String should match pattern"),
    ],
)
async def test_a_calendar_that_nobody_keeps_is_refused_with_its_product(
    door: Door, changes: dict[str, Any], why: str
) -> None:
    terms = {"currency": "USD", "annual_rate": "5", "roll": "next"}
    answer = await door.post("admin", PRODUCTS, definition(terms=terms, **changes))
    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    assert (error["pointer"], why in error["detail"]) == ("/calendar", True), answer.text


@pytest.mark.parametrize(("country", "last_year"), [("XX", "2027"), ("US", "2025"), ("US", "2099")])
async def test_a_calendar_that_nobody_keeps_is_refused(door: Door, country: str, last_year: str) -> None:
    answer = await door.get("ada", f"/api/v1/calendars/{country}", first_year="2026", last_year=last_year)
    assert answer.status_code == 422
