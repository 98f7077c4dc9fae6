"""A customer asks what is held about them, and is told it; an admin tells all of it, and nothing of anybody else."""

from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.public.customers import EXPORTS
from domain.evidence import Aspect, AspectCheck, BureauReport, IdentityOutcome, IdentityResult, dossier_key
from domain.people import ENGINE, Role
from domain.signals import Signals
from domain.underwriting import Applicant, Dossier
from infrastructure.postgres.evidence import PostgresEvidence
from infrastructure.postgres.export import OF_A_LOAN
from infrastructure.postgres.tables import metadata
from infrastructure.security import Caller
from tests.api.conftest import PASSWORD, Door
from tests.api.desk import StraightDesk, now
from tests.api.test_borrower import SIGN_UP
from tests.keys import data_keys

# What repeats what is told, counts it, or says when somebody was in.
LEFT_OUT = {"accruals", "customer_keys", "event_deliveries", "journal_entries", "lockouts", "operations", "outbox"}
LEFT_OUT |= {"receipt_resolutions", "sign_ins"}


MINE = "/api/v1/me/export"


def path(customer_id: str) -> str:
    return f"/api/admin/v1/customers/{customer_id}/export"


async def told_of(door: Door, loan_id: str, who: str, place: str) -> dict[str, Any]:
    answer = await door.get(who, place)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = [one for one in answer.json()["loans"] if one["id"] == loan_id]
    return told[0]


async def exports_on_record(engine: AsyncEngine, customer_id: str | None) -> list[str]:
    """By whom."""
    asked = text("SELECT actor FROM audit WHERE action = 'customer_exported' AND details ->> 'customer' = :customer")
    async with engine.connect() as connection:
        return [*(await connection.scalars(asked, {"customer": customer_id})).all()]


async def refusals_on_record(engine: AsyncEngine, actor: str, customer_id: str) -> list[str]:
    """Which calls were refused."""
    asked = text(
        "SELECT details ->> 'call' FROM audit WHERE action = 'refused' AND actor = :actor"
        " AND details ->> 'customer' = :customer ORDER BY sequence"
    )
    async with engine.connect() as connection:
        return [*(await connection.scalars(asked, {"actor": actor, "customer": customer_id})).all()]


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
    await PostgresEvidence(engine, data_keys(engine)).keep(
        key=f"export-{loan_id}", loan_id=loan_id, customer_id=ada, report=report
    )
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


async def test_an_admin_who_is_a_customer_neither_takes_nor_erases_what_is_held_of_them(
    door: Door, engine: AsyncEngine
) -> None:
    await door.apply("ada")
    ada, me = str(door.people.users["ada"].customer_id), door.people.users["ada the admin"].id
    spellings = (ada, ada.upper(), ada.replace("-", ""))
    answers = [await door.get("ada the admin", path(spelling)) for spelling in spellings]
    erase = f"/api/admin/v1/customers/{ada}/erase"
    answers.append(await door.post("ada the admin", erase, {"reason": "nobody asked"}))
    for answer in answers:
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:tenor:problem:own-application")
    assert await refusals_on_record(engine, me, ada) == [
        *["GET /api/admin/v1/customers/{customer_id}/export"] * len(spellings),
        "POST /api/admin/v1/customers/{customer_id}/erase",
    ]
    assert me not in await exports_on_record(engine, ada)
    assert (await door.get("admin", path(ada))).status_code == 200
    bob = str(door.people.users["bob"].customer_id)
    assert (await door.get("ada the admin", path(bob))).status_code == 200


async def test_customers_take_what_is_held_of_them_themselves_and_nothing_of_another(door: Door) -> None:
    loan_id, bobs = await door.apply("ada"), await door.apply("bob")
    answer = await door.get("ada", MINE)
    assert answer.status_code == 200, answer.text
    ada, told = str(door.people.users["ada"].customer_id), answer.json()
    asked_by_an_admin = (await door.get("admin", path(ada))).json()
    for part in ("customer", "users", "documents"):
        assert told[part] == asked_by_an_admin[part]
    mine, theirs = [[one for one in whole["loans"] if one["id"] == loan_id] for whole in (told, asked_by_an_admin)]
    assert {*theirs[0]} - {*mine[0]} == {"approvals", "events", "version"}
    for others in (bobs, "bob@example.com", "password", "argon2", "sealed"):
        assert others not in answer.text


async def test_a_customer_is_not_told_who_works_here_what_they_remark_and_what_warns_of_a_suspicion(
    door: Door, desk: StraightDesk, engine: AsyncEngine
) -> None:
    ada, loan_id = str(door.people.users["ada"].customer_id), await door.apply("ada")
    await _suspect(desk, engine, loan_id, ada)
    await door.post("officer", f"/api/admin/v1/loans/{loan_id}/comments", {"text": "looks like her cousin"})
    asking = {"verdict": "request_information", "reason": "whose is the account?"}
    assert (await door.post("officer", f"/api/admin/v1/loans/{loan_id}/decision", asking)).status_code == 200
    answered = await door.post("ada", f"/api/v1/loans/{loan_id}/information", {"text": "it is mine"})
    assert answered.status_code == 200, answered.text
    await desk.hear(loan_id, IdentityResult(outcome=IdentityOutcome.PASSED, reference="check"))
    decline = {"verdict": "decline", "reason": "a friend of hers told us"}
    assert (await door.post("officer", f"/api/admin/v1/loans/{loan_id}/decision", decline)).status_code == 200
    whole, told = await told_of(door, loan_id, "admin", path(ada)), await told_of(door, loan_id, "ada", MINE)
    officer = door.people.users["officer"].id
    words = ("looks like her cousin", "a friend of hers told us")
    for hidden in (officer, *words, "possible_match", "identity_needs_person", "account_applications"):
        assert hidden in str(whole)
        assert hidden not in str(told)
    assert [check["aspect"] for check in told["identity"]["checks"]] == ["document", "liveness"]
    assert told["referral"]["inquiry"]["question"] == "whose is the account?"
    assert [letter["text"] for letter in told["correspondence"]] == ["it is mine"]
    checks = {"identity_checked", "identity_contradicted"}
    actions, all_actions = ([line["action"] for line in one["audit_trail"]] for one in (told, whole))
    assert actions == [action for action in all_actions if action not in checks]
    assert checks <= {*all_actions}
    assert not [line for line in told["audit_trail"] if "sequence" in line]
    own = (await door.get("ada", f"/api/v1/loans/{loan_id}")).json()
    [as_staff, theirs] = [
        next(one for one in (await door.get(who, "/api/admin/v1/loans")).json()["items"] if one["id"] == loan_id)
        for who in ("ada the officer", "officer")
    ]
    assert [one["closure"] for one in (own, as_staff, theirs)] == [None, None, "a friend of hers told us"]
    assert {line["actor"] for line in told["audit_trail"]} == {door.people.users["ada"].id, "staff", ENGINE}


async def _suspect(desk: StraightDesk, engine: AsyncEngine, loan_id: str, customer_id: str) -> None:
    """A possible match with a list of sanctions, and an account that others use as well."""
    outcomes = dict.fromkeys(Aspect, IdentityOutcome.PASSED) | {Aspect.SANCTIONS: IdentityOutcome.NEEDS_PERSON}
    checks = tuple(
        AspectCheck(aspect=aspect, outcome=outcome, reasons=("possible_match",) * (aspect is Aspect.SANCTIONS))
        for aspect, outcome in outcomes.items()
    )
    pending = IdentityResult(outcome=IdentityOutcome.PENDING, reference="check", checks=checks)
    await desk.underwrite(loan_id, customer_id=customer_id, score=620, identity=pending.concluded())
    applicant = Applicant(
        date_of_birth=now().date(), country="US", monthly_income=1, signals=Signals(account_applications_1_day=3)
    )
    await PostgresEvidence(engine, data_keys(engine)).keep_dossier(
        key=dossier_key(loan_id),
        loan_id=loan_id,
        customer_id=customer_id,
        dossier=Dossier(applicant=applicant, decided_at=now()),
    )


async def test_a_customer_is_told_the_reasons_of_a_refusal_in_the_words_of_the_notice(
    door: Door, desk: StraightDesk
) -> None:
    loan_id = await door.apply("ada")
    await desk.underwrite(loan_id, customer_id=str(door.people.users["ada"].customer_id), score=300)
    notice = (await door.get("ada", f"/api/v1/loans/{loan_id}/decision")).json()
    told = await told_of(door, loan_id, "ada", MINE)
    assert told["decision"]["reasons"] == notice["reasons"] != []


async def test_whoever_takes_it_too_often_waits_and_nobody_else_does(door: Door, engine: AsyncEngine) -> None:
    person = {**SIGN_UP, "email": f"{uuid4().hex}@example.com"}
    signed_up = (await door.post(None, "/api/v1/customers", person)).json()
    taker = Caller(user_id=signed_up["user_id"], role=Role.APPLICANT, customer_id=signed_up["customer_id"])
    bearer = {"Authorization": f"Bearer {door.people.tokens.issue(taker)}"}
    answers = [await door.http.get(MINE, headers=bearer) for _ in range(EXPORTS.amount + 1)]
    assert [answer.status_code for answer in answers] == [200] * EXPORTS.amount + [429]
    assert answers[-1].json()["type"] == "urn:tenor:problem:too-many-requests"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert (await door.get("bob", MINE)).status_code == 200
    assert await exports_on_record(engine, taker.customer_id) == [taker.user_id] * EXPORTS.amount


async def test_what_is_handed_out_is_on_record_first(door: Door, engine: AsyncEngine) -> None:
    bob = str(door.people.users["bob"].customer_id)
    assert (await door.get("admin", path(bob))).status_code == 200
    assert door.people.users["admin"].id in await exports_on_record(engine, bob)


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
