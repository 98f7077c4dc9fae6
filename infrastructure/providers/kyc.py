"""Identity checks, asked over HTTP."""

from datetime import datetime
from typing import Any

from domain.evidence import IdentityResult
from domain.ports import CustomerDirectory, DocumentFile
from infrastructure.providers.answers import IdentityAnswer
from infrastructure.providers.connection import ProviderConnection


class HttpIdentityProvider:
    """Implements `IdentityProvider`. Names, birthday and what names the documents go to the provider, an outcome and
    codes come back."""

    def __init__(self, connection: ProviderConnection, customers: CustomerDirectory, documents: DocumentFile) -> None:
        self._connection = connection
        self._customers = customers
        self._documents = documents

    async def check(
        self, *, key: str, loan_id: str, customer_id: str, documents_until: datetime | None = None
    ) -> IdentityResult:
        customer = await self._customers.details(customer_id)
        shown = await self._documents.shown(customer_id, until=documents_until) if documents_until else ()
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
