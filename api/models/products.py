"""Products as a lender defines them, and as a borrower sees them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from pydantic import ConfigDict, Field

from api.models.base import (
    Amount,
    Code,
    IsoDate,
    Model,
    MoneyView,
    Percent,
    PercentView,
    PositiveAmount,
    Text,
    View,
    WholeNumber,
)
from api.models.definitions import Definition
from api.models.loans import Installments
from api.models.policies import PolicyDefinition
from domain.allocation import AllocationOverride, AllocationRule, Direction, FutureRule, Slot
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
from domain.money import Money
from domain.notices import TEMPLATE, Notice, NoticeEvent
from domain.pricing import Grade, Price, PriceGrid
from domain.product import Authority, Autopay, Bucket, GradeLimits, LateFee, LoanProduct, Servicing
from domain.terms import PenaltyInterest, Recalculation, Terms
from domain.transaction import TransactionKind

_TERMS = Terms(currency="USD", installments=1, annual_rate=Decimal(0))

Days = Annotated[WholeNumber, Field(ge=0, le=3660)]
Many = 400  # most entries of any list in a definition
NOT_GIVEN: Any = None  # a field that can't be null, and is the domain's default when it is left out


class AllocationDefinition(Definition):
    mirrors: ClassVar = AllocationRule
    slots: Annotated[tuple[Slot, ...], Field(max_length=Many)]
    direction: Direction = Direction.HORIZONTAL
    future: FutureRule = FutureRule.NEXT_INSTALLMENT


class OverrideDefinition(Definition):
    mirrors: ClassVar = AllocationOverride
    kind: TransactionKind
    rule: AllocationDefinition


class RecalculationDefinition(Definition):
    mirrors: ClassVar = Recalculation
    interest_on_overdue_principal: bool = True
    refunds_return_interest: bool = False


class PenaltyInterestDefinition(Definition):
    """Borne by overdue principal from the day after the due date, or `grace_days` later."""

    mirrors: ClassVar = PenaltyInterest
    annual_rate: Percent
    grace_days: Days = 0


class TermsDefinition(Definition):
    """Every option of a schedule. What is left out is as in a monthly 30/360 annuity."""

    mirrors: ClassVar = Terms
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", strict=True)]
    annual_rate: Percent
    installments: Installments = Field(default=NOT_GIVEN)
    kind: ScheduleKind = _TERMS.kind
    rate_kind: RateKind = _TERMS.rate_kind
    every: Annotated[WholeNumber, Field(ge=1, le=1000)] = _TERMS.every
    unit: PeriodUnit = _TERMS.unit
    days_of_month: Annotated[tuple[WholeNumber, ...], Field(max_length=2)] = ()
    schedule_start: IsoDate | None = None
    first_due_date: IsoDate | None = None
    holidays: Annotated[tuple[IsoDate, ...], Field(max_length=Many)] = ()
    weekend: Annotated[tuple[WholeNumber, ...], Field(max_length=7)] = ()
    roll: Roll = _TERMS.roll
    day_count: DayCount = _TERMS.day_count
    interest_period: InterestPeriod = _TERMS.interest_period
    partial_periods_by_days: bool = _TERMS.partial_periods_by_days
    year_end_cut: YearEndCut = _TERMS.year_end_cut
    leap_year: LeapYear = _TERMS.leap_year
    grace_on_principal: WholeNumber = 0
    grace_on_interest_payment: WholeNumber = 0
    interest_free_installments: WholeNumber = 0
    odd_first_period: OddFirstPeriod = _TERMS.odd_first_period
    balloon_amount: Amount = Field(default=NOT_GIVEN)
    balloon_percent: Percent = Decimal(0)
    installment_amount: Amount = Field(default=NOT_GIVEN)
    negative_amortization: bool = False
    down_payment_percent: Percent = Decimal(0)
    down_payment_automatic: bool = False
    origination_fee_amount: Amount = Field(default=NOT_GIVEN)
    origination_fee_percent: Percent = Decimal(0)
    origination_fee_deducted: bool = False
    installment_multiple: Amount = Field(default=NOT_GIVEN)
    smoothing: bool = True
    compounding: bool = False
    allocation: AllocationDefinition = Field(default=NOT_GIVEN)
    allocation_overrides: Annotated[tuple[OverrideDefinition, ...], Field(max_length=Many)] = ()
    recalculation: RecalculationDefinition | None = None
    payoff_interest: PayoffInterest = _TERMS.payoff_interest
    overdue_tolerance: Amount = Field(default=NOT_GIVEN)
    penalty_interest: PenaltyInterestDefinition | None = None


class BucketDefinition(Definition):
    mirrors: ClassVar = Bucket
    name: Text
    from_day: Days
    to_day: Days | None = None


class LateFeeDefinition(Definition):
    mirrors: ClassVar = LateFee
    amount: PositiveAmount
    grace_days: Days = 0


class AutopayDefinition(Definition):
    """Direct debits: how often for one due date, and how many days after one failed."""

    mirrors: ClassVar = Autopay
    attempts: Annotated[WholeNumber, Field(ge=1, le=10)] = Autopay().attempts
    days_between: Annotated[WholeNumber, Field(ge=1, le=365)] = Autopay().days_between


class ServicingDefinition(Definition):
    """`reminder_days` null sends no reminder; `charge_off_days` null leaves charging off to an officer; `autopay` null
    takes no mandates."""

    mirrors: ClassVar = Servicing
    reminder_days: Days | None = Servicing().reminder_days
    late_fee: LateFeeDefinition | None = None
    buckets: Annotated[tuple[BucketDefinition, ...], Field(max_length=Many)] = NOT_GIVEN
    charge_off_days: Annotated[WholeNumber, Field(ge=1, le=3660)] | None = None
    autopay: AutopayDefinition | None = None


class NoticeDefinition(Definition):
    """The borrower is told, by the sender's `template`, whenever `event` happens; with a `bucket`, of changes of
    delinquency, only when the loan enters that one (`current`: when nothing is overdue any more)."""

    mirrors: ClassVar = Notice
    event: NoticeEvent
    template: Annotated[str, Field(pattern=TEMPLATE, strict=True, examples=["payment-due-soon"])]
    bucket: Text | None = None


class GradeDefinition(Definition):
    mirrors: ClassVar = Grade
    name: Text
    from_score: WholeNumber


class PriceDefinition(Definition):
    mirrors: ClassVar = Price
    grade: Text
    from_installments: Installments
    to_installments: Installments
    annual_rate: Percent


class PriceGridDefinition(Definition):
    """`grades` from the best to the worst; each has one price for every number of installments that is on offer."""

    mirrors: ClassVar = PriceGrid
    grades: Annotated[tuple[GradeDefinition, ...], Field(min_length=1, max_length=Many)]
    prices: Annotated[tuple[PriceDefinition, ...], Field(min_length=1, max_length=Many)]


class GradeLimitsDefinition(Definition):
    """Limits for borrowers of one grade of the price grid."""

    mirrors: ClassVar = GradeLimits
    grade: Text
    limits: Annotated[tuple[Amount, ...], Field(min_length=1, max_length=9)]


class AuthorityDefinition(Definition):
    """`limits[k]` is what an officer of level k + 1 may approve; more than `four_eyes_above` needs two of them.

    `by_grade` has other limits for some grades, one for each level.
    """

    mirrors: ClassVar = Authority
    limits: Annotated[tuple[Amount, ...], Field(min_length=1, max_length=9)]
    four_eyes_above: Amount | None = None
    by_grade: Annotated[tuple[GradeLimitsDefinition, ...], Field(max_length=Many)] = ()


EXAMPLE: Any = {
    "code": "personal-loan",
    "name": "Personal loan",
    "terms": {"currency": "USD", "annual_rate": "14.9"},
    "min_amount": {"amount": "500.00", "currency": "USD"},
    "max_amount": {"amount": "25000.00", "currency": "USD"},
    "min_installments": 3,
    "max_installments": 60,
    "authority": {"limits": [{"amount": "5000.00", "currency": "USD"}, {"amount": "25000.00", "currency": "USD"}]},
}


class ProductDefinition(Definition):
    """What a lender offers under one code. Amounts are of the terms' currency."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    mirrors: ClassVar = LoanProduct
    code: Code
    name: Text
    terms: TermsDefinition
    min_amount: PositiveAmount
    max_amount: PositiveAmount
    min_installments: Installments
    max_installments: Installments
    authority: AuthorityDefinition
    policy: PolicyDefinition = NOT_GIVEN
    servicing: ServicingDefinition = NOT_GIVEN
    notices: Annotated[tuple[NoticeDefinition, ...], Field(max_length=Many)] = ()
    price_grid: PriceGridDefinition | None = None
    offer_valid_days: Days = 14
    referral_valid_days: Days = 14
    referral_service_days: Days | None = None
    payout_deadline_days: Days = 7
    cooling_off_days: Days = 0
    time_zone: Annotated[str, Field(max_length=64, examples=["America/New_York"])] = "UTC"
    calendar: Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["US"])] | None = None

    def product(self, version: int = 1) -> LoanProduct:
        """Raises InvalidValue for a product that makes no sense."""
        longest = self.terms.model_copy(update={"installments": self.terms.installments or self.max_installments})
        whole = self.model_copy(update={"terms": longest})
        product: LoanProduct = whole.domain(self.terms.currency, version=version)
        return product


class VersionName(Model):
    """Which version of a product is meant."""

    code: Code
    version: WholeNumber


class ProductVersionView(View):
    version: int
    retired: bool
    definition: ProductDefinition

    @classmethod
    def of(cls, product: LoanProduct, *, retired: bool = False) -> Self:
        definition = ProductDefinition.of(product, product.currency)
        return cls(version=product.version, retired=retired, definition=definition)


class ProductView(View):
    """What a borrower can apply for."""

    code: str
    version: int
    name: str
    currency: str
    annual_rate: PercentView
    rate_kind: RateKind
    kind: ScheduleKind
    every: int
    unit: PeriodUnit
    min_amount: MoneyView
    max_amount: MoneyView
    min_installments: int
    max_installments: int
    offer_valid_days: int

    @classmethod
    def of(cls, product: LoanProduct) -> Self:
        return cls(
            code=product.code,
            version=product.version,
            name=product.name,
            currency=product.currency,
            annual_rate=product.terms.annual_rate,
            rate_kind=product.terms.rate_kind,
            kind=product.terms.kind,
            every=product.terms.every,
            unit=product.terms.unit,
            min_amount=Money(product.min_amount, product.currency),
            max_amount=Money(product.max_amount, product.currency),
            min_installments=product.min_installments,
            max_installments=product.max_installments,
            offer_valid_days=product.offer_valid_days,
        )


class CalendarView(View):
    """`holidays` in rising order, as `terms.holidays` takes them."""

    country: str
    holidays: tuple[date, ...]


class ProductsView(View):
    products: list[ProductView]
