"""The price of a loan by the risk of its borrower and its length."""

from dataclasses import dataclass
from decimal import Decimal

from domain.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """Borrowers whose score is `from_score` or more, and less than that of the grade above."""

    name: str
    from_score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a loan of a grade costs over `from_installments` to `to_installments`, both included."""

    grade: str
    from_installments: int
    to_installments: int
    annual_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceGrid:
    """`grades` from the best to the worst. Who is below the last, or has no score, is in none."""

    grades: tuple[Grade, ...]
    prices: tuple[Price, ...]

    def __post_init__(self) -> None:
        names, scores = [grade.name for grade in self.grades], [grade.from_score for grade in self.grades]
        if not names or len(set(names)) < len(names):
            raise InvalidValue("grades", "are names, each used once")
        if sorted(set(scores), reverse=True) != scores:
            raise InvalidValue("grades", "are not from the highest score to the lowest")
        for place, price in enumerate(self.prices):
            if price.grade not in names:
                raise InvalidValue(f"prices.{place}.grade", f"there is no grade {price.grade}")

    def check_covers(self, first: int, last: int) -> None:
        """Every grade has one price, and only one, for any number of installments from `first` to `last`."""
        for grade in self.grades:
            following = first
            for band in sorted(self._bands(grade.name), key=lambda band: band.from_installments):
                if band.from_installments != following or band.to_installments < following:
                    raise InvalidValue(
                        "price_grid.prices", f"{grade.name} has not one price for {following} installments"
                    )
                following = band.to_installments + 1
            if following <= last:
                raise InvalidValue("price_grid.prices", f"{grade.name} has no price for {following} installments")

    def grade(self, score: int | None) -> str | None:
        if score is None:
            return None
        return next((grade.name for grade in self.grades if score >= grade.from_score), None)

    def annual_rate(self, grade: str, installments: int) -> Decimal:
        return next(
            band.annual_rate
            for band in self._bands(grade)
            if band.from_installments <= installments <= band.to_installments
        )

    def _bands(self, grade: str) -> list[Price]:
        return [price for price in self.prices if price.grade == grade]
