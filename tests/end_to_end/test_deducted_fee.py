"""A loan whose fee is kept back, over the real rail: what it sends, what the borrower reads, and whole books."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.products import Products
from stack.postgres import EmbeddedPostgres
from stack.temporal_server import TemporalServer
from tests.api.desk import now
from tests.end_to_end.house import House, one_process
from tests.end_to_end.test_unknown_outcomes import Rail
from tests.fakes import product
from tests.servers import fresh_database

CODE = "five-percent-kept"


@pytest.fixture
async def house(postgres: EmbeddedPostgres, temporal_server: TemporalServer) -> AsyncIterator[House]:
    with fresh_database(postgres) as database:
        async with one_process(database, temporal_server) as house:
            terms = replace(product().terms, origination_fee_percent=Decimal(5), origination_fee_deducted=True)
            await Products(house.engine).create(product(code=CODE, terms=terms, cooling_off_days=14), now())
            yield house


async def test_the_rail_pays_out_the_net_amount_and_everybody_agrees_on_it(house: House) -> None:
    loan_id = await house.offered_loan(CODE)
    loan = f"/api/v1/loans/{loan_id}"
    offer = await house.get(f"{loan}/offer")
    told = [offer[name]["amount"] for name in ("amount", "deducted_fee", "amount_financed")]
    assert told == ["1200.00", "60.00", "1140.00"]
    paper = await house.http.get(f"{loan}/offer/agreement.pdf", headers=house.headers)
    assert "60.00 USD, deducted from the payout" in PdfReader(BytesIO(paper.content)).pages[0].extract_text()
    await house.post(f"{loan}/accept", {"offer_digest": offer["digest"]})
    await house.until(loan_id, "active")
    (line,) = await house.sandbox.statement()
    assert (line["loan_id"], line["amount_minor"], line["outcome"]) == (loan_id, 1_140_00, "settled")
    reconciled = await Rail(house, house.engine).reconciled()
    assert (reconciled.matched, reconciled.clean) == (1, True)
    assert (await house.get(loan))["outstanding"]["amount"] == "1200.00"

    withdrawn = await house.post(f"{loan}/withdraw-from-credit", {})
    assert withdrawn["outstanding"]["amount"] == "1140.00"
    await house.post(f"{loan}/payments", {"amount": withdrawn["outstanding"]})
    assert (await house.get(loan))["closure"] == "withdrawn"
    report = await audit(house.engine)
    assert [(answer.name, answer.findings) for answer in report.answers if answer.count] == []
    assert report.refolded == 1
