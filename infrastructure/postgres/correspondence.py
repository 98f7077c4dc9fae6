"""Correspondence: what applicants answer and officers remark, sealed under the customer's key."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import GiveInformation
from domain.errors import OperationReused
from infrastructure.keys.sealing import DataKey
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.operations import carried_out
from infrastructure.postgres.tables import correspondence, operations


class LetterKind(StrEnum):
    COMMENT = "comment"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    operation_id: str
    loan_id: str
    kind: LetterKind
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`text` is None once the customer was erased; `digest`, the SHA-256 of what is sealed, stays."""

    operation_id: str
    loan_id: str
    kind: LetterKind
    author: str
    text: str | None
    at: datetime
    digest: str


class Correspondence:
    """`customer_id` is whose loan it is about, whoever writes."""

    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._keys = engine, keys

    async def write(self, draft: Draft, customer_id: str) -> Letter:
        """The first under an operation id stands. Raises OperationReused when that one said something else."""
        key = await self._keys.customer(customer_id)
        sealed = key.seal(_place(draft.operation_id), draft.text.encode())
        row = {
            "operation_id": draft.operation_id,
            "loan_id": UUID(draft.loan_id),
            "kind": draft.kind,
            "author": draft.author,
            "sealed": sealed,
            "digest": sha256(sealed).hexdigest(),
            "at": draft.at,
        }

        async def add(connection: AsyncConnection) -> Letter:
            await connection.execute(insert(correspondence).values(row).on_conflict_do_nothing())
            asked = select(correspondence).where(correspondence.c.operation_id == draft.operation_id)
            found = (await connection.execute(asked)).one()
            if found.loan_id != row["loan_id"]:  # and so is sealed under another key
                raise _reused()
            return _letter(found, key)

        kept = await write(self._engine, add)
        if (kept.kind, kept.text) != (draft.kind, draft.text):
            raise _reused()
        return kept

    async def of(self, loan_id: str, customer_id: str) -> tuple[Letter, ...]:
        """Comments, and answers that took effect, in the order in which they were written."""
        asked = (
            select(correspondence)
            .join(operations, carried_out(correspondence, GiveInformation), isouter=True)
            .where(correspondence.c.loan_id == UUID(loan_id))
            .where(or_(correspondence.c.kind == LetterKind.COMMENT, operations.c.operation_id.is_not(None)))
            .order_by(correspondence.c.at, correspondence.c.operation_id)
        )
        rows = await read(self._engine, lambda connection: connection.execute(asked))
        key = (await self._keys.customers([customer_id])).get(customer_id)
        return tuple(_letter(row, key) for row in rows)


def _letter(row: Row[Any], key: DataKey | None) -> Letter:
    return Letter(
        operation_id=row.operation_id,
        loan_id=str(row.loan_id),
        kind=LetterKind(row.kind),
        author=row.author,
        text=key.unseal(_place(row.operation_id), row.sealed).decode() if key else None,
        at=row.at,
        digest=row.digest,
    )


def _reused() -> OperationReused:
    return OperationReused("this key came before, with another content")


def _place(operation_id: str) -> str:
    return f"correspondence/{operation_id}"
