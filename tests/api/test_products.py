"""Products: what comes in is what goes out, and nonsense is refused by the name of its field."""

from dataclasses import fields
from typing import Any
from uuid import uuid4

import pytest

from api.models.comparison import differences
from api.models.definitions import Definition
from api.models.policies import ConditionDefinition, PolicyDefinition, RuleDefinition
from api.models.products import (
    AllocationDefinition,
    AuthorityDefinition,
    BucketDefinition,
    GradeDefinition,
    GradeLimitsDefinition,
    LateFeeDefinition,
    NoticeDefinition,
    OverrideDefinition,
    PenaltyInterestDefinition,
    PriceDefinition,
    PriceGridDefinition,
    ProductDefinition,
    RecalculationDefinition,
    ServicingDefinition,
    TermsDefinition,
)
from domain.product import LoanProduct
from tests.api.conftest import Door
from tests.api.definitions import PRODUCTS, definition, grid, rule, usd

DEAR = {  # all of the smallest loan
    "currency": "USD",
    "annual_rate": "5",
    "origination_fee_amount": usd("500.00"),
    "origination_fee_deducted": True,
}
NEVER = {
    "all_of": [
        {"fact": "score", "operator": "below", "value": 600},
        {"any_of": [{"fact": "age", "operator": "above", "value": 70}]},
        {
            "all_of": [
                {"fact": "score", "operator": "above", "value": 598},
                {"fact": "score", "operator": "equals", "value": 600},
            ]
        },
    ]
}


@pytest.mark.parametrize(
    "shape",
    [
        AllocationDefinition,
        AuthorityDefinition,
        BucketDefinition,
        ConditionDefinition,
        GradeDefinition,
        GradeLimitsDefinition,
        LateFeeDefinition,
        NoticeDefinition,
        OverrideDefinition,
        PenaltyInterestDefinition,
        PolicyDefinition,
        PriceDefinition,
        PriceGridDefinition,
        ProductDefinition,
        RecalculationDefinition,
        RuleDefinition,
        ServicingDefinition,
        TermsDefinition,
    ],
)
def test_every_option_of_the_domain_can_be_given(shape: type[Definition]) -> None:
    numbered_by_us = {"version"} if shape.mirrors is LoanProduct else set()
    assert set(shape.model_fields) == {field.name for field in fields(shape.mirrors)} - numbered_by_us


async def test_a_product_is_created_listed_changed_and_offered(door: Door) -> None:
    body = definition(
        terms={"currency": "USD", "annual_rate": "14.9", "penalty_interest": {"annual_rate": "10", "grace_days": 3}},
        servicing={"reminder_days": None, "late_fee": {"amount": usd("15.00"), "grace_days": 5}},
        policy={"min_age": 21},
        notices=[{"event": "offer_made", "template": "your-offer"}],
        time_zone="America/New_York",
    )
    created = await door.post("admin", PRODUCTS, body)
    assert created.status_code == 201, created.text
    told = created.json()["definition"]
    assert told["servicing"]["late_fee"] == {"amount": usd("15.00"), "grace_days": 5}
    assert told["servicing"]["reminder_days"] is None
    assert told["notices"] == [{"event": "offer_made", "template": "your-offer", "bucket": None}]
    assert told["authority"]["limits"] == [usd("5000.00"), usd("25000.00")]
    assert told["terms"]["annual_rate"] == "14.9"
    assert told["terms"]["penalty_interest"] == {"annual_rate": "10", "grace_days": 3}
    assert (await door.post("admin", PRODUCTS, body)).json() == created.json()

    same = await door.post("admin", f"{PRODUCTS}/{body['code']}/versions", told)
    assert (same.status_code, same.json()["version"]) == (201, 1), same.text
    cheaper = {**told, "terms": {**told["terms"], "annual_rate": "9.9"}}
    changed = await door.post("admin", f"{PRODUCTS}/{body['code']}/versions", cheaper)
    assert (changed.status_code, changed.json()["version"]) == (201, 2), changed.text
    first_change = await door.post(
        "admin", f"{PRODUCTS}/{body['code']}/versions", {**told, "name": "New"}, key="renamed"
    )
    await door.post("admin", f"{PRODUCTS}/{body['code']}/versions", {**told, "name": "Newer"})
    again = await door.post("admin", f"{PRODUCTS}/{body['code']}/versions", {**told, "name": "New"}, key="renamed")
    assert again.json() == first_change.json()
    versions = (await door.get("officer", PRODUCTS, limit=200)).json()["items"]
    assert [v["version"] for v in versions if v["definition"]["code"] == body["code"]] == [1, 2, 3, 4]
    offered = (await door.get("ada", "/api/v1/products")).json()["products"]
    assert next(p["annual_rate"] for p in offered if p["code"] == body["code"]) == "14.9"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"code": "two words"}, "/code"),
        ({"code": "personal"}, "/code"),
        ({"terms": {"currency": "USD", "annual_rate": 14.9}}, "/terms/annual_rate"),
        ({"terms": {"currency": "USD", "annual_rate": "-1"}}, "/terms/annual_rate"),
        ({"terms": {"currency": "USD", "annual_rate": "1001"}}, "/terms/annual_rate"),
        ({"terms": {"currency": "USD", "annual_rate": "5", "day_count": "31/365"}}, "/terms/day_count"),
        ({"terms": {"currency": "USD", "annual_rate": "5", "grace_on_principal": 60}}, "/terms/grace_on_principal"),
        ({"terms": {"currency": "USD", "annual_rate": "5", "balloon_percent": "101"}}, "/terms/balloon_percent"),
        (
            {"terms": {"currency": "USD", "annual_rate": "5", "origination_fee_deducted": True}},
            "/terms/origination_fee_deducted",
        ),
        ({"terms": DEAR}, "/terms/origination_fee_deducted"),
        ({"terms": {"currency": "USD", "annual_rate": "5", "allocation": None}}, "/terms/allocation"),
        (
            {"terms": {"currency": "USD", "annual_rate": "5", "allocation": {"slots": ["due_fee"]}}},
            "/terms/allocation/slots",
        ),
        (
            {"terms": {"currency": "USD", "annual_rate": "5", "penalty_interest": {"annual_rate": "0"}}},
            "/terms/penalty_interest/annual_rate",
        ),
        ({"terms": {"currency": "EUR", "annual_rate": "5"}}, "/min_amount/currency"),
        ({"min_amount": usd("30000.00")}, "/max_amount"),
        ({"min_installments": 61}, "/max_installments"),
        ({"policy": {"decline_below_score": 700}}, "/policy/refer_below_score"),
        ({"policy": {"without": ["luck"]}}, "/policy/without/0"),
        ({"policy": {"rules": [rule(fact="luck")]}}, "/policy/rules/0/when/fact"),
        ({"policy": {"rules": [rule(operator="one_of")]}}, "/policy/rules/0/when/operator"),
        ({"policy": {"rules": [rule(value="600")]}}, "/policy/rules/0/when/value"),
        ({"policy": {"rules": [rule(), rule()]}}, "/policy/rules/1/code"),
        ({"policy": {"rules": [{**rule(), "then": "approve"}]}}, "/policy/rules/0/then"),
        ({"policy": {"rules": [{**rule(), "when": NEVER}]}}, "/policy/rules/0/when"),
        ({"price_grid": grid(("A", 700), ("B", 800))}, "/price_grid/grades"),
        ({"price_grid": grid(("A", 700), to=59)}, "/price_grid/prices"),
        ({"price_grid": grid(("A", 700), rate="1001")}, "/price_grid/prices/0/annual_rate"),
        ({"authority": {"limits": []}}, "/authority/limits"),
        ({"authority": {"limits": [usd("5.00"), usd("4.00")]}}, "/authority/limits"),
        ({"servicing": {"buckets": [{"name": "late", "from_day": 9, "to_day": 2}]}}, "/servicing/buckets/0"),
        ({"notices": [{"event": "bureau_reported", "template": "t"}]}, "/notices/0/event"),
        ({"notices": [{"event": "offer_made"}]}, "/notices/0/template"),
        ({"notices": [{"event": "offer_made", "template": "two words"}]}, "/notices/0/template"),
        ({"notices": [{"event": "offer_made", "template": "t", "bucket": "90+"}]}, "/notices/0/bucket"),
        ({"notices": [{"event": "delinquency_changed", "template": "t", "bucket": "9"}]}, "/notices/0/bucket"),
        ({"notices": [{"event": "debit_failed", "template": "t"}]}, "/notices/0/event"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"offer_valid_days": 0}, "/offer_valid_days"),
        ({"version": 7}, "/version"),
    ],
)
async def test_a_product_that_makes_no_sense_is_refused_by_its_field(
    door: Door, changes: dict[str, Any], pointer: str
) -> None:
    answer = await door.post("admin", PRODUCTS, definition(**changes))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer, answer.text


@pytest.mark.parametrize("path", ["none/versions", "personal/versions/9", "personal/versions/1/compare/9"])
async def test_what_is_not_there_cannot_be_read_or_compared(door: Door, path: str) -> None:
    answer = await door.get("officer", f"{PRODUCTS}/{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:tenor:problem:not-found")


def test_lists_are_compared_item_by_item_while_they_are_of_one_length() -> None:
    before = {"buckets": [{"name": "a"}, {"name": "b"}], "limits": [usd("1.00")], "fee": None}
    after = {"buckets": [{"name": "a"}, {"name": "c"}], "limits": [usd("1.00"), usd("2.00")], "fee": {"days": 2}}
    assert list(differences(before, after)) == [
        ("buckets.1.name", "b", "c"),
        ("limits", before["limits"], after["limits"]),
        ("fee", None, {"days": 2}),
    ]


async def test_a_version_of_an_unknown_product_is_a_404(door: Door) -> None:
    answer = await door.post("admin", f"{PRODUCTS}/nothing/versions", definition())
    assert answer.status_code == 404
    other = await door.post("admin", f"{PRODUCTS}/personal/versions", definition(code="another"))
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/code")


async def test_a_retired_version_is_offered_no_more_and_its_product_can_come_back(door: Door) -> None:
    body = definition()
    code, key = body["code"], uuid4().hex
    await door.post("admin", PRODUCTS, body)
    await door.post("admin", f"{PRODUCTS}/{code}/versions", {**body, "name": "Dearer"})
    assert await _offered(door, code) == [2]
    for _ in range(2):
        retired = await door.post("admin", f"{PRODUCTS}/{code}/versions/2/retire", {}, key=key)
        assert (retired.status_code, retired.json()["retired"]) == (200, True), retired.text
    assert await _offered(door, code) == [1]
    other = await door.post("admin", f"{PRODUCTS}/{code}/versions/1/retire", {}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenor:problem:operation-reused")
    await door.post("admin", f"{PRODUCTS}/{code}/versions/1/retire", {})
    assert await _offered(door, code) == []
    back = await door.post("admin", f"{PRODUCTS}/{code}/versions", {**body, "name": "Dearer"})
    assert (back.status_code, back.json()["version"]) == (201, 3), back.text
    assert await _offered(door, code) == [3]


async def _offered(door: Door, code: str) -> list[int]:
    offered = (await door.get("ada", "/api/v1/products")).json()["products"]
    return [product["version"] for product in offered if product["code"] == code]


@pytest.mark.parametrize("version", ["9", "0", "x", "99999999999999999999"])
async def test_a_version_that_is_not_there_cannot_be_retired(door: Door, version: str) -> None:
    answer = await door.post("admin", f"{PRODUCTS}/personal/versions/{version}/retire", {})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:tenor:problem:not-found")
