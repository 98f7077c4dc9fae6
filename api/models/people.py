"""Customers, users, and how they show who they are."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from api.models.base import Amount, Code, IsoDate, Model, MoneyView, Text, View, WholeNumber
from domain.customer import CustomerDetails
from domain.people import Role
from infrastructure.postgres.users import User
from infrastructure.security import LONGEST_PASSWORD

Email = Annotated[
    str, StringConstraints(strict=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", to_lower=True)
]
Country = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{2}$")]
CustomerId = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]


def _short_enough(password: str) -> str:
    if len(password.encode()) > LONGEST_PASSWORD:
        raise PydanticCustomError("password", "must not be longer than {limit} bytes", {"limit": LONGEST_PASSWORD})
    return password


Password = Annotated[str, StringConstraints(strict=True, min_length=12, max_length=72), AfterValidator(_short_enough)]


class Credentials(Model):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"username": "ada@example.com", "password": "correct horse battery"}]}
    )

    username: Annotated[str, StringConstraints(strict=True, pattern=r"^[^\x00]{1,254}$")] = Field(
        description="The user's e-mail address."
    )
    password: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1000)]


class Renewal(Model):
    refresh_token: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]{20,100}$")]


class TokenView(View):
    """`expires_in` seconds. `refresh_token` is good once, for the next two tokens."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  the name of a scheme
    expires_in: int


class SignUp(Model):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "ada@example.com",
                    "password": "correct horse battery",
                    "given_name": "Ada",
                    "family_name": "Byron",
                    "date_of_birth": "1990-12-10",
                    "country": "US",
                    "annual_income": {"amount": "54000.00", "currency": "USD"},
                    "bank_account": "US-000123456789",
                }
            ]
        }
    )

    email: Email
    password: Password
    given_name: Text
    family_name: Text
    date_of_birth: IsoDate
    country: Country
    annual_income: Amount | None = None
    bank_account: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64)] | None = None
    monthly_obligations: Amount | None = Field(
        default=None, description="Rent and debts that no credit bureau knows, a month."
    )

    def details(self, customer_id: str) -> CustomerDetails:
        return CustomerDetails(
            customer_id=customer_id,
            given_name=self.given_name,
            family_name=self.family_name,
            date_of_birth=self.date_of_birth,
            country=self.country,
            email=self.email,
            annual_income=self.annual_income.money if self.annual_income else None,
            bank_account=self.bank_account,
            monthly_obligations=self.monthly_obligations.money if self.monthly_obligations else None,
        )


class SignedUp(View):
    customer_id: str
    user_id: str


class CustomerView(View):
    customer_id: str
    given_name: str
    family_name: str
    date_of_birth: date
    country: str
    email: str
    annual_income: MoneyView | None
    bank_account: str | None
    monthly_obligations: MoneyView | None


class UserView(View):
    """`level` counts from 1 in a product's authority matrix; 0 approves nothing. `email` is null once erased.

    Officers and operators see the loans of their branch and of further ones; of all with `every_branch`, or without a
    branch.
    """

    id: str
    email: str | None
    role: Role
    level: int
    customer_id: str | None
    active: bool
    created_at: datetime
    branch: str | None
    further_branches: list[str]
    every_branch: bool


class MeView(UserView):
    customer: CustomerView | None = None

    @classmethod
    def of(cls, user: User, customer: CustomerDetails | None) -> Self:
        told = CustomerView.model_validate(customer) if customer else None
        return cls.model_validate(user).model_copy(update={"customer": told})


class UserName(Model):
    user_id: str


class ErasureWish(Model):
    reason: Text = Field(examples=["asked for by letter of 3 March"], description="Kept for good: no name in it.")


class Erased(View):
    customer_id: str


class Held(View):
    """Rows as they lie in the tables, sealed columns laid open: amounts are minor units of the loan's `currency`.
    Without passwords' hashes and the documents' content."""

    customer: dict[str, Any]
    users: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    loans: list[dict[str, Any]] = Field(
        description="Each with its papers, `schedule`, `transactions`, `acceptances`, `correspondence`, `evidence`, "
        "`audit_trail`."
    )


class HeldOfOneself(Held):
    """`withheld` names what a person must look through first, the same for everybody: ask the lender for it."""

    withheld: list[str]


class NewUser(Model):
    """An officer's `level` says how much they may approve. `customer_id`: the officer is a customer, too."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"email": "grace@example.com", "password": "a long secret phrase", "role": "officer", "level": 2}
            ]
        }
    )

    email: Email
    password: Password
    role: Literal[Role.OFFICER, Role.OPERATOR, Role.ADMIN]
    level: Annotated[WholeNumber, Field(ge=0, le=9)] = 0
    customer_id: CustomerId | None = None
    branch: Code | None = None
    subject: Text | None = Field(default=None, description="What the lender's identity provider calls the user.")
