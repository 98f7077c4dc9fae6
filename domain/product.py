"""LoanProduct: the terms a lender offers. Refused at birth when they make no sense."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.conventions import Roll
from domain.disclosure import hypothetical
from domain.errors import CurrencyMismatch, InvalidValue, OutsideProduct
from domain.money import Money
from domain.notices import CURRENT, OF_DEBITS, Notice, NoticeEvent
from domain.policy import DEFAULT_POLICY, Policy
from domain.pricing import PriceGrid
from domain.terms import Terms, longest_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A named range of days past due, both ends inclusive; `to_day` None is open-ended."""

    name: str
    from_day: int
    to_day: int | None = None

    def __post_init__(self) -> None:
        if self.from_day < 1 or (self.to_day is not None and self.to_day < self.from_day):
            raise InvalidValue("buckets", f"{self.name} holds no day")


_ANY_DAY = date(2024, 1, 1)

DEFAULT_BUCKETS = (
    Bucket(name="1-29", from_day=1, to_day=29),
    Bucket(name="30-59", from_day=30, to_day=59),
    Bucket(name="60-89", from_day=60, to_day=89),
    Bucket(name="90+", from_day=90),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateFee:
    """Charged once per installment that is still unpaid `grace_days` after its due date. `amount` in minor units."""

    amount: int
    grace_days: int = 0

    def __post_init__(self) -> None:
        if self.amount <= 0 or self.grace_days < 0:
            raise InvalidValue("late_fee", "needs a positive amount and no negative grace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Autopay:
    """Collecting by direct debit, where the borrower gives a mandate: what fell due on one day is asked for up to
    `attempts` times, the next time `days_between` days after one failed."""

    attempts: int = 3
    days_between: int = 3

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.days_between < 1:
            raise InvalidValue("autopay", "needs at least one attempt, and a day between two")


@dataclass(frozen=True, slots=True, kw_only=True)
class Servicing:
    """What happens while a loan runs. `reminder_days` before a due date; None sends no reminder. `autopay` None takes
    no mandates.

    `charge_off_days` after the oldest unpaid due date the loan is a loss; None leaves that to an officer.
    """

    reminder_days: int | None = 3
    late_fee: LateFee | None = None
    buckets: tuple[Bucket, ...] = DEFAULT_BUCKETS
    charge_off_days: int | None = None
    autopay: Autopay | None = None

    def __post_init__(self) -> None:
        if self.reminder_days is not None and self.reminder_days < 0:
            raise InvalidValue("servicing.reminder_days", "is negative")
        if self.charge_off_days is not None and self.charge_off_days < 1:
            raise InvalidValue("servicing.charge_off_days", "is not a day past due")
        for earlier, later in zip(self.buckets, self.buckets[1:], strict=False):
            if earlier.to_day is None or later.from_day <= earlier.to_day:
                raise InvalidValue("servicing.buckets", f"{earlier.name} and {later.name} overlap")

    def bucket(self, days_past_due: int) -> str | None:
        """The name of the bucket that holds `days_past_due`; None when the loan is current."""
        for bucket in self.buckets:
            if bucket.from_day <= days_past_due and (bucket.to_day is None or days_past_due <= bucket.to_day):
                return bucket.name
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeLimits:
    """A row of the authority matrix: what each level may approve for borrowers of one grade."""

    grade: str
    limits: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """How much an officer may approve. `limits[k]` is the ceiling of level k + 1, in minor units.

    `by_grade` has other limits for some grades of risk. An amount above `four_eyes_above` needs two different officers,
    each within their own limit.
    """

    limits: tuple[int, ...]
    four_eyes_above: int | None = None
    by_grade: tuple[GradeLimits, ...] = ()

    def __post_init__(self) -> None:
        _check_limits("authority.limits", self.limits)
        for place, row in enumerate(self.by_grade):
            _check_limits(f"authority.by_grade.{place}.limits", row.limits)
            if len(row.limits) != len(self.limits):
                raise InvalidValue(f"authority.by_grade.{place}.limits", "are not one for each level")
        if len({row.grade for row in self.by_grade}) < len(self.by_grade):
            raise InvalidValue("authority.by_grade", "has a grade twice")

    def of_grade(self, grade: str | None) -> "Authority":
        """The limits for borrowers of `grade`; None is a borrower without one."""
        limits = next((row.limits for row in self.by_grade if row.grade == grade), self.limits)
        return replace(self, limits=limits, by_grade=())

    def covers(self, level: int, amount: int) -> bool:
        return level >= 1 and amount <= self.limits[min(level, len(self.limits)) - 1]

    @property
    def highest_level(self) -> int:
        return len(self.limits)

    def level_for(self, amount: int) -> int:
        """The lowest level that may approve `amount` minor units; the highest, where none may."""
        able = (level for level, limit in enumerate(self.limits, 1) if amount <= limit)
        return next(able, self.highest_level)

    def needs_second_officer(self, amount: int) -> bool:
        return self.four_eyes_above is not None and amount > self.four_eyes_above


def _check_limits(field: str, limits: tuple[int, ...]) -> None:
    if not limits or any(limit < 0 for limit in limits) or list(limits) != sorted(limits):
        raise InvalidValue(field, "must be amounts that grow with the level")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanProduct:
    """What a lender offers under one code. A version is immutable once a loan was born with it.

    Amounts are minor units of the terms' currency; day counts are calendar days in `time_zone`. `terms` is the
    template that one loan's terms are made from; their rate is for borrowers who have no grade in `price_grid`.
    `calendar` names a country whose public holidays, as known on the day of an offer, are holidays of the terms, too.
    `cooling_off_days` after the payout the borrower may give it back. A referral that nobody decides within
    `referral_service_days` business days goes to the next level of officers. `notices` are what the borrower is told.
    """

    code: str
    version: int
    name: str
    terms: Terms
    min_amount: int
    max_amount: int
    min_installments: int
    max_installments: int
    authority: Authority
    policy: Policy = DEFAULT_POLICY
    servicing: Servicing = Servicing()
    notices: tuple[Notice, ...] = ()
    price_grid: PriceGrid | None = None
    offer_valid_days: int = 14
    referral_valid_days: int = 14
    referral_service_days: int | None = None
    payout_deadline_days: int = 7
    cooling_off_days: int = 0
    time_zone: str = "UTC"
    calendar: str | None = None

    def __post_init__(self) -> None:
        if not self.code or not all(c.isascii() and (c.isalnum() or c == "-") for c in self.code):
            raise InvalidValue("code", "is made of letters, digits and hyphens")
        self._check_ranges()
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise InvalidValue("time_zone", f"{self.time_zone!r} is not a time zone") from None
        self._check_price_grid()
        self._check_authority()
        self._check_notices()
        if self.calendar is not None and self.terms.roll is Roll.NONE:
            raise InvalidValue("calendar", "moves no due date while terms.roll is none")
        self._check_schedules()

    def _check_ranges(self) -> None:
        for field in ("schedule_start", "first_due_date"):
            if getattr(self.terms, field) is not None:
                raise InvalidValue(f"terms.{field}", "is a day, and a product's loans begin on different ones")
        if not 0 < self.min_amount <= self.max_amount:
            raise InvalidValue("max_amount", "the amounts are not a range above zero")
        if not 0 < self.min_installments <= self.max_installments:
            raise InvalidValue("max_installments", "the installments are not a range above zero")
        for field in (
            "version",
            "offer_valid_days",
            "referral_valid_days",
            "referral_service_days",
            "payout_deadline_days",
        ):
            if (value := getattr(self, field)) is not None and value < 1:
                raise InvalidValue(field, "is at least one")
        if self.cooling_off_days < 0:
            raise InvalidValue("cooling_off_days", "is negative")

    def _check_authority(self) -> None:
        known = {grade.name for grade in self.price_grid.grades} if self.price_grid else set()
        for place, row in enumerate(self.authority.by_grade):
            if row.grade not in known:
                raise InvalidValue(f"authority.by_grade.{place}.grade", f"there is no grade {row.grade}")

    def _check_notices(self) -> None:
        buckets = {None, CURRENT, *(bucket.name for bucket in self.servicing.buckets)}
        told = set()
        for place, notice in enumerate(self.notices):
            if (notice.event, notice.bucket) in told:
                raise InvalidValue(f"notices.{place}.event", f"{notice.event} has a notice already")
            if notice.bucket not in buckets:
                raise InvalidValue(f"notices.{place}.bucket", f"there is no bucket {notice.bucket}")
            if self._never_happens(notice.event):
                raise InvalidValue(f"notices.{place}.event", f"{notice.event} never happens to a loan of this product")
            told.add((notice.event, notice.bucket))

    def _never_happens(self, event: NoticeEvent) -> bool:
        match event:
            case NoticeEvent.PAYMENT_REMINDER:
                return self.servicing.reminder_days is None
            case NoticeEvent.LATE_FEE_CHARGED:
                return self.servicing.late_fee is None
            case NoticeEvent.COOLING_OFF_ENDED | NoticeEvent.CREDIT_WITHDRAWN | NoticeEvent.WITHDRAWAL_LAPSED:
                return self.cooling_off_days == 0
            case _:
                return event in OF_DEBITS and self.servicing.autopay is None

    def _check_price_grid(self) -> None:
        if self.price_grid is None:
            return
        self.price_grid.check_covers(self.min_installments, self.max_installments)
        for place, price in enumerate(self.price_grid.prices):
            try:
                replace(self.terms, annual_rate=price.annual_rate)
            except InvalidValue as refusal:
                raise InvalidValue(f"price_grid.prices.{place}.annual_rate", refusal.reason) from None

    def _check_schedules(self) -> None:
        """The smallest and the largest loan over the shortest and the longest term can be scheduled."""
        for installments in {self.min_installments, self.max_installments}:
            for amount in {self.min_amount, self.max_amount}:
                _check_schedule(replace(self.terms, installments=installments), amount)

    @property
    def currency(self) -> str:
        return self.terms.currency

    def grade(self, score: int | None) -> str | None:
        """None without a score, without a price grid, and for who is in no grade of it."""
        return self.price_grid.grade(score) if self.price_grid else None

    def terms_for(self, amount: Money, installments: int, grade: str | None = None) -> Terms:
        """The terms of one loan. Raises `OutsideProduct` or `CurrencyMismatch` for what is not on offer."""
        if amount.currency != self.currency:
            raise CurrencyMismatch(f"{self.code} is lent in {self.currency}, not in {amount.currency}")
        if not self.min_amount <= amount.minor <= self.max_amount:
            low, high = Money(self.min_amount, self.currency), Money(self.max_amount, self.currency)
            raise OutsideProduct("amount", f"{self.code} lends from {low} to {high}")
        if not self.min_installments <= installments <= self.max_installments:
            raise OutsideProduct(
                "installments", f"{self.code} runs for {self.min_installments} to {self.max_installments} installments"
            )
        rate = self.price_grid.annual_rate(grade, installments) if self.price_grid and grade else self.terms.annual_rate
        return replace(self.terms, installments=installments, annual_rate=rate)

    def with_holidays(self, holidays: Iterable[date]) -> "LoanProduct":
        """The same, whose loans know these holidays beside its own."""
        together = tuple(sorted({*self.terms.holidays, *holidays}))
        return replace(self, terms=replace(self.terms, holidays=together))

    def last_year(self, start: date) -> int:
        """In which the longest loan from `start` ends, late payouts and moved due dates allowed for."""
        return start.year + 1 + longest_days(replace(self.terms, installments=self.max_installments)) // 365

    def business_date(self, at: datetime) -> date:
        """The calendar day on which `at` (an aware moment) falls for this product."""
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    def start_of(self, day: date) -> datetime:
        """The moment `day` begins for this product."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.time_zone))


@lru_cache(maxsize=256)
def _check_schedule(terms: Terms, amount: int) -> None:
    """Raises when no schedule can be made. A product is read with each of its loans, and need be checked only once."""
    hypothetical(terms, amount, _ANY_DAY)
