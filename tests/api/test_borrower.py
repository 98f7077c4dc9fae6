"""A borrower at the door: signs up, applies, sees only what is theirs."""

from dataclasses import replace
from uuid import uuid4

import httpx

from api.main import create_app
from api.parts import Parts
from infrastructure.settings import Settings
from tests.api.conftest import PASSWORD, Door

SIGN_UP = {
    "email": "grace@example.com",
    "password": PASSWORD,
    "given_name": "Grace",
    "family_name": "Hopper",
    "date_of_birth": "1986-12-09",
    "country": "US",
    "annual_income": {"amount": "54000.00", "currency": "USD"},
    "bank_account": "US-000123456789",
}


async def test_a_customer_signs_up_asks_for_a_token_and_is_told_who_they_are(door: Door) -> None:
    signed_up = await door.post(None, "/api/v1/customers", SIGN_UP, key="grace")
    assert signed_up.status_code == 201, signed_up.text
    token = await door.http.post("/api/v1/auth/token", json={"username": "Grace@Example.com", "password": PASSWORD})
    assert token.status_code == 200, token.text
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    me = (await door.http.get("/api/v1/me", headers=bearer)).json()
    assert (me["role"], me["customer"]["given_name"]) == ("applicant", "Grace")
    assert me["customer_id"] == signed_up.json()["customer_id"]

    again = await door.post(None, "/api/v1/customers", SIGN_UP, key="grace")
    assert (again.status_code, again.json()) == (201, signed_up.json())
    other = await door.post(None, "/api/v1/customers", {**SIGN_UP, "given_name": "Grete"}, key="grace")
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenor:problem:operation-reused")
    taken = await door.post(None, "/api/v1/customers", SIGN_UP, key="another")
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (422, "/email")


async def test_the_token_endpoint_reads_the_form_of_oauth2_too(door: Door) -> None:
    form = {"grant_type": "password", "username": "ada@example.com", "password": PASSWORD, "scope": ""}
    answer = await door.http.post("/api/v1/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "bearer"


async def test_a_wrong_password_and_an_unknown_user_are_told_the_same(door: Door) -> None:
    wrong, unknown = [
        await door.http.post("/api/v1/auth/token", json={"username": name, "password": "not the password"})
        for name in ("ada@example.com", "nobody@example.com")
    ]
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_an_application_is_recorded_and_found_again(door: Door) -> None:
    body = {"product_code": "personal", "amount": {"amount": "1000.00", "currency": "USD"}, "installments": 12}
    key = uuid4().hex
    first = await door.post("ada", "/api/v1/loans", body, key=key)
    assert first.status_code == 201, first.text
    assert first.json()["status"] == "verifying"
    loan = await door.get("ada", first.headers["Location"])
    assert loan.json()["requested"] == {"amount": "1000.00", "currency": "USD"}
    again = await door.post("ada", "/api/v1/loans", body, key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    listed = await door.get("ada", "/api/v1/loans", limit=1)
    assert listed.json()["items"][0]["id"] == first.json()["loan_id"]


async def test_keys_of_different_callers_never_meet(door: Door) -> None:
    body = {"product_code": "personal", "amount": {"amount": "1000.00", "currency": "USD"}, "installments": 12}
    ada, bob = [await door.post(who, "/api/v1/loans", body, key="one") for who in ("ada", "bob")]
    assert ada.json()["loan_id"] != bob.json()["loan_id"]


async def test_somebody_elses_loan_is_not_there(door: Door) -> None:
    loan_id = await door.apply("ada")
    for path in ("", "/schedule", "/transactions", "/offer", "/payoff"):
        assert (await door.get("bob", f"/api/v1/loans/{loan_id}{path}")).status_code == 404
    withdrawn = await door.post("bob", f"/api/v1/loans/{loan_id}/withdraw", {})
    assert withdrawn.status_code == 404
    assert loan_id not in (await door.get("bob", "/api/v1/loans", limit=200)).text


async def test_pages_follow_each_other_without_a_gap(door: Door) -> None:
    mine = {await door.apply("bob") for _ in range(3)}
    seen, cursor = [], None
    while True:
        page = (await door.get("bob", "/api/v1/loans", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        seen += [loan["id"] for loan in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert mine <= set(seen)


async def test_a_withdrawn_application_cannot_be_withdrawn_twice(door: Door) -> None:
    loan_id = await door.apply("ada")
    path = f"/api/v1/loans/{loan_id}/withdraw"
    assert (await door.post("ada", path, {"reason": "found it cheaper"})).json()["status"] == "withdrawn"
    again = await door.post("ada", path, {})
    assert (again.status_code, again.json()["type"]) == (409, "urn:tenor:problem:not-allowed-now")


async def test_where_it_is_not_switched_on_applicants_report_no_payments(
    door: Door, parts: Parts, api_settings: Settings
) -> None:
    loan_id = await door.apply("ada")
    settings = api_settings.model_copy(update={"payments_by_applicants": False})
    transport = httpx.ASGITransport(create_app(settings, replace(parts, settings=settings)))
    body, headers = {"amount": {"amount": "1.00", "currency": "USD"}}, door.people.bearer("ada")
    async with httpx.AsyncClient(transport=transport, base_url="http://tenor.test") as http:
        path = f"/api/v1/loans/{loan_id}/payments"
        answer = await http.post(path, json=body, headers={**headers, "Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:tenor:problem:not-your-role")
