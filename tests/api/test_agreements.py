"""The paper a borrower accepts, and what is kept of the acceptance."""

from io import BytesIO
from uuid import uuid4

from pypdf import PdfReader

from tests.api.conftest import Door
from tests.api.desk import StraightDesk

ADMIN = "/api/admin/v1"


async def _offered(door: Door, desk: StraightDesk) -> tuple[str, str]:
    loan_id = await door.apply("ada")
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=800)
    return loan_id, (await door.get("ada", f"/api/v1/loans/{loan_id}/offer")).json()["digest"]


async def test_borrower_and_lender_see_the_same_paper(door: Door, desk: StraightDesk) -> None:
    loan_id, digest = await _offered(door, desk)
    paper = await door.get("ada", f"/api/v1/loans/{loan_id}/offer/agreement.pdf")
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    text = PdfReader(BytesIO(paper.content)).pages[0].extract_text()
    assert "Ada Byron" in text
    assert digest in text
    assert (await door.get("officer", f"{ADMIN}/loans/{loan_id}/offer/agreement.pdf")).content == paper.content


async def test_there_is_no_paper_before_there_is_an_offer_and_none_for_strangers(
    door: Door, desk: StraightDesk
) -> None:
    undecided = await door.get("ada", f"/api/v1/loans/{await door.apply('ada')}/offer/agreement.pdf")
    assert (undecided.status_code, undecided.json()["type"]) == (409, "urn:tenor:problem:not-allowed-now")
    loan_id, _ = await _offered(door, desk)
    assert (await door.get("bob", f"/api/v1/loans/{loan_id}/offer/agreement.pdf")).status_code == 404


async def test_an_acceptance_is_kept_with_who_when_what_and_from_where(door: Door, desk: StraightDesk) -> None:
    loan_id, digest = await _offered(door, desk)
    path, key = f"/api/v1/loans/{loan_id}/accept", uuid4().hex
    refused = await door.post("ada", path, {"offer_digest": "0" * 64}, key=key)
    assert refused.status_code == 409
    assert (await door.get("officer", f"{ADMIN}/loans/{loan_id}")).json()["acceptance"] is None
    accepted = await door.post("ada", path, {"offer_digest": digest}, key=key)
    assert accepted.status_code == 200, accepted.text
    assert (await door.post("ada", path, {"offer_digest": digest}, key=key)).status_code == 200
    kept = (await door.get("officer", f"{ADMIN}/loans/{loan_id}")).json()["acceptance"]
    assert (kept["offer_digest"], kept["address"]) == (digest, "127.0.0.1")
    assert kept["accepted_by"] == door.people.users["ada"].id
    assert "127.0.0.1" not in repr(desk.sent)


async def test_a_key_that_was_used_for_something_else_accepts_nothing(door: Door, desk: StraightDesk) -> None:
    loan_id, digest = await _offered(door, desk)
    path, key = f"/api/v1/loans/{loan_id}/accept", uuid4().hex
    application = {"product_code": "personal", "amount": {"amount": "900.00", "currency": "USD"}, "installments": 12}
    assert (await door.post("ada", "/api/v1/loans", application, key=key)).status_code == 201
    reused = await door.post("ada", path, {"offer_digest": digest}, key=key)
    assert (reused.status_code, reused.json()["type"]) == (422, "urn:tenor:problem:operation-reused")
    assert (await door.get("officer", f"{ADMIN}/loans/{loan_id}")).json()["acceptance"] is None
    assert (await door.post("ada", path, {"offer_digest": digest})).status_code == 200
    assert (await door.get("officer", f"{ADMIN}/loans/{loan_id}")).json()["acceptance"]["offer_digest"] == digest


async def test_the_key_that_accepted_one_loan_accepts_no_other(door: Door, desk: StraightDesk) -> None:
    (first, digest), key = await _offered(door, desk), uuid4().hex
    second = await door.apply("ada", amount="900.00")
    await desk.underwrite(second, customer_id=str(door.people.users["ada"].customer_id), score=800)
    other = (await door.get("ada", f"/api/v1/loans/{second}/offer")).json()["digest"]
    assert (
        await door.post("ada", f"/api/v1/loans/{first}/accept", {"offer_digest": digest}, key=key)
    ).status_code == 200
    path = f"/api/v1/loans/{second}/accept"
    assert (await door.post("ada", path, {"offer_digest": other}, key=key)).status_code == 422
    assert (await door.get("officer", f"{ADMIN}/loans/{second}")).json()["acceptance"] is None
    assert (await door.post("ada", path, {"offer_digest": other})).status_code == 200
    assert (await door.get("officer", f"{ADMIN}/loans/{second}")).json()["acceptance"]["offer_digest"] == other


async def test_several_offers_stand_side_by_side_and_one_is_taken(door: Door, desk: StraightDesk) -> None:
    loan_id = await door.apply("ada")
    assert (await door.get("ada", f"/api/v1/loans/{loan_id}/offers")).json() == {"items": []}
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=650)
    other = {"amount": {"amount": "600.00", "currency": "USD"}, "installments": 6}
    decided = await door.post(
        "officer", f"{ADMIN}/loans/{loan_id}/decision", {"verdict": "approve", "alternatives": [other]}
    )
    assert decided.status_code == 200, decided.text
    offers = (await door.get("ada", f"/api/v1/loans/{loan_id}/offers")).json()["items"]
    assert [(offer["amount"]["amount"], offer["payments"]) for offer in offers] == [("1000.00", 12), ("600.00", 6)]
    chosen = offers[1]["digest"]
    paper = await door.get("ada", f"/api/v1/loans/{loan_id}/offer/agreement.pdf", digest=chosen)
    assert "600.00 USD" in PdfReader(BytesIO(paper.content)).pages[0].extract_text()
    unknown = await door.get("ada", f"/api/v1/loans/{loan_id}/offer/agreement.pdf", digest="0" * 64)
    assert unknown.status_code == 409
    accepted = await door.post("ada", f"/api/v1/loans/{loan_id}/accept", {"offer_digest": chosen})
    assert accepted.status_code == 200, accepted.text
    file = (await door.get("officer", f"{ADMIN}/loans/{loan_id}")).json()
    assert (file["acceptance"]["offer_digest"], file["offer"]["digest"], file["alternatives"]) == (chosen, chosen, [])


async def test_terms_that_the_policy_declines_are_refused_by_name(door: Door, desk: StraightDesk) -> None:
    loan_id = await door.apply("ada", "30000.00", 60)
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=650)
    path = f"{ADMIN}/loans/{loan_id}/decision"
    answer = await door.post("officer", path, {"verdict": "approve", "installments": 6})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:tenor:problem:outside-policy"), answer.text


async def test_an_officer_renews_an_offer_under_the_eyes_of_the_api(door: Door, desk: StraightDesk) -> None:
    loan_id, _ = await _offered(door, desk)
    renewed = await door.post("officer", f"{ADMIN}/loans/{loan_id}/renew-offer", {"reason": "she was ill"})
    assert (renewed.status_code, renewed.json()["status"]) == (200, "offered"), renewed.text
    own = await door.post("ada the officer", f"{ADMIN}/loans/{loan_id}/renew-offer", {})
    assert (own.status_code, own.json()["type"]) == (403, "urn:tenor:problem:own-application")
