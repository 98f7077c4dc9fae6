"""Two versions of a product beside each other."""

from collections.abc import Iterator
from typing import Any, Self

from api.models.base import View
from api.models.products import ProductDefinition
from domain.product import LoanProduct

NOTHING: Any = None  # on the side of a comparison that doesn't have the field


class ChangeView(View):
    """`field` is dotted; `before` or `after` is null where a version says nothing of it."""

    field: str
    before: Any
    after: Any


class ComparisonView(View):
    code: str
    before: int
    after: int
    changes: list[ChangeView]

    @classmethod
    def of(cls, before: LoanProduct, after: LoanProduct) -> Self:
        changes = [
            ChangeView(field=field, before=was, after=becomes)
            for field, was, becomes in differences(_told(before), _told(after))
        ]
        return cls(code=before.code, before=before.version, after=after.version, changes=changes)


def _told(product: LoanProduct) -> dict[str, Any]:
    return ProductDefinition.of(product, product.currency).model_dump(mode="json")


def differences(before: Any, after: Any, field: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The smallest fields that differ, an amount of money being one. Lists of one length are compared item by item."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict) and not _is_money(before):
        for name in dict.fromkeys((*before, *after)):
            yield from differences(before.get(name, NOTHING), after.get(name, NOTHING), f"{field}.{name}".lstrip("."))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (was, becomes) in enumerate(zip(before, after, strict=True)):
            yield from differences(was, becomes, f"{field}.{place}")
    else:
        yield field, before, after


def _is_money(value: dict[str, Any]) -> bool:
    return value.keys() == {"amount", "currency"}
