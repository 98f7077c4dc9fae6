"""What a loan would cost, without applying for it."""

from datetime import date
from typing import Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.models.base import Code, IsoDate, Model, MoneyView, PercentView, PositiveAmount, View
from api.models.loans import Installments
from api.models.products import TermsDefinition
from api.picture import schedule_picture
from domain.disclosure import Disclosure
from domain.money import Money
from domain.position import Installment
from domain.row import RowKind


class QuoteRequest(Model):
    """Of a product, or of any terms."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "product_code": "personal-loan",
                    "amount": {"amount": "5000.00", "currency": "USD"},
                    "installments": 12,
                },
                {
                    "terms": {
                        "currency": "EUR",
                        "annual_rate": "6.5",
                        "day_count": "ACT/365F",
                        "balloon_percent": "20",
                    },
                    "amount": {"amount": "18000.00", "currency": "EUR"},
                    "installments": 48,
                    "disbursed_on": "2027-01-31",
                },
            ]
        }
    )

    product_code: Code | None = None
    terms: TermsDefinition | None = None
    amount: PositiveAmount
    installments: Installments
    disbursed_on: IsoDate | None = Field(default=None, description="Default: today.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.product_code is None) == (self.terms is None):
            raise PydanticCustomError("one_of", "give either product_code or terms")
        return self


class QuoteRowView(View):
    number: int
    kind: RowKind
    start_date: date
    due_date: date
    principal: MoneyView
    interest: MoneyView
    fees: MoneyView
    due: MoneyView
    balance_after: MoneyView

    @classmethod
    def of(cls, row: Installment, currency: str) -> Self:
        return cls(
            number=row.number,
            kind=row.kind,
            start_date=row.start_date,
            due_date=row.due_date,
            principal=Money(row.principal, currency),
            interest=Money(row.interest, currency),
            fees=Money(row.fees, currency),
            due=Money(row.due, currency),
            balance_after=Money(row.balance_after, currency),
        )


class QuoteView(View):
    """As if the money were paid out on `disbursed_on` and each row paid on its due date.

    `apr` is by Regulation Z's actuarial method, `apr_eu` by the formula of directive 2008/48/EC. `picture` is an SVG
    document.
    """

    amount: MoneyView
    disbursed_on: date
    installment: MoneyView = Field(description="The largest regular one.")
    amount_financed: MoneyView
    finance_charge: MoneyView
    total_of_payments: MoneyView
    apr: PercentView
    apr_eu: PercentView
    rows: list[QuoteRowView]
    picture: str

    @classmethod
    def of(cls, amount: Money, start: date, figures: Disclosure) -> Self:
        return cls(
            amount=amount,
            disbursed_on=start,
            installment=Money(figures.largest_installment, amount.currency),
            amount_financed=Money(figures.amount_financed, amount.currency),
            finance_charge=Money(figures.finance_charge, amount.currency),
            total_of_payments=Money(figures.total_of_payments, amount.currency),
            apr=figures.apr,
            apr_eu=figures.apr_eu,
            rows=[QuoteRowView.of(row, amount.currency) for row in figures.installments],
            picture=schedule_picture(figures.installments, amount),
        )
