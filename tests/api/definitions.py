"""A product as the API takes it, for tests that change something in it."""

from typing import Any
from uuid import uuid4

PRODUCTS = "/api/admin/v1/products"


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def definition(**changes: Any) -> dict[str, Any]:
    return {
        "code": f"test-{uuid4().hex[:12]}",
        "name": "Test loan",
        "terms": {"currency": "USD", "annual_rate": "14.9"},
        "min_amount": usd("500.00"),
        "max_amount": usd("25000.00"),
        "min_installments": 3,
        "max_installments": 60,
        "authority": {"limits": [usd("5000.00"), usd("25000.00")], "four_eyes_above": usd("20000.00")},
        **changes,
    }


def rule(code: str = "thin_file", **when: Any) -> dict[str, Any]:
    compared = {"fact": "score", "operator": "below", "value": 600, **when}
    return {"code": code, "when": compared, "then": "refer", "wording": "Limited credit experience"}


def grid(*grades: tuple[str, int], to: int = 60, rate: str = "9.9") -> dict[str, Any]:
    return {
        "grades": [{"name": name, "from_score": score} for name, score in grades],
        "prices": [
            {"grade": name, "from_installments": 3, "to_installments": to, "annual_rate": rate} for name, _ in grades
        ],
    }
