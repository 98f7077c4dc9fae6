"""The annual percentage rate a borrower is told, by two laws, solved in Decimal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from itertools import pairwise

from domain.errors import InvalidValue

_EXACT = Context(prec=34)
_ONE = Decimal(1)
_CLOSE_ENOUGH = Decimal("1e-15")
_MOST_STEPS = 200
_FEW_STEPS = 12
_HIGHEST = Decimal(10) ** 12
_LOWEST = Decimal("-0.9999")

# The present value of all flows at a rate, advances counted positive, and its slope.
Equation = Callable[[Decimal], tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class UnitPeriodFlow:
    """An amount, in any unit, after `periods` whole unit-periods and an odd `fraction` of one."""

    amount: Decimal
    periods: int
    fraction: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class YearFlow:
    """An amount, in any unit, after a time in years."""

    amount: Decimal
    years: Decimal


def apr_actuarial(
    advances: Sequence[UnitPeriodFlow], payments: Sequence[UnitPeriodFlow], unit_periods_per_year: Decimal
) -> Decimal:
    """Annual percent by the actuarial method of 12 CFR 1026, Appendix J (b)(8).

    An odd fraction bears simple interest.
    """
    flows = sorted(_signed(advances, payments), key=lambda flow: flow.periods)

    def equation(rate: Decimal) -> tuple[Decimal, Decimal]:
        step, discount, reached = _EXACT.divide(Decimal(1), 1 + rate), Decimal(1), 0
        value = slope = Decimal(0)
        for flow in flows:
            if gap := flow.periods - reached:
                discount = _EXACT.multiply(discount, step if gap == 1 else _EXACT.power(step, gap))
                reached = flow.periods
            present, weight = _EXACT.multiply(flow.amount, discount), _EXACT.multiply(reached, step)
            if flow.fraction:
                odd = 1 + flow.fraction * rate
                present = _EXACT.divide(present, odd)
                weight = _EXACT.add(weight, _EXACT.divide(flow.fraction, odd))
            value = _EXACT.add(value, present)
            slope = _EXACT.subtract(slope, _EXACT.multiply(present, weight))
        return value, slope

    return _EXACT.multiply(_solve(equation), unit_periods_per_year * 100)


def apr_eu(advances: Sequence[YearFlow], payments: Sequence[YearFlow]) -> Decimal:
    """Annual percent that equates advances and payments, compounding over years.

    2008/48/EC and 2014/17/EU, Annex I.
    """
    signed = [*advances, *(YearFlow(-flow.amount, flow.years) for flow in payments)]
    flows = sorted(signed, key=lambda flow: flow.years)
    gaps = [round(flow.years - before.years, 18) for before, flow in pairwise([YearFlow(_ONE, Decimal(0)), *flows])]

    def equation(rate: Decimal) -> tuple[Decimal, Decimal]:
        logarithm, value, slope, discount = _EXACT.ln(1 + rate), Decimal(0), Decimal(0), _ONE
        discounts = {gap: _EXACT.exp(_EXACT.multiply(-gap, logarithm)) for gap in set(gaps)}
        for flow, gap in zip(flows, gaps, strict=True):
            discount = _EXACT.multiply(discount, discounts[gap])
            present = _EXACT.multiply(flow.amount, discount)
            value = _EXACT.add(value, present)
            slope = _EXACT.subtract(slope, _EXACT.multiply(present, flow.years))
        return value, _EXACT.divide(slope, 1 + rate)

    return _EXACT.multiply(_solve(equation), Decimal(100))


def _signed(advances: Sequence[UnitPeriodFlow], payments: Sequence[UnitPeriodFlow]) -> list[UnitPeriodFlow]:
    return [*advances, *(UnitPeriodFlow(-flow.amount, flow.periods, flow.fraction) for flow in payments)]


def _solve(equation: Equation) -> Decimal:
    """The rate at which the present value is nothing."""
    quickly = _solve_from_nothing(equation)
    return _solve_between(equation, *_bounds(equation)) if quickly is None else quickly


def _solve_from_nothing(equation: Equation) -> Decimal | None:
    """Newton's steps from no interest at all close in from below where payments follow advances; None elsewhere."""
    rate = Decimal(0)
    for _ in range(_FEW_STEPS):
        value, slope = equation(rate)
        if slope <= 0:
            return None
        step = _EXACT.divide(value, slope)
        if abs(step) <= _CLOSE_ENOUGH * (1 + rate):
            return rate - step
        if step > 0:
            return None
        rate -= step
    return None


def _solve_between(equation: Equation, low: Decimal, high: Decimal) -> Decimal:
    """Newton's steps, kept between bounds that enclose the rate."""
    rate = (low + high) / 2
    for _ in range(_MOST_STEPS):
        value, slope = equation(rate)
        low, high = (rate, high) if value < 0 else (low, rate)
        step = _EXACT.divide(value, slope) if slope else Decimal(0)
        following = rate - step
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - rate) <= _CLOSE_ENOUGH * (1 + abs(rate)):
            return following
        rate = following
    return rate


def _bounds(equation: Equation) -> tuple[Decimal, Decimal]:
    """A rate that is too low and one that isn't.

    Payments are worth more than advances only while the rate is too low.
    """
    low, high = _LOWEST, Decimal("0.5")
    if equation(low)[0] > 0:
        raise InvalidValue("payments", "are too little for an annual percentage rate")
    while equation(high)[0] < 0:
        low, high = high, high * 8
        if high > _HIGHEST:
            raise InvalidValue("payments", "come to no annual percentage rate")
    return low, high
