"""The documents that an identity check is made with: what there was when it was asked for, handed out on record."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.documents import DocumentKind, MediaType, ShownDocument
from domain.errors import UnknownCustomer
from domain.people import ENGINE
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.postgres.document_tables import documents
from infrastructure.postgres.documents import Documents, document_id_of
from infrastructure.postgres.engine import read, write
from infrastructure.postgres.ids import known_id

SENT: Final = "document_sent"

# Once for a check, whatever becomes of an attempt: a provider that is away for a week is no week of lines.
_SENT = text("""
INSERT INTO audit (loan_id, actor, action, details, at)
SELECT l.id, :actor, :action, d.details, now()
  FROM loans l, jsonb_build_object('document', CAST(:document AS text), 'check', CAST(:key AS text)) AS d (details)
 WHERE l.id = :loan_id
   AND NOT EXISTS (SELECT FROM audit a WHERE a.loan_id = l.id AND a.action = :action AND a.details = d.details)
""")


class ShownDocuments:
    """Implements `domain.ports.DocumentFile`."""

    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._documents = engine, Documents(engine, keys)

    async def shown(self, customer_id: str, *, until: datetime) -> tuple[ShownDocument, ...]:
        asked = (
            select(documents.c.kind, documents.c.media_type, documents.c.digest)
            .where(documents.c.customer_id == known_id(customer_id, UnknownCustomer), documents.c.uploaded_at <= until)
            .order_by(documents.c.uploaded_at, documents.c.id)
        )
        rows = await read(self._engine, lambda connection: connection.execute(asked))
        return tuple(
            ShownDocument(kind=DocumentKind(kind), media_type=MediaType(media_type), digest=digest.hex())
            for kind, media_type, digest in rows
        )

    async def hand_out(self, document: ShownDocument, *, key: str, loan_id: str, customer_id: str) -> bytes:
        document_id = str(document_id_of(customer_id, document.digest))
        _, content = await self._documents.content(customer_id, document_id)
        line = {"loan_id": UUID(loan_id), "document": document_id, "key": key, "actor": ENGINE, "action": SENT}
        await write(self._engine, lambda connection: connection.execute(_SENT, line))
        return content
