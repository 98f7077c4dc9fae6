"""Identity checks, asked over HTTP."""

from domain.evidence import IdentityResult
from domain.ports import CustomerDirectory
from infrastructure.providers.answers import IdentityAnswer
from infrastructure.providers.connection import ProviderConnection


class HttpIdentityProvider:
    """Implements `IdentityProvider`. Names and birthday go to the provider, an outcome and codes come back."""

    def __init__(self, connection: ProviderConnection, customers: CustomerDirectory) -> None:
        self._connection = connection
        self._customers = customers

    async def check(self, *, key: str, loan_id: str, customer_id: str) -> IdentityResult:
        customer = await self._customers.details(customer_id)
        body = {
            "given_name": customer.given_name,
            "family_name": customer.family_name,
            "date_of_birth": customer.date_of_birth.isoformat(),
            "country": customer.country,
            "loan_id": loan_id,
        }
        content = await self._connection.post("/kyc/checks", key=key, body=body)
        answer = self._connection.read(IdentityAnswer, content)
        if answer.key != key:
            raise self._connection.not_understood()
        return answer.result()
