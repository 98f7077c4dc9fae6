"""What bad input gets: row by row of the table, and never a 500."""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import Door
from tests.api.desk import StraightDesk

USD = {"amount": "1000.00", "currency": "USD"}
APPLICATION: dict[str, Any] = {"product_code": "personal", "amount": USD, "installments": 12}

ODD_APPLICATIONS: list[tuple[dict[str, Any], str]] = [
    ({**APPLICATION, "colour": "red"}, "/colour"),
    ({"amount": USD, "installments": 12}, "/product_code"),
    ({**APPLICATION, "installments": "12"}, "/installments"),
    ({**APPLICATION, "installments": 12.0}, "/installments"),
    ({**APPLICATION, "installments": True}, "/installments"),
    ({**APPLICATION, "installments": 0}, "/installments"),
    ({**APPLICATION, "installments": 10**30}, "/installments"),
    ({**APPLICATION, "installments": 361}, "/installments"),
    ({**APPLICATION, "amount": 1000}, "/amount"),
    ({**APPLICATION, "amount": {"amount": 1000, "currency": "USD"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": 1000.5, "currency": "USD"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": "1000.001", "currency": "USD"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": "1000.5", "currency": "JPY"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": "-5.00", "currency": "USD"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": "0.00", "currency": "USD"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": "1e3", "currency": "USD"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": "NaN", "currency": "USD"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": "１０００", "currency": "USD"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": "9999999999999999", "currency": "USD"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": "1" * 5000, "currency": "USD"}}, "/amount/amount"),
    ({**APPLICATION, "amount": {"amount": "1000.00", "currency": "usd"}}, "/amount/currency"),
    ({**APPLICATION, "amount": {"amount": "1000.00", "currency": "EUR"}}, "/amount/currency"),
    ({**APPLICATION, "amount": {"amount": "1000.00"}}, "/amount/currency"),
    ({**APPLICATION, "amount": {**USD, "scale": 2}}, "/amount/scale"),
    ({**APPLICATION, "amount": {"amount": "99.99", "currency": "USD"}}, "/amount"),
    ({**APPLICATION, "amount": {"amount": "50000.01", "currency": "USD"}}, "/amount"),
    ({**APPLICATION, "product_code": "gold-bars"}, "/product_code"),
    ({**APPLICATION, "product_code": "'; DROP TABLE loans; --"}, "/product_code"),
    ({**APPLICATION, "~/odd": 1}, "/~0~1odd"),
]


@pytest.mark.parametrize(("body", "pointer"), ODD_APPLICATIONS)
async def test_a_senseless_application_is_a_422_that_points_at_the_field(
    door: Door, body: dict[str, Any], pointer: str
) -> None:
    answer = await door.post("ada", "/api/v1/loans", body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    problem = answer.json()
    assert problem["type"].startswith("urn:tenor:problem:")
    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == pointer
    assert problem["errors"][0]["detail"]


MALFORMED = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe",
    b'{"product_code": "per\x00sonal"}',
    b'{"product_code": "\\u0000"}',
    b'{"product_code": "\\ud800"}',
    b'{"\\u0000": 1}',
    b'{"installments": NaN}',
    b'{"installments": Infinity}',
    b'{"installments": 1e999}',
    b'{"installments": ' + b"9" * 10_000 + b"}",
    b'{"installments": 12, "installments": 24}',
    b"[" * 50_000,
    b'{"amount":' * 5_000,
    b"[" * 50_000 + b"]" * 50_000,
    b"\xef\xbb\xbf{}",
]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize("path", ["/api/v1/loans", "/api/v1/auth/token", "/api/v1/quotes"])
async def test_malformed_json_is_a_422(door: Door, path: str, body: bytes) -> None:
    headers = {**door.people.bearer("ada"), "Idempotency-Key": uuid4().hex, "content-type": "application/json"}
    answer = await door.http.post(path, content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "urn:tenor:problem:invalid-request"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "", "application/json; q"])
async def test_a_body_of_another_kind_is_refused(door: Door, kind: str) -> None:
    headers = {**door.people.bearer("ada"), "Idempotency-Key": uuid4().hex, "content-type": kind}
    for path in ("/api/v1/loans", "/api/v1/auth/token"):
        assert (await door.http.post(path, content=b"<x/>", headers=headers)).status_code in {415, 422}


async def test_a_body_that_is_too_large_is_a_413(door: Door) -> None:
    answer = await door.post("ada", "/api/v1/loans", {**APPLICATION, "product_code": "x" * 300_000})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


async def test_a_body_that_never_says_how_large_it_is_is_a_413(door: Door) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"[" * 10_000

    headers = {**door.people.bearer("ada"), "Idempotency-Key": uuid4().hex, "content-type": "application/json"}
    answer = await door.http.post("/api/v1/loans", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:tenor:problem:content-too-large")


@pytest.mark.parametrize("key", [None, "", "x" * 129, "two words", "ü", "tab\t"])
async def test_an_unsafe_call_needs_a_sensible_idempotency_key(door: Door, key: str | None) -> None:
    headers: dict[bytes, bytes] = {k.encode(): v.encode() for k, v in door.people.bearer("ada").items()}
    if key is not None:
        headers[b"Idempotency-Key"] = key.encode()
    answer = await door.http.post("/api/v1/loans", json=APPLICATION, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:tenor:problem:idempotency-key-missing")


async def test_the_same_key_with_another_body_is_a_422_and_changes_nothing(door: Door) -> None:
    key = uuid4().hex
    first = await door.post("ada", "/api/v1/loans", APPLICATION, key=key)
    other = await door.post("ada", "/api/v1/loans", {**APPLICATION, "installments": 24}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenor:problem:operation-reused")
    loan = await door.get("ada", f"/api/v1/loans/{first.json()['loan_id']}")
    assert loan.json()["requested_installments"] == 12


@pytest.mark.parametrize(
    "loan_id",
    [
        "00000000-0000-4000-8000-000000000000",
        "1",
        "not-a-uuid",
        "..",
        "%00",
        "%2e%2e%2f",
        "0" * 36,
        "{00000000-0000-4000-8000-000000000000}",
        "%ff%fe",
        "line%0Abreak",
        "x" * 3000,
    ],
)
async def test_an_unknown_or_malformed_id_is_a_404(door: Door, loan_id: str) -> None:
    for who, path in (("ada", f"/api/v1/loans/{loan_id}/offer"), ("officer", f"/api/admin/v1/loans/{loan_id}")):
        answer = await door.get(who, path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), answer.text
    assert (await door.post("ada", f"/api/v1/loans/{loan_id}/payments", {"amount": USD})).status_code == 404


@pytest.mark.parametrize(
    "as_of", ["yesterday", "2027-02-30", "1234567890", "0", "-1", "99999-01-01", "2027-1-1", "%00"]
)
async def test_a_senseless_date_is_a_422_that_names_the_parameter(door: Door, as_of: str) -> None:
    loan_id = await door.apply("ada")
    answer = await door.get("ada", f"/api/v1/loans/{loan_id}/payoff", as_of=as_of)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["parameter"] == "as_of"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "many"),
        ("limit", "9" * 5000),
        ("cursor", "nonsense"),
        ("cursor", "\0"),
        ("cursor", "ü"),
        ("cursor", "e30"),
        ("cursor", "W10"),
        ("cursor", "x" * 501),
        ("status", "happy"),
    ],
)
async def test_a_senseless_query_is_a_422_that_names_the_parameter(door: Door, parameter: str, value: str) -> None:
    for who, path in (("ada", "/api/v1/loans"), ("officer", "/api/admin/v1/loans")):
        answer = await door.get(who, path, **{parameter: value})
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["parameter"] == parameter


BIG, NUL, HALF = 10**30, "a\0b", "\ud800"


@pytest.mark.parametrize(
    "place",
    [
        ["0001-01-01T00:00:00+14:00", NUL],
        ["2026-01-01T00:00:00+00:00", NUL],
        ["personal", BIG],
        ["personal", float("inf")],
        [NUL, 1],
        [HALF, 1],
        ["2026-01-01T00:00:00+00:00", "a", "b", HALF, 1],
        ["2026-01-01T00:00:00+00:00", "a", "b", "c", BIG],
        [[[[["deep"]]]], 1],
    ],
)
async def test_a_cursor_that_no_list_gave_is_refused(door: Door, place: list[object]) -> None:
    cursor = urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    for path in ("loans", "products", "door-log", "users", "receipts", "queues/operations"):
        answer = await door.get("admin", f"/api/admin/v1/{path}", cursor=cursor)
        assert answer.status_code == 422, answer.text


async def test_a_command_the_status_does_not_allow_is_a_409(door: Door) -> None:
    loan_id = await door.apply("ada")
    accepted = await door.post("ada", f"/api/v1/loans/{loan_id}/accept", {"offer_digest": "0" * 64})
    paid = await door.post("ada", f"/api/v1/loans/{loan_id}/payments", {"amount": USD})
    retried = await door.post("operator", f"/api/admin/v1/loans/{loan_id}/retry-payout", {})
    decided = await door.post("officer", f"/api/admin/v1/loans/{loan_id}/decision", {"verdict": "approve"})
    offer = await door.get("ada", f"/api/v1/loans/{loan_id}/offer")
    payoff = await door.get("ada", f"/api/v1/loans/{loan_id}/payoff")
    for answer in (accepted, paid, retried, decided, offer, payoff):
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:tenor:problem:not-allowed-now"), answer.text


async def test_an_engine_that_is_away_is_a_503_with_retry_after(door: Door, desk: StraightDesk) -> None:
    key = uuid4().hex
    desk.away = True
    away = await door.post("ada", "/api/v1/loans", APPLICATION, key=key)
    assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
    assert away.json()["type"] == "urn:tenor:problem:engine-unavailable"
    ready = await door.get(None, "/readyz")
    assert (ready.status_code, ready.json()["temporal"]) == (503, False)
    desk.away = False
    assert (await door.post("ada", "/api/v1/loans", APPLICATION, key=key)).status_code == 201
    assert (await door.get(None, "/readyz")).status_code == 200


async def test_an_unknown_address_and_a_wrong_method_are_problems_too(door: Door) -> None:
    for path in ("/", "/api/v1/nothing", "/api/admin/v1/nothing", "/api/admin", "/.env"):
        answer = await door.get("ada", path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    answer = await door.http.delete("/api/v1/loans")
    assert (answer.status_code, answer.json()["type"]) == (405, "urn:tenor:problem:method-not-allowed")
    assert (await door.http.request("BREW", "/api/v1/loans")).status_code == 405
