"""The lender's people at their door: the queue, decisions, receipts, and the file of a loan."""

from datetime import timedelta
from uuid import uuid4

from api.parts import Parts
from domain.evidence import PayoutOutcome
from tests.api.conftest import Door
from tests.api.desk import StraightDesk, now

ADMIN = "/api/admin/v1"


async def _referred(door: Door, desk: StraightDesk, amount: str = "1000.00") -> str:
    loan_id = await door.apply("ada", amount)
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=650)
    return loan_id


async def _disbursing(door: Door, desk: StraightDesk) -> str:
    loan_id = await _referred(door, desk)
    await door.post("officer", f"{ADMIN}/loans/{loan_id}/decision", {"verdict": "approve"})
    digest = (await door.get("ada", f"/api/v1/loans/{loan_id}/offer")).json()["digest"]
    accepted = await door.post("ada", f"/api/v1/loans/{loan_id}/accept", {"offer_digest": digest})
    assert accepted.json()["status"] == "disbursing", accepted.text
    return loan_id


async def _active(door: Door, desk: StraightDesk) -> str:
    loan_id = await _disbursing(door, desk)
    await desk.resolve_payout(loan_id, f"{loan_id}-payout-1", PayoutOutcome.SETTLED)
    return loan_id


async def test_a_referred_application_is_in_the_queue_until_it_is_decided(door: Door, desk: StraightDesk) -> None:
    loan_id = await _referred(door, desk)
    queue = await door.get("officer", f"{ADMIN}/applications", limit=200)
    assert loan_id in {loan["id"] for loan in queue.json()["items"]}
    smaller = {"verdict": "approve", "amount": {"amount": "800.00", "currency": "USD"}, "reason": "steady income"}
    decided = await door.post("officer", f"{ADMIN}/loans/{loan_id}/decision", smaller)
    assert (decided.status_code, decided.json()["status"]) == (200, "offered"), decided.text
    offer = (await door.get("ada", f"/api/v1/loans/{loan_id}/offer")).json()
    assert offer["amount"] == {"amount": "800.00", "currency": "USD"}
    assert loan_id not in (await door.get("officer", f"{ADMIN}/applications", limit=200)).text


async def test_a_second_decision_is_a_409(door: Door, desk: StraightDesk) -> None:
    loan_id = await _referred(door, desk)
    path = f"{ADMIN}/loans/{loan_id}/decision"
    assert (await door.post("officer", path, {"verdict": "decline", "reason": "too thin"})).status_code == 200
    again = await door.post("officer", path, {"verdict": "approve"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:tenor:problem:already-decided")


async def test_nobody_decides_beyond_their_authority_or_on_their_own_loan(door: Door, desk: StraightDesk) -> None:
    loan_id = await _referred(door, desk, "15000.00")
    path = f"{ADMIN}/loans/{loan_id}/decision"
    junior = await door.post("junior", path, {"verdict": "approve"})
    assert (junior.status_code, junior.json()["type"]) == (403, "urn:tenor:problem:beyond-authority")
    herself = await door.post("ada the officer", path, {"verdict": "approve"})
    assert (herself.status_code, herself.json()["type"]) == (403, "urn:tenor:problem:own-application")


async def test_an_offer_is_accepted_by_its_digest_only(door: Door, desk: StraightDesk) -> None:
    loan_id = await _referred(door, desk)
    await door.post("officer", f"{ADMIN}/loans/{loan_id}/decision", {"verdict": "approve"})
    other = await door.post("ada", f"/api/v1/loans/{loan_id}/accept", {"offer_digest": "0" * 64})
    assert (other.status_code, other.json()["type"]) == (409, "urn:tenor:problem:offer-changed")


async def test_a_payment_gives_the_same_receipt_however_often_it_is_sent(door: Door, desk: StraightDesk) -> None:
    loan_id = await _active(door, desk)
    key, path = uuid4().hex, f"/api/v1/loans/{loan_id}/payments"
    body = {"amount": {"amount": "88.85", "currency": "USD"}}
    first = await door.post("ada", path, body, key=key)
    assert first.status_code == 201, first.text
    assert first.json()["amount"] == body["amount"]
    assert (await door.post("ada", path, body, key=key)).json() == first.json()
    other = await door.post("ada", path, {"amount": {"amount": "1.00", "currency": "USD"}}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenor:problem:operation-reused")
    kinds = [t["kind"] for t in (await door.get("ada", f"/api/v1/loans/{loan_id}/transactions")).json()["transactions"]]
    assert kinds.count("payment") == 1
    assert len((await door.get("ada", f"/api/v1/loans/{loan_id}/schedule")).json()["installments"]) == 12


async def test_the_payoff_closes_the_loan_and_the_books_balance(door: Door, desk: StraightDesk) -> None:
    loan_id = await _active(door, desk)
    payoff = (await door.get("ada", f"/api/v1/loans/{loan_id}/payoff")).json()
    receipt = await door.post("operator", f"{ADMIN}/loans/{loan_id}/payments", {"amount": payoff["amount"]})
    assert (receipt.status_code, receipt.json()["status"]) == (201, "closed"), receipt.text
    for balance in (await door.get("operator", f"{ADMIN}/ledger/trial-balance")).json()["currencies"]:
        assert balance["total"]["amount"] == "0.00"


async def test_a_receipt_cannot_come_from_the_future(door: Door, desk: StraightDesk) -> None:
    loan_id = await _active(door, desk)
    tomorrow = str((now() + timedelta(days=2)).date())
    body = {"amount": {"amount": "10.00", "currency": "USD"}, "effective_date": tomorrow}
    answer = await door.post("operator", f"{ADMIN}/loans/{loan_id}/payments", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/effective_date"), answer.text


async def test_a_failed_payout_is_retried_on_request_and_a_loan_given_up(door: Door, desk: StraightDesk) -> None:
    retried, given_up = await _disbursing(door, desk), await _disbursing(door, desk)
    for loan_id in (retried, given_up):
        await desk.resolve_payout(loan_id, f"{loan_id}-payout-1", PayoutOutcome.FAILED)
    again = await door.post("operator", f"{ADMIN}/loans/{retried}/retry-payout", {})
    assert (again.status_code, again.json()["status"]) == (200, "disbursing"), again.text
    cancelled = await door.post("operator", f"{ADMIN}/loans/{given_up}/cancel", {"reason": "no account"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled"), cancelled.text


async def test_the_file_holds_the_audit_trail_and_the_way_to_the_workflow(
    door: Door, desk: StraightDesk, parts: Parts
) -> None:
    loan_id = await _referred(door, desk)
    await door.post("junior", f"{ADMIN}/loans/{loan_id}/decision", {"verdict": "decline", "reason": "too thin"})
    file = (await door.get("operator", f"{ADMIN}/loans/{loan_id}")).json()
    assert file["workflow_url"] == f"{parts.settings.temporal_ui_url}/namespaces/default/workflows/loan-{loan_id}"
    assert file["audit_trail"][0]["action"] == "application_submitted"
    assert file["decision"] == {"verdict": "refer", "reasons": ["score_needs_person"], "grade": None}
    assert file["report"]["score"] == 650


async def test_a_key_of_the_lenders_people_stands_for_one_content_too(door: Door) -> None:
    body = {"email": f"{uuid4().hex}@lender.example", "password": "a long secret phrase", "role": "operator"}
    key = uuid4().hex
    first = await door.post("admin", f"{ADMIN}/users", body, key=key)
    again = await door.post("admin", f"{ADMIN}/users", body, key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await door.post("admin", f"{ADMIN}/users", {**body, "level": 2}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenor:problem:operation-reused")


async def test_an_admin_adds_people_and_nobody_twice(door: Door) -> None:
    body = {"email": f"{uuid4().hex}@lender.example", "password": "a long secret phrase", "role": "officer", "level": 2}
    created = await door.post("admin", f"{ADMIN}/users", body)
    assert (created.status_code, created.json()["level"]) == (201, 2), created.text
    twice = await door.post("admin", f"{ADMIN}/users", body)
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (422, "/email")
    stranger = {**body, "email": f"{uuid4().hex}@lender.example", "customer_id": str(uuid4())}
    assert (await door.post("admin", f"{ADMIN}/users", stranger)).status_code == 404
    applicant = await door.post("admin", f"{ADMIN}/users", {**body, "role": "applicant"})
    assert (applicant.status_code, applicant.json()["errors"][0]["pointer"]) == (422, "/role")
    assert "password" not in (await door.get("admin", f"{ADMIN}/users", limit=200)).text
