"""Products and quotes: what comes in is what goes out, and nonsense is refused by the name of its field."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from xml.etree.ElementTree import fromstring

import pytest
from httpx import Response

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
    OverrideDefinition,
    PenaltyInterestDefinition,
    PriceDefinition,
    PriceGridDefinition,
    ProductDefinition,
    RecalculationDefinition,
    ServicingDefinition,
    TermsDefinition,
)
from api.parts import Parts
from api.product_files import EXAMPLES
from api.strict_yaml import dump, parse
from domain.product import LoanProduct
from tests.api.conftest import Door

PRODUCTS = "/api/admin/v1/products"


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def definition(**changes: Any) -> dict[str, Any]:
    return {
        "code": f"test-{uuid4().hex[:12]}",
        "name": "Test loan",
        "terms": {"currency": "USD", "annual_rate": "14.9"},
        "min_amount": usd("500.00"),
        "max_amount": usd("25000.00"),
        "min_installments": 3,
        "max_installments": 60,
        "authority": {"limits": [usd("5000.00"), usd("25000.00")], "four_eyes_above": usd("20000.00")},
        **changes,
    }


def rule(code: str = "thin_file", **when: Any) -> dict[str, Any]:
    compared = {"fact": "score", "operator": "below", "value": 600, **when}
    return {"code": code, "when": compared, "then": "refer", "wording": "Limited credit experience"}


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


def grid(*grades: tuple[str, int], to: int = 60, rate: str = "9.9") -> dict[str, Any]:
    return {
        "grades": [{"name": name, "from_score": score} for name, score in grades],
        "prices": [
            {"grade": name, "from_installments": 3, "to_installments": to, "annual_rate": rate} for name, _ in grades
        ],
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
        time_zone="America/New_York",
    )
    created = await door.post("admin", PRODUCTS, body)
    assert created.status_code == 201, created.text
    told = created.json()["definition"]
    assert told["servicing"]["late_fee"] == {"amount": usd("15.00"), "grace_days": 5}
    assert told["servicing"]["reminder_days"] is None
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


YAML = "application/yaml"


async def post_yaml(door: Door, path: str, text: str, **headers: str) -> Response:
    named = {"Idempotency-Key": uuid4().hex, "Content-Type": YAML, **door.people.bearer("admin"), **headers}
    return await door.http.post(path, content=text, headers=named)


async def get_yaml(door: Door, path: str) -> Response:
    return await door.http.get(path, headers={"Accept": YAML, **door.people.bearer("officer")})


async def test_a_product_is_read_edited_and_sent_back_as_yaml(door: Door) -> None:
    code = f"test-{uuid4().hex[:12]}"
    text = (EXAMPLES / "car-loan.yaml").read_text().replace("code: car-loan", f"code: {code}")
    created = await post_yaml(door, PRODUCTS, text, Accept=YAML)
    assert (created.status_code, created.headers["content-type"]) == (201, f"{YAML}"), created.text
    assert created.text.startswith("version: 1\nretired: false\ndefinition:\n  code: ")

    told = await get_yaml(door, f"{PRODUCTS}/{code}/versions/1")
    assert told.text.startswith(f"code: {code}\nname: Car loan with a balloon\nterms:\n"), told.text
    assert parse(told.content) == (await door.get("officer", f"{PRODUCTS}/{code}/versions/1")).json()

    same = await post_yaml(door, f"{PRODUCTS}/{code}/versions", told.text)
    assert (same.status_code, same.json()["version"]) == (201, 1), same.text
    dearer = told.text.replace("annual_rate: '7.2'", "annual_rate: '7.9'").replace("amount: '30.00'", "amount: '35.00'")
    changed = await post_yaml(door, f"{PRODUCTS}/{code}/versions", dearer)
    assert (changed.status_code, changed.json()["version"]) == (201, 2), changed.text

    listed = (await door.get("officer", f"{PRODUCTS}/{code}/versions", limit=1)).json()
    rest = (await door.get("officer", f"{PRODUCTS}/{code}/versions", cursor=listed["next"])).json()
    assert [row["version"] for row in (*listed["items"], *rest["items"])] == [1, 2]
    compared = await get_yaml(door, f"{PRODUCTS}/{code}/versions/1/compare/2")
    assert parse(compared.content) == {
        "code": code,
        "before": 1,
        "after": 2,
        "changes": [
            {"field": "terms.annual_rate", "before": "7.2", "after": "7.9"},
            {"field": "servicing.late_fee.amount", "before": usd("30.00"), "after": usd("35.00")},
        ],
    }


async def test_rules_and_prices_come_back_as_they_were_sent(door: Door) -> None:
    policy = {"rules": [rule(), {**rule("far_away"), "when": {"none_of": [COUNTRY, FLAGS, INCOME]}}]}
    body = definition(policy=policy, price_grid=grid(("A", 760), ("B", 680)))
    created = await door.post("admin", PRODUCTS, body)
    assert created.status_code == 201, created.text
    told = created.json()["definition"]
    assert told["price_grid"] == body["price_grid"]
    assert [_given(one) for one in told["policy"]["rules"]] == policy["rules"]
    again = await post_yaml(door, f"{PRODUCTS}/{body['code']}/versions", dump(told))
    assert (again.status_code, again.json()["version"]) == (201, 1), again.text


COUNTRY = {"fact": "country", "operator": "one_of", "value": ["US", "NO"]}
FLAGS = {"fact": "bureau_flags", "operator": "is_known"}
INCOME = {"fact": "monthly_income", "operator": "at_least", "value": "1500.00"}


def _given(told: Any) -> Any:
    """Without what was left out."""
    if isinstance(told, dict):
        return {name: _given(value) for name, value in told.items() if value not in (None, [])}
    return [_given(item) for item in told] if isinstance(told, list) else told


async def test_yaml_and_json_under_one_key_are_one_product(door: Door) -> None:
    body, key = definition(), uuid4().hex
    first = await door.post("admin", PRODUCTS, body, key=key)
    again = await post_yaml(door, PRODUCTS, dump(body), **{"Idempotency-Key": key})
    assert (again.status_code, again.json()) == (201, first.json()), again.text


@pytest.mark.parametrize(
    ("text", "status", "pointer", "why"),
    [
        (
            "a: &a [*a]",
            422,
            "",
            "the body is not valid YAML: anchors and aliases are not taken: write it out in line 1",
        ),
        ("code: a\ncode: b", 422, "", "code is named twice, again in line 2"),
        ("code: !!python/name:os.system", 422, "", "tags are not taken"),
        ("code: test-x\ncolour: red", 422, "/colour", "Extra inputs are not permitted"),
        ("- a list", 422, "", "Input should be a valid dictionary"),
        ("", 422, "", "Field required"),
    ],
)
async def test_yaml_is_refused_by_name(door: Door, text: str, status: int, pointer: str, why: str) -> None:
    answer = await post_yaml(door, PRODUCTS, text, Accept=YAML)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    told = {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
    assert why in told[pointer], told


async def test_yaml_is_for_definitions_only(door: Door) -> None:
    answer = await post_yaml(door, "/api/admin/v1/users", "email: a@example.com")
    assert answer.status_code == 422


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
