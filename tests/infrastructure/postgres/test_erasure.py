"""A customer who is erased is nobody any more; what was lent to them stays in the books, and verifies."""

from uuid import uuid4

import pytest

from domain.documents import DocumentKind, MediaType
from domain.errors import CustomerErased, LoansOpen, UnknownCustomer
from domain.evidence import BureauReport
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.documents import Documents, Upload, UploadDocument, digest_of
from infrastructure.postgres.erasure import EraseCustomer, Erasure
from infrastructure.postgres.evidence import PostgresEvidence
from infrastructure.postgres.users import Users
from tests.infrastructure.postgres.conftest import NOON, Bank, Plant, customer
from tests.keys import data_keys

BAD_SCORE = 300


def wish(bank: Bank, customer_id: str) -> EraseCustomer:
    return EraseCustomer(operation_id=bank.key(), actor="admin", customer_id=customer_id, reason="they asked")


async def test_nobody_is_erased_while_a_loan_of_theirs_is_open(bank: Bank) -> None:
    loan_id = await bank.disbursed()
    with pytest.raises(LoansOpen, match=loan_id):
        await Erasure(bank.engine).erase(wish(bank, bank.customer_id), NOON)
    assert (await Customers(bank.engine, data_keys(bank.engine)).details(bank.customer_id)).given_name == "Ada"


@pytest.mark.parametrize(
    "still_moving",
    [
        "UPDATE loans SET status = 'closed', credit = 100",
        """UPDATE loans SET status = 'closed', debit = '{"open": true, "overdue": false, "contradicted": []}'""",
        """UPDATE loans SET status = 'cancelled', payout = payout || '{"contradicted": ["a key"]}'""",
    ],
)
async def test_nobody_is_erased_while_money_of_a_loan_that_is_over_still_moves(
    bank: Bank, plant: Plant, still_moving: str
) -> None:
    loan_id = await bank.disbursed()
    plant(still_moving)
    with pytest.raises(LoansOpen, match=loan_id):
        await Erasure(bank.engine).erase(wish(bank, bank.customer_id), NOON)
    plant("UPDATE loans SET status = 'closed', credit = 0, debit = NULL, payout = payout || '{\"contradicted\": []}'")
    await Erasure(bank.engine).erase(wish(bank, bank.customer_id), NOON)


async def test_who_is_erased_can_neither_be_read_nor_come_in_and_the_books_still_verify(bank: Bank) -> None:
    keys, details = data_keys(bank.engine), customer(str(uuid4()), email="eve@example.org", bank_account="US-77")
    customers, users = Customers(bank.engine, keys), Users(bank.engine, keys)
    user = await customers.register(details, "hash", NOON)
    loan_id = await bank.apply(customer_id=details.customer_id, actor=details.customer_id)
    report = BureauReport(reference="r", score=BAD_SCORE, currency="USD", monthly_obligations=0)
    evidence = PostgresEvidence(bank.engine, keys)
    await evidence.keep(key="eve", loan_id=loan_id, customer_id=details.customer_id, report=report)
    await bank.underwrite(loan_id, score=BAD_SCORE)
    command = wish(bank, details.customer_id)
    for _ in range(2):  # the same wish, sent twice
        await Erasure(bank.engine).erase(command, NOON)

    late = evidence.keep(key="late", loan_id=loan_id, customer_id=details.customer_id, report=report)
    for asked in (customers.details(details.customer_id), evidence.report(key="eve"), late):
        with pytest.raises(CustomerErased):
            await asked
    assert [row.key for row in await bank.rows("SELECT key FROM evidence WHERE loan_id = :id", id=loan_id)] == ["eve"]
    assert await users.by_email("eve@example.org") is None
    known = await users.by_id(user.id)
    assert (known.email, known.active) == (None, False)
    [key] = await bank.rows("SELECT * FROM customer_keys WHERE customer_id = :id", id=details.customer_id)
    assert (key.wrapped, key.version, key.destroyed_at) == (None, None, NOON)
    [line] = await bank.rows("SELECT * FROM audit WHERE action = 'customer_erased'")
    assert (line.actor, line.reason, line.details) == ("admin", "they asked", {"customer": details.customer_id})
    assert [a for a in (await audit(bank.engine)).answers if a.count] == []


async def test_who_was_erased_cannot_apply_though_their_token_is_still_good(bank: Bank) -> None:
    keys, details = data_keys(bank.engine), customer(str(uuid4()), email="eve@example.org")
    await Customers(bank.engine, keys).create(details, NOON)
    await Erasure(bank.engine).erase(wish(bank, details.customer_id), NOON)
    with pytest.raises(CustomerErased):
        await bank.apply(customer_id=details.customer_id, actor=details.customer_id)
    assert await bank.rows("SELECT * FROM loans") == []


async def test_an_address_that_was_erased_may_come_again(bank: Bank) -> None:
    customers = Customers(bank.engine, data_keys(bank.engine))
    first, second = customer(str(uuid4()), email="eve@example.org"), customer(str(uuid4()), email="eve@example.org")
    await customers.register(first, "hash", NOON)
    await Erasure(bank.engine).erase(wish(bank, first.customer_id), NOON)
    assert (await customers.register(second, "hash", NOON)).customer_id == second.customer_id


async def test_erasing_again_changes_nothing_and_nobody_is_refused_by_name(bank: Bank) -> None:
    details = customer(str(uuid4()))
    await Customers(bank.engine, data_keys(bank.engine)).create(details, NOON)
    for _ in range(2):
        await Erasure(bank.engine).erase(wish(bank, details.customer_id), NOON)
    for nobody in (str(uuid4()), "nobody"):
        with pytest.raises(UnknownCustomer):
            await Erasure(bank.engine).erase(wish(bank, nobody), NOON)


async def test_of_erased_documents_nothing_is_left_but_their_digests(bank: Bank) -> None:
    keys, details = data_keys(bank.engine), customer(str(uuid4()), email="eva@example.org")
    await Customers(bank.engine, keys).create(details, NOON)
    shown = UploadDocument(
        operation_id=bank.key(),
        actor="eva",
        customer_id=details.customer_id,
        kind=DocumentKind.PASSPORT,
        digest=digest_of(b"passport"),
    )
    upload = Upload(media_type=MediaType.PDF, content=b"passport", name="passport.pdf")
    await Documents(bank.engine, keys).keep(shown, upload, NOON)
    await Erasure(bank.engine).erase(wish(bank, details.customer_id), NOON)
    [left] = await bank.rows(
        "SELECT sealed, sealed_name, digest FROM documents WHERE customer_id = :id", id=details.customer_id
    )
    assert tuple(left) == (None, None, bytes.fromhex(shown.digest))
    with pytest.raises(CustomerErased):
        await Documents(bank.engine, keys).of(details.customer_id)
