"""What is decided on an application, and what of it who is told."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import Door
from tests.api.desk import StraightDesk

CAR = {
    "name": "Priced by grade",
    "terms": {"currency": "USD", "annual_rate": "14.9"},
    "min_amount": {"amount": "500.00", "currency": "USD"},
    "max_amount": {"amount": "25000.00", "currency": "USD"},
    "min_installments": 6,
    "max_installments": 24,
    "authority": {"limits": [{"amount": "25000.00", "currency": "USD"}]},
    "policy": {"decline_below_score": 500, "refer_below_score": 550},
    "price_grid": {
        "grades": [{"name": "A", "from_score": 760}, {"name": "B", "from_score": 680}],
        "prices": [
            {"grade": "A", "from_installments": 6, "to_installments": 24, "annual_rate": "4.9"},
            {"grade": "B", "from_installments": 6, "to_installments": 12, "annual_rate": "5.9"},
            {"grade": "B", "from_installments": 13, "to_installments": 24, "annual_rate": "6.4"},
        ],
    },
}


async def _decided(door: Door, desk: StraightDesk, loan_id: str, score: int) -> str:
    customer_id = door.people.users["ada"].customer_id
    assert customer_id is not None
    return (await desk.underwrite(loan_id, customer_id=customer_id, score=score)).standing.status


async def test_a_declined_borrower_is_told_why_and_staff_see_the_codes(door: Door, desk: StraightDesk) -> None:
    loan_id = await door.apply()
    early = await door.get("ada", f"/api/v1/loans/{loan_id}/decision")
    assert (early.status_code, early.json()["type"]) == (409, "urn:tenor:problem:not-allowed-now")
    assert await _decided(door, desk, loan_id, 480) == "declined"
    told = await door.get("ada", f"/api/v1/loans/{loan_id}/decision")
    assert told.json() == {"status": "declined", "reasons": ["Poor credit performance"]}
    file = (await door.get("officer", f"/api/admin/v1/loans/{loan_id}")).json()
    assert file["decision"] == {"verdict": "decline", "reasons": ["score_too_low"], "grade": None}


async def test_whoever_is_not_declined_is_told_no_reasons(door: Door, desk: StraightDesk) -> None:
    loan_id = await door.apply()
    assert await _decided(door, desk, loan_id, 640) == "referred"
    told = await door.get("ada", f"/api/v1/loans/{loan_id}/decision")
    assert told.json() == {"status": "referred", "reasons": []}
    await door.post("officer", f"/api/admin/v1/loans/{loan_id}/decision", {"verdict": "decline", "reason": "thin"})
    told = await door.get("ada", f"/api/v1/loans/{loan_id}/decision")
    assert told.json() == {"status": "declined", "reasons": ["Limited credit experience"]}


@pytest.mark.parametrize(
    ("score", "installments", "rate"), [(800, 12, "4.9"), (700, 12, "5.9"), (700, 13, "6.4"), (600, 12, "14.9")]
)
async def test_an_offer_has_the_price_of_the_borrowers_grade(
    door: Door, desk: StraightDesk, score: int, installments: int, rate: str
) -> None:
    code = f"test-{uuid4().hex[:12]}"
    await door.post("admin", "/api/admin/v1/products", {"code": code, **CAR})
    wish: dict[str, Any] = {
        "product_code": code,
        "amount": {"amount": "6000.00", "currency": "USD"},
        "installments": installments,
    }
    loan_id = (await door.post("ada", "/api/v1/loans", wish)).json()["loan_id"]
    assert await _decided(door, desk, loan_id, score) == "offered"
    offer = (await door.get("ada", f"/api/v1/loans/{loan_id}/offer")).json()
    assert offer["annual_rate"] == rate
