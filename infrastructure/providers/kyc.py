"""Identity checks, asked over HTTP. The provider gets the documents first, then the question that names them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from domain.documents import ShownDocument
from domain.evidence import IdentityResult
from domain.ports import CustomerDirectory, DocumentFile, ProviderRefused, ProviderUnavailable
from infrastructure.providers.answers import DocumentAnswer, DocumentsAnswer, IdentityAnswer
from infrastructure.providers.connection import ProviderConnection, SentFile

# Of one attempt, which Temporal gives fifteen. What is not sent by then is sent by the next.
SENDING_SECONDS: Final = 10
FILES_AT_ONCE: Final = 4  # open in this process, for all loans: what bounds its memory


class HttpIdentityProvider:
    """Implements `IdentityProvider`. Names, birthday and documents go to the provider, an outcome and codes come
    back."""

    def __init__(self, connection: ProviderConnection, customers: CustomerDirectory, documents: DocumentFile) -> None:
        self._connection = connection
        self._customers = customers
        self._documents = documents
        self._turns = asyncio.Semaphore(FILES_AT_ONCE)

    async def check(
        self, *, key: str, loan_id: str, customer_id: str, documents_until: datetime | None = None
    ) -> IdentityResult:
        customer = await self._customers.details(customer_id)
        shown = await self._documents.shown(customer_id, until=documents_until) if documents_until else ()
        await self._send_in_time(shown, key=key, loan_id=loan_id, customer_id=customer_id)
        body: dict[str, Any] = {
            "given_name": customer.given_name,
            "family_name": customer.family_name,
            "date_of_birth": customer.date_of_birth.isoformat(),
            "country": customer.country,
            "loan_id": loan_id,
            "documents": [{"kind": one.kind, "media_type": one.media_type, "digest": one.digest} for one in shown],
        }
        content = await self._connection.post("/kyc/checks", key=key, body=body)
        answer = self._connection.read(IdentityAnswer, content)
        if answer.key != key:
            raise self._connection.not_understood()
        return answer.result()

    async def _send_in_time(self, shown: Sequence[ShownDocument], *, key: str, loan_id: str, customer_id: str) -> None:
        try:
            async with asyncio.timeout(SENDING_SECONDS):
                for document in await self._missing(shown, key):
                    async with self._turns:
                        await self._send(document, key=key, loan_id=loan_id, customer_id=customer_id)
        except TimeoutError:
            raise ProviderUnavailable(f"{self._connection.name}: documents are still to be sent") from None

    async def _missing(self, shown: Sequence[ShownDocument], key: str) -> list[ShownDocument]:
        """What the provider does not have yet: nothing is opened while it is away, and nothing sent a second time."""
        if not shown:
            return []
        try:
            content = await self._connection.get(f"/kyc/documents?check={quote(key, safe='')}")
        except ProviderRefused:  # a check that it does not know yet; and of the person that says nothing
            return list(shown)
        held = {one.digest for one in self._connection.read(DocumentsAnswer, content).documents}
        return [document for document in shown if document.digest not in held]

    async def _send(self, document: ShownDocument, *, key: str, loan_id: str, customer_id: str) -> None:
        """The file is open for as long as it takes to send it."""
        opened = await self._documents.hand_out(document, key=key, loan_id=loan_id, customer_id=customer_id)
        content = await self._connection.upload(
            "/kyc/documents",
            key=f"{key}/{document.digest}",
            fields={"check": key, "kind": document.kind, "digest": document.digest},
            file=SentFile(name=document.kind.value, media_type=document.media_type, content=opened),
        )
        if self._connection.read(DocumentAnswer, content).digest != document.digest:
            raise self._connection.not_understood()
