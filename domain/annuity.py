"""The arithmetic of repayment, on whole minor units and exact factors.

Knows no dates, no terms and no payments.

A factor is an integer over an even `scale`; the interest of a row is `balance * factor / scale`, rounded half to
even.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal

NINETEEN_DIGITS = Context(prec=19, rounding=ROUND_HALF_EVEN)
_ONE = Decimal(1)

Columns = tuple[list[int], list[int], int]  # principal and interest of each row, and interest left for later rows


def round_ratio(numerator: int, denominator: int) -> int:
    """The whole number nearest to the ratio, ties to even. The one place where fractions of a minor unit end."""
    whole, rest = divmod(numerator, denominator)
    twice = rest + rest
    if twice > denominator or (twice == denominator and whole & 1):
        return whole + 1
    return whole


def equal_installment(balance: int, factors: Sequence[int], scale: int, balloon: int = 0) -> int:
    """What every row comes to, so that `balloon` is left after the last: `(P * prod(1 + r) - B) / f_n`, rounded.

    `f_1 = 1`, `f_k = 1 + f_(k-1) * (1 + r_k)`.
    """
    multiply, add, divide = NINETEEN_DIGITS.multiply, NINETEEN_DIGITS.add, NINETEEN_DIGITS.divide
    growth, weight = _ONE, Decimal(0)
    known: dict[int, Decimal] = {}
    for factor in factors:
        step = known.get(factor)
        if step is None:
            step = known[factor] = divide(Decimal(scale + factor), Decimal(scale))
        growth = multiply(growth, step)
        weight = add(multiply(weight, step), _ONE)
    exact = divide(NINETEEN_DIGITS.subtract(multiply(Decimal(balance), growth), Decimal(balloon)), weight)
    return int(exact.to_integral_value(ROUND_HALF_EVEN))


def repay_equally(
    balance: int, factors: Sequence[int], scale: int, installment: int, *, first: int | None = None, carried: int = 0
) -> Columns:
    """Rows of one size: interest is taken out of the installment, the rest repays principal.

    `first` replaces `balance * factor` of the first row. Interest that doesn't fit into an installment is carried
    to the next row. The last row is like the others; who calls decides what clears the balance.
    """
    principals: list[int] = []
    interests: list[int] = []
    half = scale >> 1
    numerator = first
    for factor in factors:
        if numerator is None:
            numerator = balance * factor
        interest, rest = divmod(numerator + half, scale)
        numerator = None
        if not rest and interest & 1:  # exactly half a unit: to the even neighbour
            interest -= 1
        if carried:
            interest += carried
            carried = 0
        principal = installment - interest
        if principal < 0:
            carried, interest, principal = -principal, installment, 0
        elif principal > balance:
            principal = balance
        balance -= principal
        principals.append(principal)
        interests.append(interest)
    return principals, interests, carried
