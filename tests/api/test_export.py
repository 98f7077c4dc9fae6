"""A customer asks what is held about them, and an admin tells all of it, and nothing of anybody else."""

from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.evidence import BureauReport
from infrastructure.postgres.evidence import PostgresEvidence
from infrastructure.postgres.export import OF_A_LOAN
from infrastructure.postgres.tables import metadata
from tests.api.conftest import PASSWORD, Door
from tests.api.desk import StraightDesk
from tests.api.test_borrower import SIGN_UP
from tests.keys import data_keys

# What repeats what is told, counts it, or says when somebody was in.
LEFT_OUT = {"accruals", "customer_keys", "event_deliveries", "journal_entries", "lockouts", "operations", "outbox"}
LEFT_OUT |= {"receipt_resolutions", "sign_ins"}


def path(customer_id: str) -> str:
    return f"/api/admin/v1/customers/{customer_id}/export"


async def test_all_that_is_held_of_a_customer_is_told_and_nothing_of_another(
    door: Door, desk: StraightDesk, engine: AsyncEngine
) -> None:
    ada, loan_id, bobs = str(door.people.users["ada"].customer_id), await door.apply("ada"), await door.apply("bob")
    await desk.underwrite(loan_id, customer_id=ada, score=750)
    digest = (await door.get("ada", f"/api/v1/loans/{loan_id}/offer")).json()["digest"]
    await door.post("ada", f"/api/v1/loans/{loan_id}/accept", {"offer_digest": digest})
    await door.post("officer", f"/api/admin/v1/loans/{loan_id}/comments", {"text": "spoke with her on Monday"})
    await door.post("officer", f"/api/admin/v1/loans/{bobs}/comments", {"text": "never heard of him"})
    report = BureauReport(reference="report-of-ada", score=711, currency="USD", monthly_obligations=12345)
    await PostgresEvidence(engine, data_keys(engine)).keep(key=f"export-{loan_id}", loan_id=loan_id, report=report)
    answer = await door.get("admin", path(ada))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["customer"]["given_name"], told["customer"]["bank_account"]) == ("Ada", "US-000123456789")
    assert "ada@example.com" in [user["email"] for user in told["users"]]
    [loan] = [one for one in told["loans"] if one["id"] == loan_id]
    assert (loan["offer"] is not None, loan["decision"] is not None, loan["application"] is not None) == (True,) * 3
    assert [letter["text"] for letter in loan["correspondence"]] == ["spoke with her on Monday"]
    assert [taken["address"] for taken in loan["acceptances"]] == ["127.0.0.1"]
    assert "report-of-ada" in [piece["content"].get("reference") for piece in loan["evidence"]]
    assert [line["sequence"] for line in loan["audit_trail"]] == list(range(1, len(loan["audit_trail"]) + 1))
    for others in (bobs, "bob@example.com", "never heard", "password", "argon2", "sealed"):
        assert others not in answer.text


async def test_what_is_handed_out_is_on_record_first(door: Door, engine: AsyncEngine) -> None:
    bob = str(door.people.users["bob"].customer_id)
    assert (await door.get("admin", path(bob))).status_code == 200
    asked = text("SELECT actor FROM audit WHERE action = 'customer_exported' AND details ->> 'customer' = :bob")
    async with engine.connect() as connection:
        assert (await connection.scalars(asked, {"bob": bob})).all() == [door.people.users["admin"].id]


async def test_nobody_and_the_erased_are_answered_by_name(door: Door) -> None:
    for nobody in (str(uuid4()), "nobody"):
        answer = await door.get("admin", path(nobody))
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:tenor:problem:unknown-customer")
    person = {**SIGN_UP, "email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    customer_id = (await door.post(None, "/api/v1/customers", person)).json()["customer_id"]
    await door.post("admin", f"/api/admin/v1/customers/{customer_id}/erase", {"reason": "asked for by letter"})
    answer = await door.get("admin", path(customer_id))
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:tenor:problem:customer-erased")


def test_a_table_that_holds_something_of_customers_is_told_or_left_out_on_purpose() -> None:
    of_customers = {
        table.name for table in metadata.sorted_tables if {"loan_id", "customer_id", "user_id"} & {*table.c.keys()}
    }
    told = {table.name for table in OF_A_LOAN.values()} | {"documents", "loans", "users"}
    assert of_customers == told | LEFT_OUT
