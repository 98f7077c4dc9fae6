"""Documents leave the house for a check, and the loan's record says so before they do."""

from datetime import timedelta

import pytest

from domain.documents import DocumentKind, MediaType, ShownDocument
from domain.errors import CustomerErased, UnknownDocument
from domain.people import ENGINE
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.documents import Documents, Upload, UploadDocument, digest_of
from infrastructure.postgres.shown_documents import ShownDocuments
from tests.files import pdf
from tests.infrastructure.postgres.conftest import NOON, Bank, Plant
from tests.keys import data_keys

CONTENT = pdf(b"% a passport")


async def upload(bank: Bank, content: bytes = CONTENT) -> str:
    """Its id."""
    command = UploadDocument(
        operation_id=bank.key(),
        actor=bank.customer_id,
        customer_id=bank.customer_id,
        kind=DocumentKind.PASSPORT,
        digest=digest_of(content),
    )
    kept = await Documents(bank.engine, data_keys(bank.engine)).keep(
        command, Upload(media_type=MediaType.PDF, content=content), NOON
    )
    return kept.id


async def lines(bank: Bank) -> list[tuple[str, dict[str, str]]]:
    rows = await bank.rows("SELECT actor, details FROM audit WHERE action = 'document_sent' ORDER BY sequence")
    return [(row.actor, row.details) for row in rows]


async def test_a_document_is_handed_out_to_the_byte_and_on_record_once_for_each_check(bank: Bank) -> None:
    loan_id, document_id = await bank.apply(), await upload(bank)
    file = ShownDocuments(bank.engine, data_keys(bank.engine))
    [shown] = await file.shown(bank.customer_id, until=NOON)
    for key in ("first", "first", "second"):
        opened = await file.hand_out(shown, key=key, loan_id=loan_id, customer_id=bank.customer_id)
        assert opened == CONTENT
    assert await lines(bank) == [(ENGINE, {"document": document_id, "check": key}) for key in ("first", "second")]
    assert (await audit(bank.engine)).clean


async def test_what_came_after_the_question_is_not_part_of_it(bank: Bank) -> None:
    await upload(bank)
    file = ShownDocuments(bank.engine, data_keys(bank.engine))
    assert await file.shown(bank.customer_id, until=NOON - timedelta(seconds=1)) == ()


async def test_nothing_is_handed_out_nor_noted_of_who_was_erased_or_never_showed_it(bank: Bank, plant: Plant) -> None:
    loan_id, file = await bank.apply(), ShownDocuments(bank.engine, data_keys(bank.engine))
    await upload(bank)
    other = ShownDocument(kind=DocumentKind.PASSPORT, media_type=MediaType.PDF, digest=digest_of(b"other"))
    with pytest.raises(UnknownDocument):
        await file.hand_out(other, key="k", loan_id=loan_id, customer_id=bank.customer_id)
    [shown] = await file.shown(bank.customer_id, until=NOON)
    plant("UPDATE customer_keys SET wrapped = NULL, version = NULL, destroyed_at = now()")
    with pytest.raises(CustomerErased):
        await file.hand_out(shown, key="k", loan_id=loan_id, customer_id=bank.customer_id)
    assert await lines(bank) == []
