"""Everything that decides the schedule and the servicing of one loan, except its payouts.

Amounts and dates of payouts are transactions; a `Terms` is what a product fixes and an offer fills in. Plain
types only, so that it travels as JSON. Amounts are minor units, rates and percents are annual percents.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.allocation import DEFAULT_RULE, AllocationOverride, AllocationRule
from domain.conventions import (
    DayCount,
    InterestPeriod,
    LeapYear,
    OddFirstPeriod,
    PayoffInterest,
    PeriodUnit,
    RateKind,
    Roll,
    ScheduleKind,
    YearEndCut,
)
from domain.errors import InvalidValue
from domain.money import LARGEST_AMOUNT, currency_digits
from domain.transaction import TransactionKind

MOST_INSTALLMENTS = 1200
HIGHEST_RATE = Decimal(1000)
LARGEST_COUNT = 1000  # of days, weeks, … between two due dates
LONGEST_DAYS = 100 * 366

_DAYS = {
    PeriodUnit.DAYS: 1,
    PeriodUnit.WEEKS: 7,
    PeriodUnit.SEMI_MONTHS: 16,
    PeriodUnit.MONTHS: 31,
    PeriodUnit.YEARS: 366,
}


@dataclass(frozen=True, kw_only=True)
class Recalculation:
    """Interest follows the real daily balance instead of the schedule."""

    interest_on_overdue_principal: bool = True
    refunds_return_interest: bool = False  # a merchant's refund also gives back the interest it saves


@dataclass(frozen=True, kw_only=True)
class PenaltyInterest:
    """What overdue principal bears beside the loan's interest: a nominal annual percent, simple.

    An installment bears it from the day after its due date, or after `grace_days` more. Those never bear any.
    """

    annual_rate: Decimal
    grace_days: int = 0

    def __post_init__(self) -> None:
        within = self.annual_rate.is_finite() and 0 < self.annual_rate <= HIGHEST_RATE
        _require(within, "annual_rate", f"is not a percent above 0 and up to {HIGHEST_RATE}")
        _require(0 <= self.grace_days <= LONGEST_DAYS, "grace_days", f"is not between 0 and {LONGEST_DAYS}")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Terms of one loan.

    `Terms(currency="USD", installments=12, annual_rate=Decimal(12))` is a monthly 30/360 annuity.
    """

    currency: str
    installments: int
    annual_rate: Decimal
    kind: ScheduleKind = ScheduleKind.EQUAL_INSTALLMENTS
    rate_kind: RateKind = RateKind.NOMINAL
    compounding: bool = False  # bullet: at every step of the rhythm, interest begins to bear interest

    every: int = 1
    unit: PeriodUnit = PeriodUnit.MONTHS
    days_of_month: tuple[int, ...] = ()  # fixed due days: one for months and years, two for semi-months
    schedule_start: date | None = None  # due dates are counted from here; default: the first payout
    first_due_date: date | None = None
    holidays: tuple[date, ...] = ()
    weekend: tuple[int, ...] = ()  # weekdays that are not business days, Monday is 0
    roll: Roll = Roll.NONE

    day_count: DayCount = DayCount.THIRTY_360
    interest_period: InterestPeriod = InterestPeriod.DAILY
    partial_periods_by_days: bool = True  # with SAME_AS_REPAYMENT: a part of a period counts by its days
    year_end_cut: YearEndCut = YearEndCut.DECEMBER_31
    leap_year: LeapYear = LeapYear.WHOLE_YEAR

    grace_on_principal: int = 0  # rows that carry no principal
    grace_on_interest_payment: int = 0  # rows whose interest falls due in the first row after them
    interest_free_installments: int = 0
    odd_first_period: OddFirstPeriod = OddFirstPeriod.BY_DAYS

    balloon_amount: int = 0
    balloon_percent: Decimal = Decimal(0)
    installment_amount: int = 0  # 0: computed
    negative_amortization: bool = False  # a given installment may be less than the interest
    down_payment_percent: Decimal = Decimal(0)
    down_payment_automatic: bool = False  # kept back from the payout on its day
    origination_fee_amount: int = 0  # for the loan, due with the first installment
    origination_fee_percent: Decimal = Decimal(0)  # of each payout, due with the first installment after it
    # Kept back from the payout instead. (Out of the repr: the digests of offers that know nothing of it stand.)
    origination_fee_deducted: bool = field(default=False, repr=False)
    installment_multiple: int = 0  # minor units; 0: not rounded further
    smoothing: bool = True

    allocation: AllocationRule = DEFAULT_RULE
    allocation_overrides: tuple[AllocationOverride, ...] = ()
    recalculation: Recalculation | None = None
    payoff_interest: PayoffInterest = PayoffInterest.TO_THE_DAY
    overdue_tolerance: int = 0  # an installment with no more than this outstanding is not overdue
    penalty_interest: PenaltyInterest | None = None

    def __post_init__(self) -> None:
        currency_digits(self.currency)
        for check in (
            _check_rates,
            _check_rhythm,
            _check_graces,
            _check_amounts,
            _check_combinations,
            _check_overrides,
        ):
            check(self)

    def rule_for(self, kind: TransactionKind) -> AllocationRule:
        """How money of this kind is split."""
        return next((o.rule for o in self.allocation_overrides if o.kind == kind), self.allocation)


def _require(holds: bool, field: str, reason: str) -> None:
    if not holds:
        raise InvalidValue(field, reason)


def _check_rates(terms: Terms) -> None:
    for name in ("annual_rate", "balloon_percent", "down_payment_percent", "origination_fee_percent"):
        _require(getattr(terms, name).is_finite(), name, "is not a number")
        _require(getattr(terms, name) >= 0, name, "is negative")
    _require(terms.annual_rate <= HIGHEST_RATE, "annual_rate", f"is more than {HIGHEST_RATE} percent")
    _require(terms.balloon_percent <= 100, "balloon_percent", "is more than the principal")
    _require(terms.origination_fee_percent <= 100, "origination_fee_percent", "is more than is lent")
    _require(terms.down_payment_percent < 100, "down_payment_percent", "leaves nothing to lend")


def longest_days(terms: Terms) -> int:
    """No loan of these terms takes more."""
    return terms.installments * terms.every * _DAYS[terms.unit]


def _check_rhythm(terms: Terms) -> None:
    _require(1 <= terms.installments <= MOST_INSTALLMENTS, "installments", f"is not between 1 and {MOST_INSTALLMENTS}")
    _require(1 <= terms.every <= LARGEST_COUNT, "every", f"is not between 1 and {LARGEST_COUNT}")
    _require(longest_days(terms) <= LONGEST_DAYS, "installments", "make a loan of more than a hundred years")
    days = terms.days_of_month
    _require(all(1 <= day <= 31 for day in days), "days_of_month", "holds a day that no month has")
    _require(tuple(sorted(set(days))) == days, "days_of_month", "is not in rising order")
    _require(len(days) <= _fixed_days(terms.unit), "days_of_month", f"has too many days for a rhythm of {terms.unit}")
    if terms.unit == PeriodUnit.SEMI_MONTHS:
        _require(len(days) != 1, "days_of_month", "needs two days for semi-months")
    _require(all(0 <= day <= 6 for day in terms.weekend), "weekend", "holds a day that no week has")
    _require(len(set(terms.weekend)) < 7, "weekend", "leaves no business day")
    _require(tuple(sorted(set(terms.holidays))) == terms.holidays, "holidays", "is not in rising order")
    if terms.schedule_start and terms.first_due_date:
        _require(terms.first_due_date > terms.schedule_start, "first_due_date", "is not after the schedule's start")


def _fixed_days(unit: PeriodUnit) -> int:
    return {PeriodUnit.MONTHS: 1, PeriodUnit.YEARS: 1, PeriodUnit.SEMI_MONTHS: 2}.get(unit, 0)


def _check_graces(terms: Terms) -> None:
    for name in ("grace_on_principal", "grace_on_interest_payment", "interest_free_installments"):
        _require(getattr(terms, name) >= 0, name, "is negative")
    for name in ("grace_on_principal", "grace_on_interest_payment"):
        _require(getattr(terms, name) < terms.installments, name, "is not shorter than the term")
    for name in ("grace_on_principal", "grace_on_interest_payment", "interest_free_installments"):
        _require(terms.kind != ScheduleKind.BULLET or not getattr(terms, name), name, "is not for a bullet")
    _require(
        terms.interest_free_installments <= terms.installments, "interest_free_installments", "is longer than the term"
    )


def _check_amounts(terms: Terms) -> None:
    for name in (
        "balloon_amount",
        "origination_fee_amount",
        "installment_amount",
        "installment_multiple",
        "overdue_tolerance",
    ):
        _require(getattr(terms, name) >= 0, name, "is negative")
        _require(getattr(terms, name) <= LARGEST_AMOUNT, name, "is absurdly large")
    _require(not (terms.balloon_amount and terms.balloon_percent), "balloon_percent", "is given beside balloon_amount")
    fee = terms.origination_fee_amount or terms.origination_fee_percent
    _require(bool(fee) or not terms.origination_fee_deducted, "origination_fee_deducted", "finds no fee to deduct")


def _check_combinations(terms: Terms) -> None:
    annuity = terms.kind == ScheduleKind.EQUAL_INSTALLMENTS
    amortizing = annuity or terms.kind == ScheduleKind.EQUAL_PRINCIPAL
    _require(annuity or not terms.installment_amount, "installment_amount", f"is not for {terms.kind}")
    _require(amortizing or not terms.balloon_amount, "balloon_amount", f"is not for {terms.kind}")
    _require(amortizing or not terms.balloon_percent, "balloon_percent", f"is not for {terms.kind}")
    _require(terms.kind == ScheduleKind.BULLET or not terms.compounding, "compounding", f"is not for {terms.kind}")
    scheduled = terms.payoff_interest == PayoffInterest.SCHEDULED
    _require(not (scheduled and terms.recalculation), "payoff_interest", "scheduled is not for recalculated interest")
    _require(terms.kind != ScheduleKind.FLAT or not terms.recalculation, "recalculation", "is not for flat interest")
    ahead = terms.recalculation is not None and terms.payoff_interest == PayoffInterest.TO_THE_DUE_DATE
    deferred = terms.grace_on_interest_payment > 0
    _require(not (ahead and deferred), "payoff_interest", "to_the_due_date is not for recalculated interest that waits")


def _check_overrides(terms: Terms) -> None:
    kinds = [override.kind for override in terms.allocation_overrides]
    _require(len(set(kinds)) == len(kinds), "allocation_overrides", "names a kind of transaction twice")
