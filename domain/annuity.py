"""The arithmetic of repayment, on whole minor units and exact factors.

Knows no dates, no terms and no payments.

A factor is an integer over an even `scale`; the interest of a row is `balance * factor / scale`, rounded half to
even.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import groupby
from math import gcd

NINETEEN_DIGITS = Context(prec=19, rounding=ROUND_HALF_EVEN)
_EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)  # so many that a difference of powers still keeps nineteen
_ONE = Decimal(1)

Columns = tuple[list[int], list[int], int]  # principal and interest of each row, and interest left for later rows


def round_ratio(numerator: int, denominator: int) -> int:
    """The whole number nearest to the ratio, ties to even. The one place where fractions of a minor unit end."""
    whole, rest = divmod(numerator, denominator)
    twice = rest + rest
    if twice > denominator or (twice == denominator and whole & 1):
        return whole + 1
    return whole


def _runs(factors: Sequence[int]) -> list[tuple[int, int]]:
    """How often each factor comes in a row. Mostly there is one."""
    if factors.count(factors[0]) == len(factors):
        return [(factors[0], len(factors))]
    return [(factor, len(list(run))) for factor, run in groupby(factors)]


def equal_installment(balance: int, factors: Sequence[int], scale: int, balloon: int = 0) -> int:
    """What every row comes to, so that `balloon` is left after the last: `(P * prod(1 + r) - B) / f_n`, rounded.

    `f_1 = 1`, `f_k = 1 + f_(k-1) * (1 + r_k)`. For `m` rows of one rate in a row, that is
    `f * (1 + r)^m + ((1 + r)^m - 1) / r`.
    """
    growth, weight = _ONE, Decimal(0)
    for factor, rows in _runs(factors):
        power = _EXACT.power(_EXACT.divide(Decimal(scale + factor), Decimal(scale)), rows)
        added = (
            _EXACT.divide(_EXACT.multiply(_EXACT.subtract(power, _ONE), Decimal(scale)), Decimal(factor))
            if factor
            else Decimal(rows)
        )
        growth = _EXACT.multiply(growth, power)
        weight = _EXACT.fma(weight, power, added)
    exact = _EXACT.divide(_EXACT.subtract(_EXACT.multiply(Decimal(balance), growth), Decimal(balloon)), weight)
    return int(exact.to_integral_value(ROUND_HALF_EVEN))


def repay_equally(balance: int, factors: Sequence[int], scale: int, installment: int, carried: int = 0) -> Columns:
    """Rows of one size: interest is taken out of the installment, the rest repays principal.

    `carried` is interest that earlier rows left. What doesn't fit into an installment is carried to the next row. The
    last row is like the others; who calls decides what clears the balance.
    """
    principals: list[int] = []
    interests: list[int] = []
    distinct = {factor for factor, _ in _runs(factors)}
    common = gcd(scale, *distinct)  # small numbers divide faster
    half, whole = scale // common, 2 * scale // common
    doubled = {factor: 2 * factor // common for factor in distinct}
    for factor in map(doubled.__getitem__, factors):
        numerator = balance * factor + half
        interest = numerator // whole
        if interest & 1 and interest * whole == numerator:  # exactly half a unit: to the even neighbour
            interest -= 1
        if carried:
            interest += carried
            carried = min(interest, 0)  # more was taken before than has been earned
            interest -= carried
        principal = installment - interest
        if principal < 0:
            carried, interest, principal = carried - principal, installment, 0
        elif principal > balance:
            principal = balance
        balance -= principal
        principals.append(principal)
        interests.append(interest)
    return principals, interests, carried
