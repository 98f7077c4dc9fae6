"""A customer directory in memory."""

from dataclasses import dataclass, field, replace
from datetime import date

from domain.customer import CustomerDetails
from domain.errors import UnknownCustomer

ANA = CustomerDetails(
    customer_id="customer-1",
    given_name="Ana",
    family_name="Garcia",
    date_of_birth=date(1990, 5, 17),
    country="US",
    email="ana@example.com",
    bank_account="US000099991234",
)


@dataclass
class CustomersInMemory:
    ana: CustomerDetails = field(default=ANA)

    async def details(self, customer_id: str) -> CustomerDetails:
        if customer_id != self.ana.customer_id:
            raise UnknownCustomer(f"no customer {customer_id}")
        return self.ana

    def now(self, **changed: object) -> None:
        """From now on Ana is somebody else in this respect."""
        self.ana = replace(self.ana, **changed)  # type: ignore[arg-type]
