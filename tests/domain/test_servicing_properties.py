"""A loan's life in any order that hypothesis can think of, and what must hold after every step."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.errors import InvalidValue
from domain.position import Position, position
from domain.schedule import deducted_fee
from domain.terms import Terms
from domain.transaction import Transaction, TransactionKind, in_force
from tests.domain.diary import DAY_ONE, fact
from tests.domain.products import START, products
from tests.examples import tried_on

MONEY_IN = [
    TransactionKind.PAYMENT,
    TransactionKind.PAYOFF,
    TransactionKind.MERCHANT_REFUND,
    TransactionKind.PAYOUT_REFUND,
    TransactionKind.GOODWILL_CREDIT,
    TransactionKind.INTEREST_WAIVER,
    TransactionKind.RECOVERY,
]
CASH_IN = {*MONEY_IN} - {TransactionKind.GOODWILL_CREDIT, TransactionKind.INTEREST_WAIVER}
amounts = st.one_of(st.integers(1, 5_000), st.integers(1, 2_000_000))
days = st.integers(0, 40)


class Life(RuleBasedStateMachine):
    """Facts are entered day by day; some count from an earlier day, some are undone."""

    facts: Bundle[Transaction] = Bundle("facts")

    @initialize(terms=products(st.integers(1, 18)), amount=st.integers(1, 1_000_000))
    def begin(self, terms: Terms, amount: int) -> None:
        self.terms, self.today = terms, START
        self.diary: list[Transaction] = []
        self.write(TransactionKind.DISBURSEMENT, START, amount)

    def write(self, kind: TransactionKind, day: date, amount: int = 0, reverses: int | None = None) -> Transaction:
        number = len(self.diary) + 1
        entry = replace(
            fact(kind, day, amount), number=number, reverses=reverses, booked_at=DAY_ONE + timedelta(minutes=number)
        )
        self.diary.append(entry)
        return entry

    def try_to_write(self, kind: TransactionKind, amount: int) -> None:
        """A payout after the last due date, or after a payoff, is refused."""
        self.write(kind, self.today, amount)
        try:
            position(self.terms, self.diary, self.today)
        except InvalidValue:
            self.diary.pop()

    @property
    def now(self) -> Position:
        return position(self.terms, self.diary, self.today)

    @rule(days=days)
    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(target=facts, kind=st.sampled_from(MONEY_IN), amount=amounts, back=st.one_of(st.just(0), days))
    def money_comes(self, kind: TransactionKind, amount: int, back: int) -> Transaction:
        """A payoff is not dated back: it could come before a payout that has been made."""
        back = 0 if kind == TransactionKind.PAYOFF else back
        return self.write(kind, max(START, self.today - timedelta(days=back)), amount)

    @rule(target=facts, kind=st.sampled_from([TransactionKind.FEE, TransactionKind.PENALTY]), amount=amounts)
    def something_is_charged(self, kind: TransactionKind, amount: int) -> Transaction:
        return self.write(kind, self.today, amount)

    @rule(target=facts, amount=amounts)
    def something_is_waived(self, amount: int) -> Transaction:
        return self.write(TransactionKind.WAIVER, self.today, amount)

    @rule(amount=st.integers(1, 500_000))
    def another_payout(self, amount: int) -> None:
        self.try_to_write(TransactionKind.DISBURSEMENT, amount)

    @precondition(lambda self: self.now.credit > 0)
    @rule()
    def credit_is_refunded(self) -> None:
        self.write(TransactionKind.CREDIT_REFUND, self.today, self.now.credit)

    @rule(of=facts)
    def something_is_reversed(self, of: Transaction) -> None:
        without = [entry for entry in in_force(self.diary) if entry != of]
        self.write(TransactionKind.REVERSAL, self.today, reverses=of.number)
        assert self.now == position(self.terms, without, self.today)

    # --- what must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def principal_parts_sum_to_the_principal(self) -> None:
        now = self.now
        lent = now.totals.disbursed + now.totals.fees_deducted
        assert sum(row.principal for row in now.installments) == lent
        assert now.principal == sum(row.principal - row.principal_paid for row in now.installments)

    @invariant()
    def what_is_not_disbursed_of_a_payout_is_its_fee(self) -> None:
        payouts = [entry.amount for entry in in_force(self.diary) if entry.kind == TransactionKind.DISBURSEMENT]
        assert self.now.totals.fees_deducted == sum(deducted_fee(self.terms, amount) for amount in payouts)

    @invariant()
    def no_balance_is_negative(self) -> None:
        now = self.now
        for balance in (now.principal, now.interest, now.fees, now.penalties, now.credit, now.payoff):
            assert balance >= 0
        for row in now.installments:
            assert min(row.principal - row.principal_paid, row.outstanding, row.balance_after) >= 0
            assert row.interest_paid + row.interest_waived <= row.interest
        assert now.totals.interest_accrued >= now.totals.interest_paid + now.totals.interest_waived

    @invariant()
    def what_came_in_is_what_was_paid_and_what_is_credit(self) -> None:
        flows = self.now.totals
        facts = {entry.number: entry for entry in in_force(self.diary)}
        cash = sum(entry.amount for entry in facts.values() if entry.kind in CASH_IN)
        kept_back = (s.principal for s in self.now.splits if facts[s.number].kind == TransactionKind.DISBURSEMENT)
        cash += sum(kept_back)
        paid = flows.principal_paid + flows.interest_paid + flows.fees_paid + flows.penalties_paid
        assert cash == paid + flows.credit_received - flows.credit_applied - flows.conceded + flows.recovered

    @invariant()
    def no_payment_pays_more_than_it_is(self) -> None:
        amounts = {entry.number: entry for entry in self.diary}
        for split in self.now.splits:
            entry = amounts[split.number]
            if entry.kind in MONEY_IN:
                assert 0 <= split.principal + split.interest + split.fees + split.penalties <= entry.amount

    @invariant()
    def replay_does_not_depend_on_the_order_of_the_list(self) -> None:
        assert position(self.terms, self.diary[::-1], self.today) == self.now

    @invariant()
    def the_quote_paid_today_closes_the_loan(self) -> None:
        now = self.now
        if now.payoff:
            self.write(TransactionKind.PAYOFF, self.today, now.payoff)
            closed = self.now
            self.diary.pop()
            assert (closed.settled, closed.payoff, closed.credit, closed.principal) == (True, 0, now.credit, 0)


def test_a_loan_keeps_its_promises_through_any_life() -> None:
    run_state_machine_as_test(Life, settings=tried_on(40, steps=15))
