"""What a borrower is told before signing: the schedule, and what the credit costs in all."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from domain.apr import UnitPeriodFlow, YearFlow, apr_actuarial, apr_eu
from domain.calendar import add_months
from domain.conventions import PeriodUnit
from domain.errors import InvalidValue
from domain.position import Installment, Position, position
from domain.row import RowKind
from domain.schedule import deducted_fee
from domain.terms import Terms
from domain.transaction import Transaction, TransactionKind

_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Amounts are minor units, rates annual percents rounded to two decimals.

    `finance_charge` is interest and fees; `amount_financed` is what the borrower really gets. `apr` is by
    Regulation Z's actuarial method, `apr_eu` by the formula of 2008/48/EC and 2014/17/EU.
    """

    apr: Decimal
    apr_eu: Decimal
    amount_financed: int
    finance_charge: int
    total_of_payments: int
    largest_installment: int
    installments: tuple[Installment, ...]


def disclosure(terms: Terms, amount: int, start: date, fees: int = 0) -> Disclosure:
    """Figures as if `amount` were paid out on `start`, and every row paid on its due date. What is kept back from the
    payout, the terms' own fee and other prepaid `fees`, is not financed (12 CFR 1026.2(a)(23), 1026.18(b))."""
    if amount <= 0:
        raise InvalidValue("amount", "is not more than nothing")
    payout = amount - deducted_fee(terms, amount)
    if not 0 <= fees < payout:
        raise InvalidValue("fees", "are not less than the amount, or less than nothing")
    rows = hypothetical(terms, amount, start).installments
    total, financed = sum(row.due for row in rows), payout - fees
    due = [row for row in rows if row.due > 0]
    regular = [row.due - row.fees for row in due if row.kind == RowKind.INSTALLMENT]
    return Disclosure(
        apr=_rounded(_us(terms, financed, start, due)),
        apr_eu=_rounded(_eu(terms, financed, start, due)),
        amount_financed=financed,
        finance_charge=total - financed,
        total_of_payments=total,
        largest_installment=max(regular, default=0),
        installments=rows,
    )


def _rounded(rate: Decimal) -> Decimal:
    """To two decimals, and nothing without a sign."""
    return rate.quantize(_HUNDREDTH) + 0


def hypothetical(terms: Terms, amount: int, start: date) -> Position:
    """The position right after a payout that nobody has made."""
    booked_at = datetime.combine(start, time(), UTC)
    payout = Transaction(
        number=1,
        kind=TransactionKind.DISBURSEMENT,
        effective_date=start,
        booked_at=booked_at,
        operation_id="hypothetical",
        amount=amount,
    )
    return position(terms, [payout], start)


def _us(terms: Terms, financed: int, start: date, rows: list[Installment]) -> Decimal:
    unit, every = (terms.unit, terms.every) if len(rows) > 1 else (terms.unit, terms.every * terms.installments)
    payments = [UnitPeriodFlow(Decimal(row.due), *_unit_periods(unit, every, start, row.due_date)) for row in rows]
    return apr_actuarial([UnitPeriodFlow(Decimal(financed), 0)], payments, _unit_periods_per_year(unit, every))


def _unit_periods_per_year(unit: PeriodUnit, every: int) -> Decimal:
    """12 CFR 1026, Appendix J (b)(4) and (5). A unit-period is at most a year."""
    per_year = {
        PeriodUnit.DAYS: 365,
        PeriodUnit.WEEKS: 52,
        PeriodUnit.SEMI_MONTHS: 24,
        PeriodUnit.MONTHS: 12,
        PeriodUnit.YEARS: 1,
    }
    return max(Decimal(1), Decimal(per_year[unit]) / every)


def _unit_periods(unit: PeriodUnit, every: int, start: date, due: date) -> tuple[int, Decimal]:
    """Whole unit-periods counted back from `due`, and the odd days before them as a part of one."""
    if unit in (PeriodUnit.MONTHS, PeriodUnit.YEARS):
        months = min(12, every * (12 if unit == PeriodUnit.YEARS else 1))
        return _by_months(months, start, due)
    if unit == PeriodUnit.SEMI_MONTHS:
        months, odd = _by_months(1, start, due)
        halves = 2 * months + (1 if odd * 30 >= 15 else 0)
        whole, rest = divmod(halves, every)
        return whole, (rest + odd * 2 - (halves - 2 * months)) / every
    days = min(365, every * (7 if unit == PeriodUnit.WEEKS else 1))
    whole, odd_days = divmod((due - start).days, days)
    return whole, Decimal(odd_days) / days


def _by_months(months: int, start: date, due: date) -> tuple[int, Decimal]:
    """Months back from the due date; odd days are thirtieths of a month, or 365ths of a unit-period of a year."""
    span = _whole_months(start, due)
    whole = span // months
    reached = add_months(due, -months * whole)
    odd_months = _whole_months(start, reached) if months == 12 else 0
    odd_days = (add_months(reached, -odd_months) - start).days
    return whole, Decimal(odd_months) / months + Decimal(odd_days) / (365 if months == 12 else 30 * months)


def _whole_months(start: date, due: date) -> int:
    """How many whole months can be counted back from `due` without passing `start`."""
    months = 12 * (due.year - start.year) + due.month - start.month
    return months if add_months(due, -months) >= start else months - 1


def _eu(terms: Terms, financed: int, start: date, rows: list[Installment]) -> Decimal:
    payments = [YearFlow(Decimal(row.due), _years(terms.unit, start, row.due_date)) for row in rows]
    return apr_eu([YearFlow(Decimal(financed), Decimal(0))], payments)


def _years(unit: PeriodUnit, start: date, due: date) -> Decimal:
    """Annex I, remarks (c).

    Whole months are twelfths and whole weeks fifty-seconds of a year; odd days count before them as 365ths or
    366ths.
    """
    if unit == PeriodUnit.WEEKS:
        weeks, odd = divmod((due - start).days, 7)
        return Decimal(weeks) / 52 + Decimal(odd) / 365
    if unit in (PeriodUnit.MONTHS, PeriodUnit.YEARS):
        months, rest = _by_months(1, start, due)
        return Decimal(months) / 12 + rest * 30 / 365
    return Decimal((due - start).days) / 365
