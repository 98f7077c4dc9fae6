"""What is decided on an application, and what of it who is told."""

from typing import Any
from uuid import uuid4

import pytest

from domain.commands import ApplyForLoan
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


async def _tried(door: Door, code: str, policy: dict[str, Any], who: str = "officer", **parameters: Any) -> Any:
    path = f"/api/admin/v1/products/{code}/policy/dry-run"
    headers = door.people.bearer(who)
    return await door.http.post(path, json={"policy": policy}, params=parameters, headers=headers)


async def test_a_policy_is_tried_on_past_applications_and_stores_nothing(door: Door, desk: StraightDesk) -> None:
    code = f"test-{uuid4().hex[:12]}"
    await door.post("admin", "/api/admin/v1/products", {"code": code, **CAR})
    wish = {"product_code": code, "amount": {"amount": "600.00", "currency": "USD"}, "installments": 12}
    ids = [(await door.post("ada", "/api/v1/loans", wish)).json()["loan_id"] for _ in range(3)]
    for loan_id, score in zip(ids, (780, 520, 480), strict=True):
        await _decided(door, desk, loan_id, score)
    told = await _tried(door, code, {"decline_below_score": 530, "refer_below_score": 550})
    assert told.status_code == 200, told.text
    assert told.json() == {
        "considered": 3,
        "without_facts": 0,
        "outcomes": [
            {"before": "approve", "after": "approve", "applications": 1},
            {"before": "decline", "after": "decline", "applications": 1},
            {"before": "refer", "after": "decline", "applications": 1},
        ],
        "differences": [
            {
                "loan_id": ids[1],
                "before": {"verdict": "refer", "reasons": ["score_needs_person"], "grade": None},
                "after": {"verdict": "decline", "reasons": ["score_too_low"], "grade": None},
            }
        ],
    }
    newest = (await _tried(door, code, {"decline_below_score": 530, "refer_below_score": 550}, limit=1)).json()
    assert (newest["considered"], newest["differences"]) == (1, [])
    own = (await _tried(door, code, {"decline_below_score": 530, "refer_below_score": 550}, "ada the officer")).json()
    assert (own["considered"], own["differences"]) == (0, [])
    file = (await door.get("officer", f"/api/admin/v1/loans/{ids[1]}")).json()
    assert (file["status"], file["decision"]["verdict"]) == ("referred", "refer")
    versions = (await door.get("officer", f"/api/admin/v1/products/{code}/versions")).json()["items"]
    assert [row["version"] for row in versions] == [1]


@pytest.mark.parametrize(
    ("policy", "pointer"),
    [
        ({"decline_below_score": 700}, "/policy/refer_below_score"),
        ({"rules": [{"code": "x", "when": {}, "then": "refer", "wording": "x"}]}, "/policy/rules/0/when/fact"),
        ({"luck": 3}, "/policy/luck"),
    ],
)
async def test_a_policy_without_sense_is_not_tried(door: Door, policy: dict[str, Any], pointer: str) -> None:
    answer = await _tried(door, "personal", policy)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text


async def test_a_policy_is_tried_on_a_product_that_is_there(door: Door) -> None:
    assert (await _tried(door, "nothing", {})).status_code == 404


async def test_a_device_is_kept_as_a_digest_only(door: Door, desk: StraightDesk) -> None:
    wish = {"product_code": "personal", "amount": {"amount": "600.00", "currency": "USD"}, "installments": 12}
    answer = await door.post("ada", "/api/v1/loans", {**wish, "device": "ada-phone-0815"})
    assert answer.status_code == 201, answer.text
    sent = desk.sent[-1]
    assert isinstance(sent, ApplyForLoan)
    assert sent.device
    assert (len(sent.device), "phone" in sent.device) == (64, False)
    assert (await door.post("ada", "/api/v1/loans", {**wish, "device": "short"})).status_code == 422
