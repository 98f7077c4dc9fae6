"""What people write about people, and from where they accepted: sealed, and gone with the customer's key."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from domain.errors import OperationReused
from infrastructure.postgres.acceptances import Acceptance, Acceptances
from infrastructure.postgres.correspondence import Correspondence, Draft, LetterKind
from tests.infrastructure.postgres.conftest import NOON, Bank
from tests.keys import data_keys


def draft(loan_id: str, words: str = "Called her employer.") -> Draft:
    return Draft(operation_id="letter", loan_id=loan_id, kind=LetterKind.COMMENT, author="officer", text=words, at=NOON)


async def erase(bank: Bank) -> None:
    async with bank.engine.begin() as connection:
        await connection.execute(
            text("UPDATE customer_keys SET wrapped = NULL, version = NULL, destroyed_at = :at"), {"at": NOON}
        )


async def test_a_letter_is_kept_once_sealed_and_read_back(bank: Bank) -> None:
    loan_id, letters = await bank.apply(), Correspondence(bank.engine, data_keys(bank.engine))
    kept = await letters.write(draft(loan_id), bank.customer_id)
    assert await letters.write(draft(loan_id), bank.customer_id) == kept
    assert await letters.of(loan_id, bank.customer_id) == (kept,)
    with pytest.raises(OperationReused):
        await letters.write(draft(loan_id, "Called nobody."), bank.customer_id)
    (row,) = await bank.rows("SELECT * FROM correspondence")
    assert b"employer" not in row.sealed
    assert "employer" not in repr({**row._mapping, "sealed": None})


async def test_with_the_customers_key_goes_what_was_written_and_the_address(bank: Bank) -> None:
    loan_id, keys = await bank.disbursed(), data_keys(bank.engine)
    letters, acceptances = Correspondence(bank.engine, keys), Acceptances(bank.engine, keys)
    (operation,) = await bank.rows("SELECT operation_id FROM operations WHERE kind = 'AcceptOffer'")
    noted = Acceptance(offer_digest="d", accepted_by=bank.customer_id, address="192.0.2.7", at=NOON)
    await acceptances.note(operation.operation_id, loan_id, bank.customer_id, noted)
    kept = await letters.write(draft(loan_id), bank.customer_id)
    assert await acceptances.of(loan_id, "d") == noted
    (row,) = await bank.rows("SELECT * FROM acceptances")
    assert b"192.0.2.7" not in row.sealed_address
    await erase(bank)
    assert await letters.of(loan_id, bank.customer_id) == (replace(kept, text=None),)
    assert await acceptances.of(loan_id, "d") == replace(noted, address=None)
