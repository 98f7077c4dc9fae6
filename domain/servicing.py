"""The fold's running state: one loan while its transactions are applied in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.amortization import Amortization
from domain.calendar import Period
from domain.conventions import PayoffInterest
from domain.errors import InvalidValue
from domain.penalty_interest import Arrears
from domain.rates import Factors
from domain.row import Row, RowKind
from domain.schedule import deducted_fee, down_payment, lend, new_rows, origination_fee
from domain.terms import Terms
from domain.transaction import Component, Transaction
from domain.waterfall import Waterfall

_SPLIT = (Component.PRINCIPAL, Component.INTEREST, Component.FEE, Component.PENALTY)

Parts = dict[Component, int]


@dataclass(frozen=True, slots=True)
class Split:
    """What a transaction paid, in the end. `balance_after`: principal outstanding once it had counted.

    An overpayment that later pays a charge counts as having paid it.
    """

    number: int
    principal: int
    interest: int
    fees: int
    penalties: int
    balance_after: int


@dataclass(slots=True)
class Overpayment:
    """What nothing took of a payment, and is still the customer's."""

    fact: Transaction
    left: int


class Servicing:
    """Rows and counters of one loan, and money out and in. Facts come in the order in which they count."""

    def __init__(self, terms: Terms, spans: Sequence[Period]) -> None:
        self.terms = terms
        self.plan = Amortization(terms, Factors(terms, terms.annual_rate, spans), new_rows(terms, spans))
        self.waterfall = Waterfall(self.plan)
        self.arrears = Arrears(terms, terms.penalty_interest, self.waterfall) if terms.penalty_interest else None
        self.facts: list[Transaction] = []  # that have been applied
        self.payouts: list[tuple[date, int]] = []
        self.instructed = self.lent = self.fees_deducted = 0
        self.credit_received = self.credit_applied = self.credit_refunded = 0
        self.conceded = 0
        self.charged_off: Parts | None = None
        self.recovered = dict.fromkeys(Component, 0)
        self.splits: dict[int, Split] = {}
        self.overpaid: list[Overpayment] = []
        self.paid_by_credit: Parts = {}  # paid by the fact at hand with money that was there

    def note_split(self, number: int, before: Parts) -> None:
        """Write down what the transaction at hand paid, given what had been paid `before` it."""
        self.splits[number] = self._split(number, before)

    def _split(self, number: int, before: Parts) -> Split:
        paid, credit = self.waterfall.paid, self.paid_by_credit
        self.paid_by_credit = {}
        principal, interest, fees, penalties = (paid[part] - before[part] - credit.get(part, 0) for part in _SPLIT)
        return Split(number, principal, interest, fees, penalties, self.lent - paid[Component.PRINCIPAL])

    def advance(self, day: date) -> None:
        if self.charged_off is None:
            self.plan.advance(day)
            if self.arrears is not None:
                self.arrears.advance(day)

    @property
    def rows(self) -> list[Row]:
        return self.waterfall.rows

    @property
    def credit(self) -> int:
        return self.credit_received - self.credit_applied - self.credit_refunded

    # --- money out --------------------------------------------------------------------------------------------

    def instruct(self, fact: Transaction) -> None:
        self.instructed += fact.amount

    def fail_payout(self, fact: Transaction) -> None:
        self.instructed -= fact.amount

    def disburse(self, fact: Transaction) -> None:
        """A payout: part of it falls due at once as down payment, the rest is spread over the rows to come. Its fee
        is kept back from it, or comes with the first of them."""
        day, down = fact.effective_date, min(fact.amount, down_payment(self.terms, fact.amount))
        if self.plan.matured or self.charged_off is not None:
            raise InvalidValue("effective_date", "is after the last due date, the payoff or the charge-off")
        self._lend_out(day, fact.amount)
        self.waterfall.look_again()
        if self.terms.down_payment_percent:
            self.waterfall.insert(Row(Period(day, day), RowKind.DOWN_PAYMENT, principal=down, closed=True))
        lend(self.plan, fact.amount - down)
        self._take_fee(fact.amount, first=len(self.payouts) == 1)
        self.use_credit(day)
        if self.terms.down_payment_automatic:
            self._keep_down_payments(day)

    def _take_fee(self, amount: int, *, first: bool) -> None:
        if self.terms.origination_fee_deducted:
            self.fees_deducted += deducted_fee(self.terms, amount, first=first)
        else:
            self.plan.rows[self.plan.at].fees += origination_fee(self.terms, amount, first=first)

    def _lend_out(self, day: date, amount: int) -> None:
        self.lent += amount
        self.payouts.append((day, amount))

    def use_credit(self, day: date) -> None:
        before = self.waterfall.paid.copy()
        used = self.credit - self.waterfall.spread(self.terms.allocation, self.credit, day)
        self._forget_overpaid(used)
        self.credit_applied += used
        self.paid_by_credit = {part: paid - before[part] for part, paid in self.waterfall.paid.items()}

    def _keep_down_payments(self, day: date) -> None:
        for row in self.rows:
            if row.kind == RowKind.DOWN_PAYMENT and row.span.due == day:
                self.waterfall.pay(row, (Component.PRINCIPAL,), row.owed(Component.PRINCIPAL), day)

    def refund_credit(self, fact: Transaction) -> None:
        """Credit is paid out. What is paid out beyond it is owed again, in the row of that day."""
        refunded = min(fact.amount, self.credit)
        self.credit_refunded += refunded
        self._forget_overpaid(refunded)
        if fact.amount > refunded:
            self._owe_again(fact.effective_date, fact.amount - refunded)

    def _owe_again(self, day: date, amount: int) -> None:
        row = self.waterfall.row_of(day)
        row.principal += amount
        row.share += amount
        row.settled = False
        self.waterfall.look_again()
        self.instructed += amount
        self._lend_out(day - timedelta(days=1), amount)  # the row's balance counts it
        self.lose_if_charged_off(Component.PRINCIPAL, amount)
        if not row.closed:
            self.plan.balance += amount

    # --- money in ---------------------------------------------------------------------------------------------

    def pay(self, fact: Transaction) -> None:
        """Money received. Where a payoff owes the whole period's interest, any payment that covers it is a payoff."""
        if self.plan.follows and self.terms.payoff_interest == PayoffInterest.TO_THE_DUE_DATE:
            self.pay_off(fact)
        else:
            self.receive(fact)

    def concede(self, fact: Transaction) -> None:
        """A payment that the lender makes itself."""
        self.conceded += fact.amount
        self.pay(fact)

    def pay_off(self, fact: Transaction) -> None:
        """Enough to close the loan closes it: no interest beyond the payoff's is owed any more."""
        if self.charged_off is None and fact.amount >= self.payoff():
            self._end_interest()
        self.receive(fact)

    def _end_interest(self) -> None:
        if self.terms.payoff_interest == PayoffInterest.TO_THE_DUE_DATE:
            self.plan.earn_whole_period()
        if not self.plan.follows and self.terms.payoff_interest != PayoffInterest.SCHEDULED:
            self.plan.end()

    def receive(self, fact: Transaction) -> None:
        """To what is owed by the rule of the transaction's kind; the rest is the customer's credit."""
        left = self.waterfall.spread(self.terms.rule_for(fact.kind), fact.amount, fact.effective_date)
        self.credit_received += left
        if left:
            self.overpaid.append(Overpayment(fact, left))

    def _forget_overpaid(self, amount: int) -> None:
        """Credit was refunded or used for a payout, the oldest first."""
        for overpaid in self.overpaid:
            part = min(overpaid.left, amount)
            overpaid.left -= part
            amount -= part

    def foresee(self, planned: Iterable[Transaction]) -> None:
        """Payouts to come, on the rows only: whatever else is asked of this state must be asked before."""
        self.arrears = None
        self.plan.assume_paid_on_time()
        for fact in planned:
            self.advance(fact.effective_date)
            self.disburse(fact)

    def lose_if_charged_off(self, component: Component, amount: int) -> None:
        """What comes to be owed after a charge-off is lost at once; what is waived then was no loss."""
        if self.charged_off is not None:
            self.charged_off[component] += amount

    # --- what is owed -----------------------------------------------------------------------------------------

    def owed(self, *, to_due_date: bool = False) -> Parts:
        """By component today: all principal and charges, interest to the day."""
        earned = sum(self.plan.accrued(to_due_date=to_due_date))
        return {
            Component.PENALTY: sum(row.owed(Component.PENALTY) for row in self.rows),
            Component.FEE: sum(row.owed(Component.FEE) for row in self.rows),
            Component.INTEREST: earned - sum(row.interest_paid + row.interest_waived for row in self.rows),
            Component.PRINCIPAL: self.lent - self.waterfall.paid[Component.PRINCIPAL],
        }

    def payoff(self) -> int:
        """What would close the loan today."""
        owed = self.owed(to_due_date=self.terms.payoff_interest == PayoffInterest.TO_THE_DUE_DATE)
        if self.charged_off is not None or self.terms.payoff_interest == PayoffInterest.SCHEDULED:
            owed[Component.INTEREST] = sum(row.owed(Component.INTEREST) for row in self.rows)
        return max(0, sum(owed.values()) - self.credit)
