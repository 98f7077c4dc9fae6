"""Notices to customers, handed over HTTP to whoever sends them."""

from domain.ports import CustomerDirectory
from infrastructure.providers.connection import ProviderConnection


class HttpNotifier:
    """Implements `Notifier`."""

    def __init__(self, connection: ProviderConnection, customers: CustomerDirectory) -> None:
        self._connection = connection
        self._customers = customers

    async def notify(self, *, key: str, customer_id: str, template: str, facts: dict[str, str]) -> None:
        customer = await self._customers.details(customer_id)
        body = {"to": customer.email, "template": template, "facts": facts}
        await self._connection.post("/notices", key=key, body=body)
