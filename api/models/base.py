"""What every shape of the API is made of: money and rates as decimal text, ISO dates, no unknown fields."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from domain.errors import InvalidValue
from domain.money import Money

T = TypeVar("T")

EXAMPLE_MONEY: Any = {"amount": "1234.50", "currency": "USD"}
AMOUNT = r"^-?[0-9]{1,16}(\.[0-9]{1,3})?$"
CODE = r"^[A-Za-z0-9-]{1,64}$"
CURRENCY = r"^[A-Z]{3}$"
PERCENT = r"^[0-9]{1,4}(\.[0-9]{1,10})?$"


class Model(BaseModel):
    """What a caller sends. A field nobody knows is refused: it is a misspelt one, or a wish we don't grant."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class View(BaseModel):
    """What a caller is told, read from the attributes of a domain value or a view row."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


def _percent(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(PERCENT, value):
        raise PydanticCustomError("percent_expected", "must be a text like 12.5, so that no digit is lost")
    return value


def _iso_date(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
        raise PydanticCustomError("iso_date_expected", "must be a date like 2027-03-31")
    if isinstance(value, int | float):
        raise PydanticCustomError("iso_date_expected", "must be a text like 2027-03-31")
    return value


def _sensible(value: date) -> date:
    if not 1900 <= value.year <= 2200:
        raise PydanticCustomError("absurd_date", "must be between the years 1900 and 2200")
    return value


IsoDate = Annotated[date, BeforeValidator(_iso_date), AfterValidator(_sensible)]
WholeNumber = Annotated[int, Field(strict=True)]
Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(strict=True, pattern=CODE)]

PercentView = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value:f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["12.5"]}),
]
Percent = Annotated[
    PercentView,
    BeforeValidator(_percent),
    WithJsonSchema({"type": "string", "pattern": PERCENT, "examples": ["12.5"]}),
]

MONEY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "amount": {"type": "string", "pattern": AMOUNT},
        "currency": {"type": "string", "pattern": CURRENCY},
    },
    "required": ["amount", "currency"],
    "additionalProperties": False,
    "examples": [EXAMPLE_MONEY],
}
MoneyView = Annotated[
    Money,
    PlainSerializer(lambda money: {"amount": money.text, "currency": money.currency}, return_type=dict[str, str]),
    WithJsonSchema(MONEY_SCHEMA),
]


class Amount(Model):
    """Zero or more of a currency. `amount` is decimal text with no more digits than the currency has."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_MONEY]})

    currency: Annotated[str, StringConstraints(strict=True, pattern=CURRENCY)]
    amount: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{1,16}(\.[0-9]{1,3})?$")]

    @field_validator("amount")
    @classmethod
    def _is_money(cls, amount: str, info: ValidationInfo) -> str:
        if currency := info.data.get("currency"):
            try:
                Money.parse(amount, currency)
            except InvalidValue as refusal:
                raise PydanticCustomError("amount", "{reason}", {"reason": refusal.reason}) from None
        return amount

    @property
    def money(self) -> Money:
        return Money.parse(self.amount, self.currency)


class PositiveAmount(Amount):
    """More than nothing of a currency."""

    @field_validator("amount")
    @classmethod
    def _is_positive(cls, amount: str) -> str:
        if not amount.strip("0."):
            raise PydanticCustomError("amount", "must be more than nothing")
        return amount


class PageView(View, Generic[T]):
    """`next` is the cursor of the next page; null on the last one."""

    items: list[T]
    next: str | None = Field(description="Send it as `cursor` to get the next page.")
