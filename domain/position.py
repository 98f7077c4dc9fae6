"""Terms and transactions and a day, folded into what is owed. The only implementation of servicing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter, sub

from domain.calendar import Period, periods
from domain.changes import apply
from domain.row import Row, RowKind
from domain.servicing import Servicing, Split
from domain.terms import Terms
from domain.transaction import PAYOUTS, Component, Transaction, TransactionKind, in_force


@dataclass(frozen=True, slots=True)
class Totals:
    """How much has flowed over the whole life of a loan, in minor units. The ledger posts the growth of each.

    What was lent is `disbursed`, which reached the borrower, and `fees_deducted`, which was kept back from that.
    `interest_accrued` is what has been earned to the position's day (never less than what was paid or waived of it).
    """

    instructed: int = 0
    disbursed: int = 0
    principal_paid: int = 0
    interest_accrued: int = 0
    interest_paid: int = 0
    interest_waived: int = 0
    fees_charged: int = 0
    fees_paid: int = 0
    fees_waived: int = 0
    penalties_charged: int = 0
    penalties_paid: int = 0
    penalties_waived: int = 0
    credit_received: int = 0
    credit_refunded: int = 0
    principal_charged_off: int = 0
    interest_charged_off: int = 0
    fees_charged_off: int = 0
    penalties_charged_off: int = 0
    recovered: int = 0
    credit_applied: int = 0  # credit used for what is owed; counted in the paid flows too
    conceded: int = 0  # paid by the lender itself (goodwill); counted in the paid flows and `credit_received` too
    fees_deducted: int = 0

    def __sub__(self, other: "Totals") -> "Totals":
        return Totals(*map(sub, _flows(self), _flows(other)))


_flows = attrgetter(*(field.name for field in fields(Totals)))  # all of them, in their order


@dataclass(frozen=True, slots=True)
class Installment:
    """One row of the schedule. Amounts are minor units; what is outstanding is due less paid less waived.

    `paid_in_advance` and `paid_late` are parts of what was paid, by the day on which it came. `paid_on` is the
    day on which the row was paid in full.
    """

    number: int
    kind: RowKind
    start_date: date
    due_date: date
    principal: int
    interest: int
    fees: int
    penalties: int
    principal_paid: int
    interest_paid: int
    fees_paid: int
    penalties_paid: int
    interest_waived: int
    fees_waived: int
    penalties_waived: int
    balance_after: int
    paid_in_advance: int
    paid_late: int
    paid_on: date | None

    @property
    def due(self) -> int:
        return self.principal + self.interest + self.fees + self.penalties

    @property
    def paid(self) -> int:
        return self.principal_paid + self.interest_paid + self.fees_paid + self.penalties_paid

    @property
    def outstanding(self) -> int:
        return self.due - self.paid - self.interest_waived - self.fees_waived - self.penalties_waived


@dataclass(frozen=True, slots=True)
class Position:
    """What is owed at the end of `as_of` (inclusive of that day's transactions). Amounts are minor units."""

    currency: str
    as_of: date
    installments: tuple[Installment, ...]
    totals: Totals
    payoff: int  # would close the loan if paid on `as_of`
    overdue_tolerance: int = 0
    splits: tuple[Split, ...] = ()  # of every transaction in force, in the order in which they count

    # --- balances by component --------------------------------------------------------------------------------

    @property
    def in_transit(self) -> int:
        """Paid out, but not known to have arrived."""
        return self.totals.instructed - self.totals.disbursed

    @property
    def principal(self) -> int:
        flows = self.totals
        return flows.disbursed + flows.fees_deducted - flows.principal_paid - flows.principal_charged_off

    @property
    def interest(self) -> int:
        """Earned to `as_of` and not paid."""
        flows = self.totals
        return flows.interest_accrued - flows.interest_paid - flows.interest_waived - flows.interest_charged_off

    @property
    def fees(self) -> int:
        flows = self.totals
        return flows.fees_charged - flows.fees_paid - flows.fees_waived - flows.fees_charged_off

    @property
    def penalties(self) -> int:
        flows = self.totals
        return flows.penalties_charged - flows.penalties_paid - flows.penalties_waived - flows.penalties_charged_off

    @property
    def credit(self) -> int:
        """The customer's, for what was overpaid."""
        flows = self.totals
        return flows.credit_received - flows.credit_applied - flows.credit_refunded

    # --- what is due, and what is late ------------------------------------------------------------------------

    @property
    def fallen_due(self) -> tuple[Installment, ...]:
        """Rows whose due date has come."""
        return tuple(row for row in self.installments if row.due_date <= self.as_of)

    @property
    def due_to_date(self) -> int:
        """Outstanding of rows whose due date has come."""
        return sum(row.outstanding for row in self.fallen_due)

    @property
    def overdue(self) -> int:
        """Outstanding of overdue rows on `as_of`."""
        return sum(row.outstanding for row in self.installments if self._is_overdue(row, self.as_of))

    @property
    def oldest_unpaid(self) -> Installment | None:
        """The first row with something outstanding, due or not."""
        return next((row for row in self.installments if row.outstanding > 0), None)

    @property
    def next_due(self) -> Installment | None:
        """The first unpaid row whose due date is after `as_of`."""
        return next((row for row in self.installments if row.due_date > self.as_of and row.outstanding > 0), None)

    @property
    def settled(self) -> bool:
        """Money was lent and nothing is owed any more."""
        return self.totals.disbursed > 0 and all(row.outstanding <= 0 for row in self.installments)

    @property
    def overdue_from(self) -> date | None:
        """The due date from which the loan is overdue, or will be if nothing is paid."""
        late = (row.due_date for row in self.installments if row.outstanding > self.overdue_tolerance)
        return next(late, None)

    def days_past_due(self, business_date: date) -> int:
        """From the oldest overdue row's due date; 0 when none is overdue."""
        oldest = next((row for row in self.installments if self._is_overdue(row, business_date)), None)
        return (business_date - oldest.due_date).days if oldest else 0

    def _is_overdue(self, row: Installment, day: date) -> bool:
        return row.due_date < day and row.outstanding > self.overdue_tolerance


def position(terms: Terms, transactions: Sequence[Transaction], as_of: date) -> Position:
    """Fold the facts up to `as_of` into what is owed.

    Facts count in order of effective date, then of entry. A reversal undoes its transaction wherever it stands,
    as if it had never been. A planned payout that has not come by `as_of` shapes the rows to come.
    """
    return position_of(*fold(terms, transactions, as_of), as_of)


def position_of(state: Servicing, facts: Sequence[Transaction], as_of: date) -> Position:
    """What a folded loan amounts to. The state is used up: it has looked ahead."""
    terms = state.terms
    totals, payoff = totals_of(state), state.payoff()
    state.foresee(fact for fact in facts if fact.kind == TransactionKind.PLANNED_DISBURSEMENT)
    return Position(
        currency=terms.currency,
        as_of=as_of,
        installments=tuple(_installments(state)),
        totals=totals,
        payoff=payoff,
        overdue_tolerance=terms.overdue_tolerance,
        splits=tuple(state.splits.values()),
    )


def fold(terms: Terms, transactions: Sequence[Transaction], as_of: date) -> tuple[Servicing, list[Transaction]]:
    """The state at the end of `as_of`, and the facts that count."""
    facts = [fact for fact in in_force(transactions) if _counts(fact, as_of)]
    state = Servicing(terms, _spans(terms, facts))
    for fact in facts:
        if fact.kind != TransactionKind.PLANNED_DISBURSEMENT:
            apply(state, fact)
    state.advance(as_of)
    return state, facts


def _counts(fact: Transaction, as_of: date) -> bool:
    if fact.kind == TransactionKind.PLANNED_DISBURSEMENT:
        return fact.effective_date >= as_of
    return fact.effective_date <= as_of


def _spans(terms: Terms, facts: Sequence[Transaction]) -> list[Period]:
    """The rows begin with the first payout, or where the terms say."""
    first = next((fact.effective_date for fact in facts if fact.kind in PAYOUTS), None)
    if first is None:
        return []
    spans = periods(terms, terms.schedule_start or first)
    if first < spans[0].start:
        spans[0] = spans[0]._replace(start=first, regular=False)
    return spans


def _installments(state: Servicing) -> Iterator[Installment]:
    balance, payouts = 0, iter([*state.payouts, (date.max, 0)])
    paid_out, amount = next(payouts)
    for number, row in enumerate(state.rows, 1):
        while paid_out < row.span.due or (paid_out == row.span.due and row.kind == RowKind.DOWN_PAYMENT):
            balance += amount
            paid_out, amount = next(payouts)
        balance -= row.principal
        yield _installment(number, row, balance)


def _installment(number: int, row: Row, balance_after: int) -> Installment:
    return Installment(
        number,
        row.kind,
        row.span.start,
        row.span.due,
        row.principal,
        row.interest,
        row.fees,
        row.penalties,
        row.principal_paid,
        row.interest_paid,
        row.fees_paid,
        row.penalties_paid,
        row.interest_waived,
        row.fees_waived,
        row.penalties_waived,
        balance_after,
        row.paid_in_advance,
        row.paid_late,
        row.paid_on if row.outstanding == 0 else None,
    )


def totals_of(state: Servicing) -> Totals:
    rows, lost, recovered = state.rows, state.charged_off or {}, state.recovered
    paid = {part: state.waterfall.paid[part] - recovered[part] for part in Component}
    waived = sum(row.interest_waived for row in rows)
    earned = sum(state.plan.accrued()) if state.charged_off is None else 0
    return Totals(
        instructed=state.instructed,
        disbursed=state.lent - state.fees_deducted,
        principal_paid=paid[Component.PRINCIPAL],
        interest_accrued=earned or paid[Component.INTEREST] + waived + lost.get(Component.INTEREST, 0),
        interest_paid=paid[Component.INTEREST],
        interest_waived=waived,
        fees_charged=sum(row.fees for row in rows),
        fees_paid=paid[Component.FEE],
        fees_waived=sum(row.fees_waived for row in rows),
        penalties_charged=sum(row.penalties for row in rows),
        penalties_paid=paid[Component.PENALTY],
        penalties_waived=sum(row.penalties_waived for row in rows),
        credit_received=state.credit_received,
        credit_refunded=state.credit_refunded,
        principal_charged_off=lost.get(Component.PRINCIPAL, 0),
        interest_charged_off=lost.get(Component.INTEREST, 0),
        fees_charged_off=lost.get(Component.FEE, 0),
        penalties_charged_off=lost.get(Component.PENALTY, 0),
        recovered=sum(recovered.values()),
        credit_applied=state.credit_applied,
        conceded=state.conceded,
        fees_deducted=state.fees_deducted,
    )
