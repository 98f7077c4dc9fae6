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
