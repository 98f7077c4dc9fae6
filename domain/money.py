"""Money: an integer of minor units and a currency. No floats, and one place that rounds."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from domain.errors import CurrencyMismatch, InvalidValue

# Minor-unit digits by ISO 4217 for the currencies that don't have two.
_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}

LARGEST_AMOUNT = 10**15  # minor units; a bound that keeps every sum of a portfolio inside a Postgres bigint


def currency_digits(currency: str) -> int:
    """Digits after the decimal point of `currency`, an ISO 4217 code."""
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise InvalidValue("currency", f"{currency!r} is not an ISO 4217 code")
    return _DIGITS.get(currency, 2)


def round_half_even(amount: Decimal) -> int:
    """The whole number nearest to `amount` (already in minor units), ties to even."""
    return int(amount.to_integral_value(rounding=ROUND_HALF_EVEN))


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` is a count of minor units (cents, yen, fils) and may be negative; see `currency_digits`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        currency_digits(self.currency)
        if abs(self.minor) > LARGEST_AMOUNT:
            raise InvalidValue("amount", "is absurdly large")

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """Read "1234.50".

        Raises `InvalidValue` for a text that isn't a number or has more digits than the currency.
        """
        try:
            value = Decimal(amount)
        except InvalidOperation:
            raise InvalidValue("amount", f"{amount!r} is not a number") from None
        if not value.is_finite() or abs(value) > LARGEST_AMOUNT:
            raise InvalidValue("amount", f"{amount!r} is not an amount")
        minor = value.scaleb(currency_digits(currency))
        if minor != minor.to_integral_value():
            raise InvalidValue("amount", f"{currency} has {currency_digits(currency)} decimals, {amount!r} has more")
        return cls(int(minor), currency)

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    @property
    def text(self) -> str:
        """The amount alone, with the currency's digits: "1234.50"."""
        digits = currency_digits(self.currency)
        return f"{Decimal(self.minor).scaleb(-digits):.{digits}f}"

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{other.currency} given where {self.currency} is meant")
