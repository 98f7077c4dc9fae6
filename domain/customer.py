"""Who a customer is, as providers must know them. Personal data: read where it is used, never sent through Temporal."""

from dataclasses import dataclass, field
from datetime import date

from domain.errors import InvalidValue
from domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDetails:
    """`country` is ISO 3166-1 alpha-2; `bank_account` is where payouts go: a number, an IBAN or a rail's token.
    `monthly_obligations` are rent and debts that no bureau knows, as stated, in the currency of the income.

    Only the id and the country show in `repr`, so that a log line or a traceback gives nobody away.
    """

    customer_id: str
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    date_of_birth: date = field(repr=False)
    country: str
    email: str = field(repr=False)
    annual_income: Money | None = field(default=None, repr=False)
    bank_account: str | None = field(default=None, repr=False)
    monthly_obligations: Money | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("customer_id", "given_name", "family_name"):
            if not getattr(self, name).strip():
                raise InvalidValue(name, "is empty")
        if len(self.country) != 2 or not (self.country.isascii() and self.country.isalpha() and self.country.isupper()):
            raise InvalidValue("country", "is not an ISO 3166-1 alpha-2 code")
        if "@" not in self.email:
            raise InvalidValue("email", "is not an e-mail address")
        if self.annual_income is not None and self.annual_income.minor < 0:
            raise InvalidValue("annual_income", "is negative")
        if self.monthly_obligations is not None:
            self._check_obligations(self.monthly_obligations)
        if self.bank_account is not None and not self.bank_account.strip():
            raise InvalidValue("bank_account", "is empty")

    def _check_obligations(self, stated: Money) -> None:
        if stated.minor < 0:
            raise InvalidValue("monthly_obligations", "is negative")
        if self.annual_income is not None and stated.currency != self.annual_income.currency:
            raise InvalidValue("monthly_obligations", "is in another currency than the income")

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}"
