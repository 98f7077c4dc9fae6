"""A product that makes no sense is refused at birth, with the field's name."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.errors import CurrencyMismatch, InvalidValue, OutsideProduct
from domain.money import Money
from domain.pricing import Grade, Price, PriceGrid
from domain.product import Authority, Bucket, GradeLimits, Servicing
from tests.fakes import product


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "per sonal"}, "code"),
        ({"version": 0}, "version"),
        ({"max_amount": 1_00}, "max_amount"),
        ({"min_amount": 0}, "max_amount"),
        ({"min_installments": 0}, "max_installments"),
        ({"offer_valid_days": 0}, "offer_valid_days"),
        ({"calendar": "US"}, "calendar"),
        ({"cooling_off_days": -1}, "cooling_off_days"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"terms": replace(product().terms, first_due_date=date(2026, 1, 10))}, "terms.first_due_date"),
        ({"terms": replace(product().terms, balloon_amount=500_00)}, "balloon_amount"),
        ({"terms": replace(product().terms, installment_amount=1)}, "installment_amount"),
    ],
)
def test_a_product_without_sense_is_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        product(**changes)
    assert refusal.value.field == field


def test_buckets_that_overlap_are_refused() -> None:
    buckets = (Bucket(name="early", from_day=1, to_day=30), Bucket(name="late", from_day=30))
    with pytest.raises(InvalidValue, match="overlap"):
        Servicing(buckets=buckets)


def test_a_day_past_due_is_in_one_bucket_or_none() -> None:
    servicing = Servicing()
    assert [servicing.bucket(day) for day in (0, 1, 29, 30, 89, 90, 4000)] == [
        None,
        "1-29",
        "1-29",
        "30-59",
        "60-89",
        "90+",
        "90+",
    ]


def test_terms_are_made_only_of_what_is_on_offer() -> None:
    assert product().terms_for(Money(1_000_00, "USD"), 24).installments == 24
    with pytest.raises(CurrencyMismatch):
        product().terms_for(Money(1_000_00, "EUR"), 24)
    with pytest.raises(OutsideProduct):
        product().terms_for(Money(1_000_00, "USD"), 361)


def test_authority_ends_at_the_limit_of_the_level() -> None:
    authority = Authority(limits=(10_00, 50_00), four_eyes_above=20_00)
    assert all(authority.covers(level, amount) for level, amount in ((1, 10_00), (9, 50_00)))
    assert not any(authority.covers(level, amount) for level, amount in ((1, 10_01), (2, 50_01), (0, 0)))
    assert [authority.needs_second_officer(amount) for amount in (20_00, 20_01)] == [False, True]


PRICES = PriceGrid(
    grades=(Grade(name="A", from_score=700), Grade(name="C", from_score=500)),
    prices=tuple(
        Price(grade=grade, from_installments=1, to_installments=480, annual_rate=Decimal(12)) for grade in ("A", "C")
    ),
)


def test_authority_is_a_matrix_of_level_and_grade() -> None:
    authority = Authority(limits=(10_00, 50_00), by_grade=(GradeLimits(grade="C", limits=(0, 20_00)),))
    assert [authority.of_grade(grade).level_for(15_00) for grade in (None, "A", "C")] == [2, 2, 2]
    assert [authority.of_grade(grade).covers(1, 10_00) for grade in (None, "A", "C")] == [True, True, False]
    assert product(authority=authority, price_grid=PRICES).authority is authority


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ((GradeLimits(grade="Z", limits=(1, 2)),), "authority.by_grade.0.grade"),
        ((GradeLimits(grade="C", limits=(1,)),), "authority.by_grade.0.limits"),
        ((GradeLimits(grade="C", limits=(2, 1)),), "authority.by_grade.0.limits"),
        ((GradeLimits(grade="C", limits=(1, 2)),) * 2, "authority.by_grade"),
    ],
)
def test_a_matrix_that_makes_no_sense_is_refused(rows: tuple[GradeLimits, ...], field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        product(authority=Authority(limits=(10_00, 50_00), by_grade=rows), price_grid=PRICES)
    assert refusal.value.field == field
