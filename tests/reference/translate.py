"""A published case in our own words: terms and transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from domain.allocation import AllocationOverride, AllocationRule, Direction, FutureRule, Slot
from domain.conventions import (
    DayCount,
    InterestPeriod,
    LeapYear,
    PayoffInterest,
    PeriodUnit,
    ScheduleKind,
    YearEndCut,
)
from domain.money import currency_digits
from domain.position import position
from domain.terms import Recalculation, Terms
from domain.transaction import Transaction, TransactionKind

Json = Mapping[str, Any]

_CURRENCIES = {0: "JPY", 2: "USD", 3: "KWD"}
_PERIODS_PER_YEAR = {"year": 1, "month": 12, "week": 52, "day": 365}
_UNITS = {"day": PeriodUnit.DAYS, "week": PeriodUnit.WEEKS, "month": PeriodUnit.MONTHS, "year": PeriodUnit.YEARS}
_DAY_COUNTS = {
    ("30", "360"): DayCount.THIRTY_360,
    ("30", "364"): DayCount.THIRTY_364,
    ("30", "365"): DayCount.THIRTY_365,
    ("30", "actual"): DayCount.THIRTY_ACT,
    ("actual", "360"): DayCount.ACT_360,
    ("actual", "364"): DayCount.ACT_364,
    ("actual", "365"): DayCount.ACT_365F,
    ("actual", "actual"): DayCount.ACT_ACT,
}
_KINDS = {
    "disbursement": TransactionKind.DISBURSEMENT,
    "planned_disbursement": TransactionKind.PLANNED_DISBURSEMENT,
    "repayment": TransactionKind.PAYMENT,
    "payoff": TransactionKind.PAYOFF,
    "reversal": TransactionKind.REVERSAL,
    "merchant_issued_refund": TransactionKind.MERCHANT_REFUND,
    "payout_refund": TransactionKind.PAYOUT_REFUND,
    "goodwill_credit": TransactionKind.GOODWILL_CREDIT,
    "interest_payment_waiver": TransactionKind.INTEREST_WAIVER,
    "credit_balance_refund": TransactionKind.CREDIT_REFUND,
}


@dataclass(frozen=True)
class Case:
    """`looked_on`: the last day on which the loan was looked at."""

    terms: Terms
    transactions: tuple[Transaction, ...]
    looked_on: date


def case_of(json: Json) -> Case:
    terms, facts, looked_on = _terms(json), list[Transaction](), _last_look(json["events"])
    for number, event in enumerate(json["events"], 1):
        if event["type"] != "end_of_day":
            facts.append(_transaction(terms, facts, number, event, looked_on))
    return Case(terms, tuple(facts), looked_on)


def _last_look(events: Sequence[Json]) -> date:
    """An entry or a daily job. A charge is booked without looking at the loan's interest."""
    return date.fromisoformat(max(event["entered_on"] for event in events if event["type"] != "charge"))


def minor(amount: str, currency: str) -> int:
    """Published amounts may carry more zeros than the currency has digits."""
    return int(Decimal(amount).scaleb(currency_digits(currency)))


def _transaction(terms: Terms, before: list[Transaction], number: int, event: Json, looked_on: date) -> Transaction:
    day = date.fromisoformat(event["date"])
    entered = datetime.combine(date.fromisoformat(event["entered_on"]), time(), UTC) + timedelta(seconds=number)
    fact = Transaction(
        number=number,
        kind=_kind(event),
        effective_date=day,
        booked_at=entered,
        operation_id=f"event-{number}",
        amount=minor(event["amount"] or "0", terms.currency),
    )
    if event["type"] == "charge":
        return replace(fact, effective_date=min(entered.date(), day, looked_on), due_date=day)
    if event["type"] == "reversal":
        return replace(fact, reverses=event["target"] + 1)
    return fact if event["amount"] is not None else replace(fact, amount=position(terms, before, day).payoff)


def _kind(event: Json) -> TransactionKind:
    if event["type"] == "charge":
        return TransactionKind.FEE if event["component"] == "fee" else TransactionKind.PENALTY
    return _KINDS[event["type"]]


def _terms(json: Json) -> Terms:
    product = json["product"]
    recalculation, down_payment = product["interest_recalculation"], product["down_payment"]
    return Terms(
        currency=_CURRENCIES[product["currency_digits"]],
        installments=json["number_of_repayments"],
        annual_rate=Decimal(product["interest_rate"]) * _PERIODS_PER_YEAR[product["interest_rate_period"]],
        kind=ScheduleKind.FLAT if product["interest_method"] == "flat" else ScheduleKind.EQUAL_INSTALLMENTS,
        every=product["repayment_every"],
        unit=_UNITS[product["repayment_unit"]],
        schedule_start=_schedule_start(json),
        day_count=_DAY_COUNTS[product["days_in_month"], product["days_in_year"]],
        interest_period=InterestPeriod(product["interest_calculation_period"].removesuffix("_period")),
        partial_periods_by_days=product["allow_partial_period_interest"],
        year_end_cut=YearEndCut.JANUARY_1
        if product["interest_recognition_on_disbursement_date"]
        else YearEndCut.DECEMBER_31,
        leap_year=LeapYear(product["days_in_year_custom_strategy"] or "whole_year"),
        grace_on_principal=product["grace_principal"],
        grace_on_interest_payment=product["grace_interest_payment"],
        interest_free_installments=product["grace_interest_charged"],
        down_payment_percent=Decimal(down_payment["percent"]) if down_payment["enabled"] else Decimal(0),
        down_payment_automatic=down_payment["auto"],
        installment_multiple=minor(
            str(product["installment_in_multiples_of"] or 0), _CURRENCIES[product["currency_digits"]]
        ),
        recalculation=_recalculation(recalculation) if recalculation["enabled"] else None,
        payoff_interest=_payoff_interest(recalculation),
        **_allocation(product.get("allocation")),
    )


def _schedule_start(json: Json) -> date | None:
    if json["product"]["repayment_start_date_type"] == "submitted_on_date":
        return date.fromisoformat(json["submitted_date"])
    return None


def _recalculation(options: Json) -> Recalculation:
    return Recalculation(interest_on_overdue_principal=not options["no_interest_on_past_due_principal"])


def _payoff_interest(options: Json) -> PayoffInterest:
    if not options["enabled"]:
        return PayoffInterest.SCHEDULED
    if options["pre_close_interest"] == "till_rest_frequency_date":
        return PayoffInterest.TO_THE_DUE_DATE
    return PayoffInterest.TO_THE_DAY


def _allocation(allocation: Json | None) -> dict[str, Any]:
    if allocation is None:
        return {}
    direction, rules = Direction(allocation["processing"]), allocation["rules"]
    overrides = tuple(
        AllocationOverride(_KINDS[name], _rule(direction, rule)) for name, rule in rules.items() if name in _KINDS
    )
    return {"allocation": _rule(direction, rules["default"]), "allocation_overrides": overrides}


def _rule(direction: Direction, rule: Json) -> AllocationRule:
    return AllocationRule(
        slots=tuple(Slot(slot) for slot in rule["order"]),
        direction=direction,
        future=FutureRule(rule["future_installments"]),
    )
