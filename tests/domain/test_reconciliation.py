"""What a comparison of the rail's statement with the books finds."""

from domain.evidence import PayoutOutcome
from domain.money import Money
from domain.reconciliation import Difference, Payment, Statement, reconcile


def payment(key: str, minor: int = 100_00, outcome: str = "settled", currency: str = "USD") -> Payment:
    return Payment(key=key, amount=Money(minor, currency), outcome=PayoutOutcome(outcome))


def found(booked: list[Payment], stated: list[Payment]) -> list[tuple[str, Difference]]:
    result = reconcile(booked, Statement(payments=tuple(stated)))
    return [(finding.key, finding.difference) for finding in result.findings]


def test_what_agrees_is_matched() -> None:
    both = [payment("a"), payment("b", outcome="failed"), payment("c", outcome="pending")]
    result = reconcile(both, Statement(payments=tuple(reversed(both))))
    assert (result.matched, result.findings, result.clean) == (3, (), True)


def test_what_is_missing_on_either_side_is_listed() -> None:
    assert found([payment("ours")], [payment("theirs")]) == [
        ("ours", Difference.NOT_IN_STATEMENT),
        ("theirs", Difference.NOT_IN_BOOKS),
    ]


def test_a_payout_that_the_rail_never_took_and_the_books_call_failed_is_no_difference() -> None:
    assert found([payment("refused", outcome="failed")], []) == []


def test_another_amount_another_currency_and_another_outcome_are_listed() -> None:
    booked = [payment("a"), payment("b"), payment("c", outcome="pending"), payment("d")]
    stated = [payment("a", 99_99), payment("b", currency="EUR"), payment("c"), payment("d", 1, "failed")]
    assert found(booked, stated) == [
        ("a", Difference.AMOUNT_DIFFERS),
        ("b", Difference.AMOUNT_DIFFERS),
        ("c", Difference.OUTCOME_DIFFERS),
        ("d", Difference.AMOUNT_DIFFERS),
        ("d", Difference.OUTCOME_DIFFERS),
    ]


def test_nothing_against_nothing_is_clean() -> None:
    assert reconcile([], Statement(payments=())).clean
