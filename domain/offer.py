"""What a borrower is offered: terms, their figures, and a digest that names exactly these."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

from domain.disclosure import Disclosure, disclosure
from domain.money import Money
from domain.product import LoanProduct
from domain.schedule import deducted_fee
from domain.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How much, and in how many installments."""

    amount: Money
    installments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Figures as if the money were paid out on `made_on`. `expires_on` is the last day on which it can be accepted.

    `apr` is an annual percent by Regulation Z's actuarial method; `installment` is the first regular row's amount.
    """

    amount: Money
    terms: Terms
    made_on: date
    expires_on: date
    installment: Money
    finance_charge: Money
    total_of_payments: Money
    apr: Decimal
    digest: str

    @property
    def payments(self) -> int:
        return self.terms.installments

    @property
    def deducted_fee(self) -> Money:
        """Kept back from the payout: lent, and the lender's at once."""
        return Money(deducted_fee(self.terms, self.amount.minor), self.amount.currency)

    @property
    def payout(self) -> Money:
        """What the borrower receives."""
        return self.amount - self.deducted_fee

    @property
    def figures(self) -> Disclosure:
        """All that is told of it, with the schedule. What of the payout is not financed is another prepaid fee."""
        financed = self.total_of_payments.minor - self.finance_charge.minor
        return disclosure(self.terms, self.amount.minor, self.made_on, self.payout.minor - financed)


def make_offer(product: LoanProduct, amount: Money, installments: int, today: date, grade: str | None = None) -> Offer:
    """At the price of the grade. Raises `OutsideProduct` or `CurrencyMismatch` when the product does not lend this."""
    terms = product.terms_for(amount, installments, grade)
    figures = disclosure(terms, amount.minor, today)
    expires_on = today + timedelta(days=product.offer_valid_days)
    installment = Money(figures.largest_installment, amount.currency)
    named = (amount, terms, today, expires_on, installment, figures)
    return Offer(
        amount=amount,
        terms=terms,
        made_on=today,
        expires_on=expires_on,
        installment=installment,
        finance_charge=Money(figures.finance_charge, amount.currency),
        total_of_payments=Money(figures.total_of_payments, amount.currency),
        apr=figures.apr,
        digest=sha256(repr(named).encode()).hexdigest(),
    )
