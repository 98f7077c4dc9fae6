"""Correspondence: what applicants answer and officers remark. Free text about people, kept here and nowhere else."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import OperationReused
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.tables import correspondence, operations


class LetterKind(StrEnum):
    COMMENT = "comment"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`text` None was forgotten; its digest (SHA-256) stays."""

    operation_id: str
    loan_id: str
    kind: LetterKind
    author: str
    text: str | None
    at: datetime
    digest: str


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


class Correspondence:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def write(
        self, kind: LetterKind, *, operation_id: str, loan_id: str, author: str, text: str, at: datetime
    ) -> Letter:
        """The first letter under an operation id stands. Raises OperationReused when it said something else."""
        letter = {
            "operation_id": operation_id,
            "loan_id": UUID(loan_id),
            "kind": kind,
            "author": author,
            "text": text,
            "digest": digest_of(text),
            "at": at,
        }

        async def add(connection: AsyncConnection) -> Letter:
            await connection.execute(insert(correspondence).values(letter).on_conflict_do_nothing())
            asked = select(correspondence).where(correspondence.c.operation_id == operation_id)
            kept = _letter((await connection.execute(asked)).one())
            if (kept.loan_id, kept.kind, kept.digest) != (loan_id, kind, letter["digest"]):
                raise OperationReused("this key came before, with another content")
            return kept

        return await write(self._engine, add)

    async def of(self, loan_id: str) -> tuple[Letter, ...]:
        """Comments, and answers that took effect, in the order in which they were written."""
        asked = (
            select(correspondence)
            .join(operations, operations.c.operation_id == correspondence.c.operation_id, isouter=True)
            .where(correspondence.c.loan_id == UUID(loan_id))
            .where(or_(correspondence.c.kind == LetterKind.COMMENT, operations.c.operation_id.is_not(None)))
            .order_by(correspondence.c.at, correspondence.c.operation_id)
        )
        rows = await read(self._engine, lambda connection: connection.execute(asked))
        return tuple(map(_letter, rows))


def _letter(row: Row[Any]) -> Letter:
    return Letter(
        operation_id=row.operation_id,
        loan_id=str(row.loan_id),
        kind=LetterKind(row.kind),
        author=row.author,
        text=row.text,
        at=row.at,
        digest=row.digest,
    )
