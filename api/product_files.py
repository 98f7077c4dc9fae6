"""Products as files: the examples that come with Tenor, and any that a lender writes."""

from pathlib import Path

from pydantic import ValidationError

from api.models.products import ProductDefinition
from api.strict_json import MalformedBody
from api.strict_yaml import parse
from domain.errors import InvalidValue
from domain.product import LoanProduct

EXAMPLES = Path(__file__).parents[1] / "products"


class UnreadableProduct(Exception):
    """The file holds no product; the message says which file, and why."""


def read_product(file: Path) -> LoanProduct:
    """Refuses what `POST /products` would refuse."""
    try:
        return ProductDefinition.model_validate(parse(file.read_bytes())).product()
    except (MalformedBody, ValidationError, InvalidValue) as refusal:
        raise UnreadableProduct(f"{file.name}: {refusal}") from None


def examples() -> tuple[LoanProduct, ...]:
    """What Tenor comes with, by code."""
    return tuple(read_product(file) for file in sorted(EXAMPLES.glob("*.yaml")))
