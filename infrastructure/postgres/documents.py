"""Documents of customers, sealed under their keys. The same bytes are one document, however often they come."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import BooksCommand
from domain.documents import DocumentKind, MediaType
from domain.errors import (
    CustomerErased,
    DocumentRefused,
    InvalidValue,
    TooManyDocuments,
    UnknownDocument,
)
from infrastructure.keys.sealing import DataKey
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.document_tables import documents
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.once import once

MOST_DOCUMENTS = 50  # of one customer

_LISTED = tuple(column for column in documents.columns if column.name != "sealed")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('documents of ' || :customer_id, 0))")
_SEEN = text("""
INSERT INTO audit (loan_id, actor, action, details, at)
SELECT l.id, :actor, 'document_read', jsonb_build_object('document', CAST(:document AS text)), :at
  FROM loans l WHERE l.id = :loan_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDocument(BooksCommand):
    """`digest` is SHA-256 of the content, in hexadecimal."""

    customer_id: str
    kind: DocumentKind
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """`media_type` is what the content turned out to be, or why it is refused."""

    media_type: MediaType | DocumentRefused
    content: bytes = field(repr=False)
    name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`digest` is SHA-256 of the content, in hexadecimal; `name` what its sender called it."""

    id: str
    kind: DocumentKind
    media_type: MediaType
    size: int
    digest: str
    uploaded_at: datetime
    name: str | None = field(default=None, repr=False)


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def document_id_of(customer_id: str, digest: str) -> UUID:
    return uuid5(UUID(customer_id), digest)


class Documents:
    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._keys = engine, keys

    async def keep(self, command: UploadDocument, upload: Upload, at: datetime) -> Document:
        """Raises what the upload is refused with, on record, TooManyDocuments, OperationReused and CustomerErased."""
        key = await self._keys.customer(command.customer_id)
        document_id = document_id_of(command.customer_id, command.digest)

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            if isinstance(upload.media_type, DocumentRefused):
                raise upload.media_type
            await connection.execute(_LOCK, {"customer_id": command.customer_id})
            row = {
                **_row(document_id, command, at),
                "media_type": upload.media_type,
                **_sealed(document_id, upload, key),
            }
            await connection.execute(insert(documents).values(row).on_conflict_do_nothing(index_elements=["id"]))
            await _check(connection, document_id, command)
            return {"document": str(document_id), "customer": command.customer_id, "digest": command.digest}

        await once(self._engine, command, "document_uploaded", at, deed)
        return await self._one(command.customer_id, str(document_id), key)

    async def of(self, customer_id: str) -> tuple[Document, ...]:
        """In the order in which they came."""
        key = await self._keys.customer(customer_id)
        asked = (
            select(*_LISTED)
            .where(documents.c.customer_id == UUID(customer_id))
            .order_by(documents.c.uploaded_at, documents.c.id)
        )
        rows = await read(self._engine, lambda connection: connection.execute(asked))
        return tuple(_document(row, key) for row in rows)

    async def content(self, customer_id: str, document_id: str) -> tuple[Document, bytes]:
        """Raises UnknownDocument, and CustomerErased."""
        key = await self._keys.customer(customer_id)
        document = await self._one(customer_id, document_id, key)
        asked = select(documents.c.sealed).where(documents.c.id == UUID(document.id))
        sealed = await read(self._engine, lambda connection: connection.scalar(asked))
        if sealed is None:
            raise CustomerErased("the document was erased")
        return document, key.unseal(_place(document.id), sealed)

    async def note_reading(self, loan_id: str, document_id: str, *, actor: str, at: datetime) -> None:
        """A line in the loan's audit trail: before the document is handed out, so that no reading goes unnoticed."""
        line = {"loan_id": UUID(loan_id), "document": document_id, "actor": actor, "at": at}
        await write(self._engine, lambda connection: connection.execute(_SEEN, line))

    async def _one(self, customer_id: str, document_id: str, key: DataKey) -> Document:
        asked = select(*_LISTED).where(
            documents.c.customer_id == UUID(customer_id), documents.c.id == known_id(document_id, UnknownDocument)
        )
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            raise UnknownDocument("the customer has no such document")
        return _document(row, key)


async def _check(connection: AsyncConnection, document_id: UUID, command: UploadDocument) -> None:
    """Under the customer's lock: uploads of one customer count each other."""
    of_customer = documents.c.customer_id == UUID(command.customer_id)
    count = await connection.scalar(select(func.count()).select_from(documents).where(of_customer))
    if count and count > MOST_DOCUMENTS:
        raise TooManyDocuments(f"a customer may have {MOST_DOCUMENTS} documents")
    kind = await connection.scalar(select(documents.c.kind).where(documents.c.id == document_id))
    if kind != command.kind:
        raise InvalidValue("kind", f"the same file is here already, as {kind}")


def _row(document_id: UUID, command: UploadDocument, at: datetime) -> dict[str, Any]:
    return {
        "id": document_id,
        "customer_id": UUID(command.customer_id),
        "kind": command.kind,
        "digest": bytes.fromhex(command.digest),
        "uploaded_at": at,
    }


def _sealed(document_id: UUID, upload: Upload, key: DataKey) -> dict[str, Any]:
    place, name = _place(str(document_id)), upload.name
    return {
        "size": len(upload.content),
        "sealed": key.seal(place, upload.content),
        "sealed_name": key.seal(f"{place}/name", name.encode()) if name else None,
    }


def _document(row: Row[Any], key: DataKey) -> Document:
    place = f"{_place(str(row.id))}/name"
    return Document(
        id=str(row.id),
        kind=DocumentKind(row.kind),
        media_type=MediaType(row.media_type),
        size=row.size,
        digest=row.digest.hex(),
        uploaded_at=row.uploaded_at,
        name=key.unseal(place, row.sealed_name).decode() if row.sealed_name else None,
    )


def _place(document_id: str) -> str:
    return f"documents/{document_id}"
