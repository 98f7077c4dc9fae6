from decimal import Decimal

import pytest

from domain.errors import CurrencyMismatch, InvalidValue
from domain.money import Money, currency_digits, round_half_even


@pytest.mark.parametrize(("currency", "digits"), [("JPY", 0), ("USD", 2), ("KWD", 3)])
def test_a_currency_has_the_digits_of_iso_4217(currency: str, digits: int) -> None:
    assert currency_digits(currency) == digits


@pytest.mark.parametrize("currency", ["usd", "US", "EURO", "U$D", ""])
def test_what_is_no_currency_code_is_refused(currency: str) -> None:
    with pytest.raises(InvalidValue, match="currency"):
        currency_digits(currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"), [("1234.5", "USD", 123450), ("7", "JPY", 7), ("0.001", "KWD", 1)]
)
def test_an_amount_is_read_into_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency).minor == minor


@pytest.mark.parametrize(
    ("text", "currency"), [("1.001", "USD"), ("0.5", "JPY"), ("abc", "USD"), ("NaN", "USD"), ("1e99", "USD")]
)
def test_an_amount_with_too_many_decimals_or_none_at_all_is_refused(text: str, currency: str) -> None:
    with pytest.raises(InvalidValue, match="amount"):
        Money.parse(text, currency)


def test_amounts_are_written_with_the_digits_of_their_currency() -> None:
    assert [str(Money(1234567, c)) for c in ("JPY", "USD", "KWD")] == ["1234567 JPY", "12345.67 USD", "1234.567 KWD"]


def test_money_adds_and_subtracts_within_a_currency() -> None:
    assert Money(100, "USD") + Money(1, "USD") - Money(2, "USD") == Money(99, "USD")


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "USD") + Money(1, "EUR")


@pytest.mark.parametrize(("amount", "whole"), [("0.5", 0), ("1.5", 2), ("2.5", 2), ("-0.5", 0), ("2.51", 3)])
def test_a_half_rounds_to_the_even_neighbour(amount: str, whole: int) -> None:
    assert round_half_even(Decimal(amount)) == whole
