"""Credit reports, asked over HTTP."""

from domain.evidence import BureauReport
from domain.ports import CustomerDirectory
from infrastructure.providers.answers import ReportAnswer
from infrastructure.providers.connection import ProviderConnection


class HttpCreditBureau:
    """Implements `CreditBureau`."""

    def __init__(self, connection: ProviderConnection, customers: CustomerDirectory) -> None:
        self._connection = connection
        self._customers = customers

    async def report(self, *, key: str, customer_id: str, currency: str) -> BureauReport:
        customer = await self._customers.details(customer_id)
        body = {
            "given_name": customer.given_name,
            "family_name": customer.family_name,
            "date_of_birth": customer.date_of_birth.isoformat(),
            "country": customer.country,
            "currency": currency,
        }
        content = await self._connection.post("/bureau/reports", key=key, body=body)
        answer = self._connection.read(ReportAnswer, content)
        if answer.currency != currency:
            raise self._connection.not_understood()
        return answer.report()
