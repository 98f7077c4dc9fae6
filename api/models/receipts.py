"""Money that names no loan, as it is reported and told."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.models.base import IsoDate, Model, MoneyView, PositiveAmount, Text, View
from domain.receipts import Resolution

LoanId = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]


class ReceivedMoney(Model):
    """`reference` is the bank's, of the credit on the statement: no name of a person."""

    amount: PositiveAmount
    received_on: IsoDate
    reference: Text = Field(examples=["statement 2027-031, line 14"])


class Match(Model):
    """The loan that the money was meant for."""

    loan_id: LoanId


class Return(Model):
    reason: Text


class UnidentifiedReceiptView(View):
    """`resolution` null: the money is parked still."""

    id: str
    amount: MoneyView
    received_on: date
    reference: str
    parked_by: str
    parked_at: datetime
    resolution: Resolution | None
    loan_id: str | None
    resolved_by: str | None
    reason: str | None
    resolved_at: datetime | None
