"""What a loan would cost: shown in full, or refused by the field."""

from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from api.parts import Parts
from tests.api.conftest import Door
from tests.api.definitions import PRODUCTS, definition, usd


async def test_a_quote_of_a_product_shows_the_whole_cost(door: Door) -> None:
    body = {"product_code": "personal", "amount": usd("1200.00"), "installments": 12, "disbursed_on": "2027-01-15"}
    quote = await door.post("ada", "/api/v1/quotes", body, key=None)
    assert quote.status_code == 200, quote.text
    told = quote.json()
    assert told["apr"] == "12.00"
    assert [row["due_date"] for row in told["rows"]][:2] == ["2027-02-15", "2027-03-15"]
    assert told["rows"][-1]["balance_after"] == usd("0.00")
    picture = fromstring(told["picture"])  # noqa: S314  our own
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"


async def test_a_quote_takes_any_terms(door: Door) -> None:
    terms = {
        "currency": "JPY",
        "annual_rate": "3.25",
        "kind": "equal_principal",
        "every": 2,
        "unit": "weeks",
        "day_count": "ACT/365F",
        "balloon_percent": "20",
        "holidays": ["2027-01-01"],
        "roll": "next",
        "recalculation": {},
    }
    body = {"terms": terms, "amount": {"amount": "900000", "currency": "JPY"}, "installments": 26}
    quote = await door.post("officer", "/api/v1/quotes", body, key=None)
    assert quote.status_code == 200, quote.text
    assert quote.json()["total_of_payments"]["currency"] == "JPY"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"terms": None}, ""),
        ({"product_code": "personal"}, ""),
        ({"terms": {"currency": "USD", "annual_rate": "5", "grace_on_principal": 12}}, "/terms/grace_on_principal"),
        ({"terms": {"currency": "EUR", "annual_rate": "5"}}, "/amount/currency"),
        (
            {
                "terms": {
                    "currency": "USD",
                    "annual_rate": "5",
                    "origination_fee_amount": usd("1200.00"),
                    "origination_fee_deducted": True,
                }
            },
            "/terms/origination_fee_deducted",
        ),
        ({"installments": 1201}, "/installments"),
        ({"disbursed_on": "2027-02-29"}, "/disbursed_on"),
    ],
)
async def test_a_senseless_quote_is_refused_by_its_field(door: Door, changes: dict[str, Any], pointer: str) -> None:
    terms = {"currency": "USD", "annual_rate": "5"}
    body = {"terms": terms, "amount": usd("1200.00"), "installments": 12, **changes}
    answer = await door.post("ada", "/api/v1/quotes", body, key=None)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text


@pytest.mark.parametrize(
    "terms",
    [
        {"every": 1000, "unit": "years"},
        {"every": 1000, "unit": "semi_months"},
        {"every": 1000, "unit": "months"},
        {"first_due_date": "2199-12-31", "every": 1000, "unit": "years"},
        {"annual_rate": "1000", "rate_kind": "effective"},
        {"weekend": [0, 1, 2, 3, 4, 5], "roll": "next", "unit": "days"},
        {"kind": "bullet", "every": 100, "unit": "years", "annual_rate": "1000"},
    ],
)
@pytest.mark.parametrize("installments", [1, 1200])
async def test_terms_that_no_calendar_holds_are_refused_not_failed(
    door: Door, terms: dict[str, Any], installments: int
) -> None:
    body = {
        "terms": {"currency": "USD", "annual_rate": "5", **terms},
        "amount": usd("1200.00"),
        "installments": installments,
        "disbursed_on": "2190-01-31",
    }
    assert (await door.post("ada", "/api/v1/quotes", body, key=None)).status_code in {200, 422}


async def test_a_quote_begins_on_the_day_that_it_is_where_the_product_is_lent(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Parts, "now", lambda self: datetime(2027, 1, 15, 11, tzinfo=UTC))
    for zone, day in (("Pacific/Kiritimati", 16), ("UTC", 15)):
        body = definition(time_zone=zone)
        await door.post("admin", PRODUCTS, body)
        wish = {"product_code": body["code"], "amount": usd("1200.00"), "installments": 12}
        quote = await door.post("ada", "/api/v1/quotes", wish, key=None)
        assert quote.json()["rows"][0]["due_date"] == f"2027-02-{day}", quote.text
