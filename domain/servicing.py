"""The fold's running state: one loan's rows while transactions are applied to them in order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date

from domain.allocation import AllocationRule, FutureRule, Timing, portions, stages
from domain.calendar import Period, periods
from domain.conventions import PayoffInterest
from domain.errors import InvalidValue
from domain.rates import Factors, percent_of
from domain.row import Row, RowKind
from domain.schedule import Amortization, new_rows
from domain.terms import Terms
from domain.transaction import Component, Transaction, TransactionKind

_WAIVED_FIRST = (Component.PENALTY, Component.FEE, Component.INTEREST)


class Servicing:
    """Rows and counters of one loan. `apply` takes facts in the order in which they count."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.rows: list[Row] = []
        self.plan: Amortization | None = None
        self.payouts: list[tuple[date, int]] = []
        self.instructed = self.disbursed = 0
        self.credit_received = self.credit_applied = self.credit_refunded = 0
        self.conceded = self.recovered = 0
        self.charged_off: dict[Component, int] | None = None
        self.recovered_parts = dict.fromkeys(Component, 0)

    def apply(self, fact: Transaction) -> None:
        self.advance(fact.effective_date)
        _HANDLERS[fact.kind](self, fact)

    def advance(self, day: date) -> None:
        if self.plan and self.charged_off is None:
            self.plan.advance(day)

    @property
    def credit(self) -> int:
        return self.credit_received - self.credit_applied - self.credit_refunded

    # --- money out --------------------------------------------------------------------------------------------

    def instruct(self, fact: Transaction) -> None:
        self.instructed += fact.amount

    def fail_payout(self, fact: Transaction) -> None:
        self.instructed -= fact.amount

    def disburse(self, fact: Transaction) -> None:
        """A payout: part of it falls due at once as down payment, the rest is spread over the rows to come."""
        day, down = fact.effective_date, percent_of(fact.amount, self.terms.down_payment_percent)
        plan = self.plan = self.plan or self._plan_from(day)
        if plan.matured:
            raise InvalidValue("effective_date", "is after the last due date")
        self._lend_out(day, fact.amount)
        if self.terms.down_payment_percent:
            self._insert(Row(Period(day, day), RowKind.DOWN_PAYMENT, principal=down, closed=True))
        plan.lend(fact.amount - down)
        self.credit_applied += self.credit - self._allocate(self.terms.allocation, self.credit, day)
        if self.terms.down_payment_automatic:
            self._pay_down_payments(day)

    def _plan_from(self, day: date) -> Amortization:
        spans = periods(self.terms, self.terms.schedule_start or day)
        if day < spans[0].start:
            spans[0] = replace(spans[0], start=day, regular=False)
        self.rows = new_rows(self.terms, spans)
        plan = Amortization(self.terms, Factors(self.terms, self.terms.annual_rate, spans), list(self.rows))
        plan.advance(day)
        return plan

    def _lend_out(self, day: date, amount: int) -> None:
        self.disbursed += amount
        self.payouts.append((day, amount))

    def _insert(self, row: Row) -> None:
        at = next((i for i, other in enumerate(self.rows) if other.span.due > row.span.due), len(self.rows))
        self.rows.insert(at, row)

    def _pay_down_payments(self, day: date) -> None:
        for row in self.rows:
            if row.kind == RowKind.DOWN_PAYMENT and row.span.due == day:
                self._pay_row(row, (Component.PRINCIPAL,), row.principal_outstanding, day)

    def refund_credit(self, fact: Transaction) -> None:
        """Credit is paid out. What is paid out beyond it is owed again, in the row of that day."""
        refunded = min(fact.amount, self.credit)
        self.credit_refunded += refunded
        if fact.amount > refunded:
            self._owe_again(fact.effective_date, fact.amount - refunded)

    def _owe_again(self, day: date, amount: int) -> None:
        self.instructed += amount
        self._lend_out(day, amount)
        row = self._row_of_charge(day)
        row.principal += amount
        row.share += amount
        if self.plan and self.plan.follows and row.kind != RowKind.ADDITIONAL:
            self.plan.balance += amount

    # --- money in ---------------------------------------------------------------------------------------------

    def pay(self, fact: Transaction) -> None:
        """Money received: to what is owed by the rule of its kind, the rest is the customer's credit."""
        before = {part: self.paid(part) for part in Component} if self.charged_off is not None else {}
        left = self._allocate(self.terms.rule_for(fact.kind), fact.amount, fact.effective_date)
        self.credit_received += left
        for part, paid in before.items():
            self.recovered_parts[part] += self.paid(part) - paid

    def concede(self, fact: Transaction) -> None:
        """A payment that the lender makes itself."""
        self.conceded += fact.amount
        self.pay(fact)

    def pay_off(self, fact: Transaction) -> None:
        """Enough to close the loan closes it: no interest after today is owed any more."""
        if fact.amount >= self.payoff() and self.terms.payoff_interest == PayoffInterest.TO_THE_DAY:
            self._end_interest()
        self.pay(fact)

    def _end_interest(self) -> None:
        if self.plan and not self.plan.follows and self.charged_off is None:
            for row, interest in zip(self.plan.rows, self.plan.accrued(), strict=True):
                row.interest = interest

    def _allocate(self, rule: AllocationRule, amount: int, day: date) -> int:
        """Spread `amount` over the rows. What no row takes."""
        for when, components in stages(rule):
            if amount == 0:
                break
            if when == Timing.IN_ADVANCE:
                amount = self._allocate_in_advance(rule.future, components, amount, day)
            else:
                for row in self._rows_at(when, day):
                    amount -= self._pay_row(row, components, amount, day)
        return amount

    def _allocate_in_advance(self, rule: FutureRule, components: tuple[Component, ...], amount: int, day: date) -> int:
        progress = True
        while amount and progress:
            progress = False
            for row, most in portions(rule, self._rows_at(Timing.IN_ADVANCE, day), amount):
                if amount == 0:
                    break
                if self.plan:
                    self.plan.open(row)
                paid = self._pay_row(row, components, min(most, amount), day)
                amount -= paid
                progress = progress or paid > 0
        return amount

    def _rows_at(self, when: Timing, day: date) -> Iterator[Row]:
        return (row for row in self.rows if row.timing(day) == when and self._is_unpaid(row))

    def _is_unpaid(self, row: Row) -> bool:
        follows = self.plan is not None and self.plan.follows and not row.closed and row.kind != RowKind.ADDITIONAL
        return not row.settled or row.outstanding > 0 if follows else row.outstanding > 0

    def _pay_row(self, row: Row, components: Iterable[Component], amount: int, day: date) -> int:
        """Pay up to `amount` of a row's components, in their order. What was paid."""
        paid = 0
        for component in components:
            part = min(row.owed(component), amount - paid)
            if part > 0:
                row.settle(component, part)
                paid += part
                if component == Component.PRINCIPAL and self._is_planned(row):
                    self.plan.repay(row, part)  # type: ignore[union-attr]
        self._mark(row, paid, day)
        return paid

    def _is_planned(self, row: Row) -> bool:
        return self.plan is not None and row.kind in (RowKind.INSTALLMENT, RowKind.BROKEN_PERIOD)

    def _mark(self, row: Row, paid: int, day: date) -> None:
        if day < row.span.due:
            row.paid_in_advance += paid
        elif day > row.span.due:
            row.paid_late += paid
        if paid and row.outstanding == 0:
            row.paid_on = day
        if self.plan and self.plan.follows and not row.closed and self._is_planned(row):
            row.settled = row.principal_outstanding == 0 and row.interest_outstanding == 0

    # --- charges, waivers, losses -----------------------------------------------------------------------------

    def charge_fee(self, fact: Transaction) -> None:
        self._charged_row(fact).fees += fact.amount

    def charge_penalty(self, fact: Transaction) -> None:
        self._charged_row(fact).penalties += fact.amount

    def _charged_row(self, fact: Transaction) -> Row:
        if fact.installment is not None:
            return self._row(fact.installment)
        return self._row_of_charge(fact.due_date or fact.effective_date)

    def _row(self, number: int) -> Row:
        if not 1 <= number <= len(self.rows):
            raise InvalidValue("installment", f"there is no installment {number}")
        return self.rows[number - 1]

    def _row_of_charge(self, day: date) -> Row:
        """The row in whose span the day lies; after maturity one more row."""
        for row in self.rows:
            if day <= row.span.due and row.kind != RowKind.DOWN_PAYMENT:
                return row
        last = self.rows[-1] if self.rows else Row(Period(day, day))
        if last.kind != RowKind.ADDITIONAL:
            last = Row(Period(last.span.due, day), RowKind.ADDITIONAL, closed=True)
            self.rows.append(last)
        last.span = replace(last.span, due=day)
        return last

    def waive(self, fact: Transaction) -> None:
        """Give up charges or interest that are owed, oldest first."""
        left = fact.amount
        for component in (fact.component,) if fact.component else _WAIVED_FIRST:
            for row in [self._row(fact.installment)] if fact.installment is not None else self.rows:
                if self.plan:
                    self.plan.open(row)
                part = max(0, min(row.owed(component), left))
                row.waive(component, part)
                left -= part

    def charge_off(self, fact: Transaction) -> None:
        """What is owed becomes a loss. The rows stay as the claim; interest stops."""
        if self.plan and self.plan.follows:
            self.plan.project()
            self.plan.follows = False
        self.charged_off = self.owed()

    # --- what is owed -----------------------------------------------------------------------------------------

    def owed(self) -> dict[Component, int]:
        """By component today: all principal and charges, interest to the day."""
        earned = self.plan.accrued() if self.plan else []
        interest = sum(earned) - sum(row.interest_paid + row.interest_waived for row in self.rows)
        return {
            Component.PENALTY: sum(row.penalties_outstanding for row in self.rows),
            Component.FEE: sum(row.fees_outstanding for row in self.rows),
            Component.INTEREST: interest,
            Component.PRINCIPAL: self.disbursed - self.paid(Component.PRINCIPAL),
        }

    def paid(self, component: Component) -> int:
        match component:
            case Component.PENALTY:
                return sum(row.penalties_paid for row in self.rows)
            case Component.FEE:
                return sum(row.fees_paid for row in self.rows)
            case Component.INTEREST:
                return sum(row.interest_paid for row in self.rows)
            case Component.PRINCIPAL:
                return sum(row.principal_paid for row in self.rows)

    def payoff(self) -> int:
        """What would close the loan today."""
        owed = self.owed()
        if self.terms.payoff_interest == PayoffInterest.SCHEDULED:
            if self.plan and self.plan.follows:
                self.plan.project()
            owed[Component.INTEREST] = sum(row.interest_outstanding for row in self.rows)
        return max(0, sum(owed.values()) - self.credit)


_HANDLERS: dict[TransactionKind, Callable[[Servicing, Transaction], None]] = {
    TransactionKind.PAYOUT_INSTRUCTED: Servicing.instruct,
    TransactionKind.PAYOUT_FAILED: Servicing.fail_payout,
    TransactionKind.DISBURSEMENT: Servicing.disburse,
    TransactionKind.PAYMENT: Servicing.pay,
    TransactionKind.PAYOFF: Servicing.pay_off,
    TransactionKind.MERCHANT_REFUND: Servicing.pay,
    TransactionKind.PAYOUT_REFUND: Servicing.pay,
    TransactionKind.RECOVERY: Servicing.pay,
    TransactionKind.GOODWILL_CREDIT: Servicing.concede,
    TransactionKind.INTEREST_WAIVER: Servicing.concede,
    TransactionKind.FEE: Servicing.charge_fee,
    TransactionKind.PENALTY: Servicing.charge_penalty,
    TransactionKind.WAIVER: Servicing.waive,
    TransactionKind.CREDIT_REFUND: Servicing.refund_credit,
    TransactionKind.CHARGE_OFF: Servicing.charge_off,
}
