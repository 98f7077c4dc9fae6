"""One row of a schedule while the loan is being folded."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.calendar import Period
from domain.errors import InvalidValue
from domain.transaction import Component


class RowKind(StrEnum):
    INSTALLMENT = "installment"
    DOWN_PAYMENT = "down_payment"
    BROKEN_PERIOD = "broken_period"  # the interest of the odd days before the first full period
    ADDITIONAL = "additional"  # opened by a charge after maturity


@dataclass(slots=True, eq=False)
class Row:
    """Amounts are minor units.

    `share` is what the row should come to: principal and interest where `interest_inside`, else principal alone.
    `settled`: paid in full before its due date, so that its figures stand and interest that still accrues goes to
    the next row. `closed`: its due date has come. `repays`: it takes part in amortization. `defers_interest`: its
    interest falls due in the first row after it that doesn't, which `releases_interest`.
    """

    span: Period
    kind: RowKind = RowKind.INSTALLMENT
    share: int = 0
    interest_inside: bool = False
    repays: bool = True
    defers_interest: bool = False
    releases_interest: bool = False
    settled: bool = False
    closed: bool = False
    principal: int = 0
    interest: int = 0
    fees: int = 0
    penalties: int = 0
    principal_paid: int = 0
    interest_paid: int = 0
    fees_paid: int = 0
    penalties_paid: int = 0
    interest_waived: int = 0
    fees_waived: int = 0
    penalties_waived: int = 0
    paid_in_advance: int = 0
    paid_late: int = 0
    paid_on: date | None = None

    @property
    def planned(self) -> bool:
        """Whether it is a row of the schedule proper."""
        return self.kind in (RowKind.INSTALLMENT, RowKind.BROKEN_PERIOD)

    @property
    def outstanding(self) -> int:
        due = self.principal + self.interest + self.fees + self.penalties
        paid = self.principal_paid + self.interest_paid + self.fees_paid + self.penalties_paid
        return due - paid - self.interest_waived - self.fees_waived - self.penalties_waived

    def owed(self, component: Component) -> int:
        match component:
            case Component.PENALTY:
                return self.penalties - self.penalties_paid - self.penalties_waived
            case Component.FEE:
                return self.fees - self.fees_paid - self.fees_waived
            case Component.INTEREST:
                return self.interest - self.interest_paid - self.interest_waived
            case Component.PRINCIPAL:
                return self.principal - self.principal_paid

    def settle(self, component: Component, amount: int) -> None:
        """Book `amount` as paid."""
        match component:
            case Component.PENALTY:
                self.penalties_paid += amount
            case Component.FEE:
                self.fees_paid += amount
            case Component.INTEREST:
                self.interest_paid += amount
            case Component.PRINCIPAL:
                self.principal_paid += amount

    def waive(self, component: Component, amount: int) -> None:
        """Book `amount` as given up."""
        match component:
            case Component.PENALTY:
                self.penalties_waived += amount
            case Component.FEE:
                self.fees_waived += amount
            case Component.INTEREST:
                self.interest_waived += amount
            case Component.PRINCIPAL:
                raise InvalidValue("component", "principal can be charged off, not waived")
