"""The first difference of published percentage rates and annuities."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from domain.apr import UnitPeriodFlow, YearFlow, apr_actuarial, apr_eu
from domain.calendar import add_months
from domain.conventions import RateKind, ScheduleKind
from domain.disclosure import hypothetical
from domain.position import position
from domain.terms import Terms
from domain.transaction import Transaction, TransactionKind
from tests.reference.translate import Json

START = date(2024, 1, 1)


def apr_difference(json: Json) -> str | None:
    computed = _actuarial(json) if json["method"] == "us_actuarial" else _eu(json)
    expected, tolerance = Decimal(json["expected_apr_percent"]), Decimal(str(json["tolerance_percent"]))
    if abs(computed - expected) <= tolerance:
        return None
    return f"{computed:.6f} percent instead of {expected}"


def _actuarial(json: Json) -> Decimal:
    def flows(entries: list[Json]) -> list[UnitPeriodFlow]:
        return [
            UnitPeriodFlow(Decimal(entry["amount"]), entry["t"] + index, _decimal(entry["f"]))
            for entry in entries
            for index in range(entry.get("count", 1))
        ]

    return apr_actuarial(flows(json["advances"]), flows(json["payments"]), _decimal(json["unit_periods_per_year"]))


def _eu(json: Json) -> Decimal:
    def flows(entries: list[Json]) -> list[YearFlow]:
        return [
            YearFlow(Decimal(entry["amount"]), _decimal(Fraction(entry["first"]) + i * Fraction(entry.get("step", 0))))
            for entry in entries
            for i in range(entry.get("count", 1))
        ]

    return apr_eu(flows(json["advances"]), flows(json["payments"]))


def _decimal(ratio: str | Fraction) -> Decimal:
    exact = Fraction(ratio)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def annuity_difference(json: Json) -> str | None:
    computed, expected = _annuity(json), int(Decimal(json["expected"]) * 100)
    return None if computed == expected else f"{computed / 100} instead of {expected / 100}"


def _annuity(json: Json) -> int:
    """An installment, one after a change of the rate, or the interest of some months, in minor units."""
    principal = int(Decimal(json["principal"]) * 100)
    terms = Terms(
        currency="EUR",
        installments=json["months"],
        annual_rate=Decimal(json["annual_rate_percent"]),
        rate_kind=RateKind.EFFECTIVE if json["rate_kind"] == "effective_annual" else RateKind.NOMINAL,
    )
    if json["what"] == "interest":
        bullet = replace(terms, kind=ScheduleKind.BULLET, compounding=True)
        return hypothetical(bullet, principal, START).installments[0].interest
    if json["what"] == "installment_after_change":
        return _after_change(terms, principal, json["after"], Decimal(json["new_rate"]))
    return hypothetical(terms, principal, START).installments[0].due


def _after_change(terms: Terms, principal: int, after: int, rate: Decimal) -> int:
    changed_on = add_months(START, after)
    payout = Transaction(
        number=1,
        kind=TransactionKind.DISBURSEMENT,
        effective_date=START,
        booked_at=datetime(2024, 1, 1, tzinfo=UTC),
        operation_id="payout",
        amount=principal,
    )
    change = replace(
        payout, number=2, kind=TransactionKind.RATE_CHANGE, effective_date=changed_on, amount=0, annual_rate=rate
    )
    return position(terms, [payout, change], changed_on).installments[after].due
