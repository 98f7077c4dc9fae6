"""Products as YAML: what is written is what is read, and what YAML can do beyond that is refused."""

from typing import Any
from uuid import uuid4

import pytest
from httpx import Response

from api.product_files import EXAMPLES
from api.strict_yaml import dump, parse
from tests.api.conftest import Door
from tests.api.definitions import PRODUCTS, definition, grid, rule, usd

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
