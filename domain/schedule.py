"""What the rows amount to: terms and a balance become a schedule, and again when the balance or the rate changes."""

from collections.abc import Sequence
from decimal import Decimal

from domain.amortization import Amortization
from domain.annuity import equal_installment, round_ratio
from domain.calendar import Period
from domain.conventions import ScheduleKind
from domain.errors import InvalidValue
from domain.money import currency_digits
from domain.rates import Factors, percent_of
from domain.row import Row, RowKind
from domain.terms import Terms

MOST_SMOOTHING = 3


def new_rows(terms: Terms, spans: Sequence[Period]) -> list[Row]:
    """Empty rows, marked with the grace on interest payment."""
    rows = [Row(span, RowKind.BROKEN_PERIOD if span.broken else RowKind.INSTALLMENT) for span in spans]
    regular = [row for row in rows if not row.span.broken]
    for row in regular[: terms.grace_on_interest_payment]:
        row.defers_interest = True
    if terms.grace_on_interest_payment:
        regular[terms.grace_on_interest_payment].releases_interest = True
    for row in rows:
        row.repays = not row.span.broken
    for row in regular[: terms.grace_on_principal]:
        row.repays = False
    return rows


def lend(plan: Amortization, amount: int) -> None:
    """More principal, today: spread what is owed over the rows to come, those paid in advance among them."""
    plan.balance += amount
    plan.lent += amount
    for row in plan.rows[plan.at :]:
        row.settled = False
    spread(plan)


def change_rate(plan: Amortization, annual_rate: Decimal) -> None:
    """Another rate from today on, and another installment."""
    before = plan.factors.scale
    plan.factors = Factors(plan.terms, annual_rate, [row.span for row in plan.rows], over=before)
    plan.pot *= plan.factors.scale // before
    spread(plan)


def spread(plan: Amortization) -> None:
    """Decide anew what the rows to come amount to."""
    rows, kind = [row for row in plan.rows[plan.at :] if row.repays], plan.terms.kind
    if not rows:
        return
    if kind == ScheduleKind.EQUAL_INSTALLMENTS:
        _share_equal_installments(plan, rows)
    elif kind == ScheduleKind.FLAT:
        interest = sum(plan.interest_of(index, plan.to_repay) for index in range(plan.at, len(plan.rows)))
        _share(rows, to_multiple(plan.terms, round_ratio(plan.to_repay + interest, len(rows))), inside=True)
    elif kind == ScheduleKind.EQUAL_PRINCIPAL:
        _share(rows, round_ratio(plan.to_repay - _balloon(plan), len(rows)), inside=False)
        rows[-1].share = plan.to_repay - sum(row.share for row in rows[:-1])
    else:
        rows[-1].share = plan.to_repay
    plan.project()
    if kind == ScheduleKind.EQUAL_INSTALLMENTS and plan.terms.smoothing and not plan.terms.installment_amount:
        _smooth(plan, rows)
    if kind == ScheduleKind.EQUAL_INSTALLMENTS:
        rows[-1].share += _balloon(plan)


def _share(rows: Sequence[Row], amount: int, *, inside: bool) -> None:
    for row in rows:
        row.share, row.interest_inside = amount, inside


def _share_equal_installments(plan: Amortization, rows: Sequence[Row]) -> None:
    if plan.terms.installment_amount:
        _share(rows, _given_installment(plan), inside=True)
        return
    factors = [plan.factors.whole(row.span) for row in rows]
    exact = equal_installment(plan.to_repay, factors, plan.factors.scale, _balloon(plan))
    _share(rows, to_multiple(plan.terms, exact), inside=True)


def _given_installment(plan: Amortization) -> int:
    given = plan.terms.installment_amount
    if plan.interest_of(plan.at, plan.to_repay) > given and not plan.terms.negative_amortization:
        raise InvalidValue("installment_amount", "does not cover the interest of the first installment")
    return given


def _smooth(plan: Amortization, rows: Sequence[Row]) -> None:
    """Bring the last row, which takes the roundings, nearer to the others."""
    if len(rows) == 1:
        return
    balloon, count = _balloon(plan), len(rows)
    near = (count // 2) * 10 ** currency_digits(plan.terms.currency)
    gap = _gap(rows, balloon)
    for _ in range(MOST_SMOOTHING):
        if abs(gap) * 100 <= near:
            return
        share = rows[0].share
        _share(rows, to_multiple(plan.terms, share + round_ratio(gap, count)), inside=True)
        plan.project()
        before, gap = gap, _gap(rows, balloon)
        if abs(gap) >= abs(before):
            _share(rows, share, inside=True)
            plan.project()
            return


def _gap(rows: Sequence[Row], balloon: int) -> int:
    """How much the last row comes to beyond the one before it, interest that a grace put there aside."""
    last, previous = rows[-1], rows[-2]
    if last.releases_interest:
        return 0
    before = previous.share if previous.releases_interest else previous.principal + previous.interest
    return last.principal + last.interest - balloon - before


def _balloon(plan: Amortization) -> int:
    balloon = plan.terms.balloon_amount or percent_of(plan.lent, plan.terms.balloon_percent)
    if balloon > plan.lent:
        raise InvalidValue("balloon_amount", "is more than the principal")
    return min(balloon, plan.to_repay)


def down_payment(terms: Terms, amount: int) -> int:
    """What of a payout falls due at once."""
    return to_multiple(terms, percent_of(amount, terms.down_payment_percent))


def origination_fee(terms: Terms, amount: int, *, first: bool) -> int:
    """What a payout costs; the loan's own fee comes with the first."""
    return percent_of(amount, terms.origination_fee_percent) + (terms.origination_fee_amount if first else 0)


def deducted_fee(terms: Terms, amount: int, *, first: bool = True) -> int:
    """What of a payout is kept back as its fee. Raises `InvalidValue` where that would leave nothing to pay out."""
    if not terms.origination_fee_deducted:
        return 0
    fee = origination_fee(terms, amount, first=first)
    if fee + down_payment(terms, amount) >= amount:  # which comes back the same day
        raise InvalidValue("terms.origination_fee_deducted", "leaves nothing to pay out")
    return fee


def to_multiple(terms: Terms, amount: int) -> int:
    """To the product's multiple, unless that would leave nothing."""
    multiple = terms.installment_multiple or 1
    return round_ratio(amount, multiple) * multiple or amount
