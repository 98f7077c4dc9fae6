"""What each kind of transaction does to a loan; money out and in is the business of `domain.servicing`."""

from collections.abc import Callable
from dataclasses import replace

from domain.errors import InvalidValue
from domain.row import Row
from domain.schedule import change_rate
from domain.servicing import Servicing
from domain.terms import Recalculation
from domain.transaction import Component, Transaction, TransactionKind

_WAIVED_FIRST = (Component.PENALTY, Component.FEE, Component.INTEREST)


def apply(state: Servicing, fact: Transaction) -> None:
    """Let time pass to the fact's day, then let it happen."""
    state.advance(fact.effective_date)
    before = state.waterfall.paid.copy()
    _HANDLERS[fact.kind](state, fact)
    if state.charged_off is not None and fact.kind != TransactionKind.CHARGE_OFF:
        for part, paid in state.waterfall.paid.items():
            state.recovered[part] += paid - before[part]
    state.note_split(fact.number, before)
    state.facts.append(fact)


def _refund(state: Servicing, fact: Transaction) -> None:
    """Money back from the merchant. Where the product says so, the lender gives back the interest it saves."""
    recalculation = state.terms.recalculation
    saved = _saved_interest(state, fact) if recalculation and recalculation.refunds_return_interest else 0
    state.pay(fact)
    if saved:
        state.concede(replace(fact, amount=saved))


def _saved_interest(state: Servicing, refund: Transaction) -> int:
    """What the loan has earned to today beyond what it would have, had the refund come with the first payout."""
    recalculation = state.terms.recalculation or Recalculation()
    terms = replace(state.terms, recalculation=replace(recalculation, refunds_return_interest=False))
    other = Servicing(terms, [row.span for row in state.plan.rows])
    first = next((at for at, fact in enumerate(state.facts) if fact.kind == TransactionKind.DISBURSEMENT), None)
    if first is None:
        return 0
    early = replace(refund, effective_date=state.facts[first].effective_date)
    for fact in [*state.facts[: first + 1], early, *state.facts[first + 1 :]]:
        apply(other, fact)
    other.advance(refund.effective_date)
    return max(0, sum(state.plan.accrued()) - sum(other.plan.accrued()))


def _charge_fee(state: Servicing, fact: Transaction) -> None:
    row = _charged_row(state, fact)
    row.fees += fact.amount
    state.lose_if_charged_off(Component.FEE, fact.amount)
    _pay_from_credit(state, row, Component.FEE)


def _charge_penalty(state: Servicing, fact: Transaction) -> None:
    row = _charged_row(state, fact)
    row.penalties += fact.amount
    state.lose_if_charged_off(Component.PENALTY, fact.amount)
    _pay_from_credit(state, row, Component.PENALTY)


def _charged_row(state: Servicing, fact: Transaction) -> Row:
    state.waterfall.look_again()
    if fact.installment is not None:
        return _row(state, fact.installment)
    return state.waterfall.row_of(fact.due_date or fact.effective_date)


def _row(state: Servicing, number: int) -> Row:
    if not 1 <= number <= len(state.rows):
        raise InvalidValue("installment", f"there is no installment {number}")
    return state.rows[number - 1]


def _pay_from_credit(state: Servicing, row: Row, component: Component) -> None:
    """Money that is there already pays a new charge, as of the day on which it came."""
    for overpaid in state.overpaid:
        paid = state.waterfall.pay(row, (component,), overpaid.left, overpaid.fact.effective_date)
        overpaid.left -= paid
        state.credit_applied += paid
        state.paid_by_credit[component] = state.paid_by_credit.get(component, 0) + paid
        split = state.splits[overpaid.fact.number]
        fees, penalties = (paid, 0) if component == Component.FEE else (0, paid)
        state.splits[split.number] = replace(split, fees=split.fees + fees, penalties=split.penalties + penalties)


def _waive(state: Servicing, fact: Transaction) -> None:
    """Give up charges or interest that are owed, oldest first."""
    left = fact.amount
    for component in (fact.component,) if fact.component else _WAIVED_FIRST:
        for row in [_row(state, fact.installment)] if fact.installment is not None else state.rows:
            state.plan.open(row)
            part = max(0, min(row.owed(component), left))
            row.waive(component, part)
            state.lose_if_charged_off(component, -part)
            left -= part


def _charge_off(state: Servicing, _: Transaction) -> None:
    """What is owed becomes a loss. The rows stay as the claim, with interest to the day."""
    state.charged_off = state.owed()
    if state.plan.follows:
        state.plan.project()
        state.plan.follows = False
    state.plan.end()


def _change_rate(state: Servicing, fact: Transaction) -> None:
    if fact.annual_rate is None or fact.annual_rate < 0:
        raise InvalidValue("annual_rate", "is needed, and not negative")
    if state.charged_off is None:  # which ended interest
        change_rate(state.plan, fact.annual_rate)
        state.use_credit(fact.effective_date)


def _leave(_: Servicing, __: Transaction) -> None:
    """No money has moved."""


_HANDLERS: dict[TransactionKind, Callable[[Servicing, Transaction], None]] = {
    TransactionKind.PAYOUT_INSTRUCTED: Servicing.instruct,
    TransactionKind.PAYOUT_FAILED: Servicing.fail_payout,
    TransactionKind.DISBURSEMENT: Servicing.disburse,
    TransactionKind.PAYMENT: Servicing.pay,
    TransactionKind.PAYOFF: Servicing.pay_off,
    TransactionKind.MERCHANT_REFUND: _refund,
    TransactionKind.PAYOUT_REFUND: Servicing.pay,
    TransactionKind.RECOVERY: Servicing.pay,
    TransactionKind.GOODWILL_CREDIT: Servicing.concede,
    TransactionKind.INTEREST_WAIVER: Servicing.concede,
    TransactionKind.FEE: _charge_fee,
    TransactionKind.PENALTY: _charge_penalty,
    TransactionKind.WAIVER: _waive,
    TransactionKind.CREDIT_REFUND: Servicing.refund_credit,
    TransactionKind.CHARGE_OFF: _charge_off,
    TransactionKind.RATE_CHANGE: _change_rate,
    TransactionKind.DEBIT_INSTRUCTED: _leave,
    TransactionKind.DEBIT_FAILED: _leave,
}
