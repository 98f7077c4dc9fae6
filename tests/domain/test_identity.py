"""What an identity check's aspects come to together, and what contradicts it."""

from datetime import date, timedelta

import pytest

from domain.evidence import (
    Aspect,
    AspectCheck,
    IdentityOutcome,
    IdentityResult,
    is_verification_key,
    verification_key,
)

PENDING, PASSED, FAILED, NEEDS_PERSON = IdentityOutcome


def result(outcome: IdentityOutcome, **aspects: IdentityOutcome) -> IdentityResult:
    checks = tuple(
        AspectCheck(aspect=Aspect(name), outcome=told, reasons=() if told is PASSED else (f"{name}_{told}",))
        for name, told in aspects.items()
    )
    return IdentityResult(outcome=outcome, reference="r", checks=checks)


@pytest.mark.parametrize(
    ("document", "liveness", "sanctions", "together"),
    [
        (PASSED, PASSED, PASSED, PASSED),
        (FAILED, PASSED, PASSED, FAILED),
        (PASSED, FAILED, PASSED, FAILED),
        (PASSED, PASSED, FAILED, NEEDS_PERSON),
        (NEEDS_PERSON, PASSED, PASSED, NEEDS_PERSON),
        (FAILED, PASSED, FAILED, FAILED),
        (FAILED, PASSED, PENDING, PENDING),
    ],
)
def test_aspects_make_one_outcome(
    document: IdentityOutcome, liveness: IdentityOutcome, sanctions: IdentityOutcome, together: IdentityOutcome
) -> None:
    whole = result(PENDING, document=document, liveness=liveness, sanctions=sanctions).concluded()
    assert whole.outcome is together


def test_aspects_are_told_in_any_order_and_the_first_word_on_each_stands() -> None:
    known = result(PENDING)
    for news in (
        result(PENDING, sanctions=PASSED),
        result(PENDING, document=PASSED),
        result(PENDING, sanctions=FAILED),
    ):
        known = known.updated_by(news)
        assert known.outcome is PENDING
    known = known.updated_by(result(PENDING, liveness=NEEDS_PERSON))
    assert (known.outcome, known.reasons) == (NEEDS_PERSON, ("liveness_needs_person",))


def test_a_word_on_the_whole_needs_no_aspects() -> None:
    assert result(PENDING, document=PASSED).updated_by(result(FAILED)).outcome is FAILED


def test_only_another_word_contradicts() -> None:
    passed = result(PASSED, document=PASSED, liveness=PASSED, sanctions=PASSED)
    assert not passed.is_contradicted_by(result(PASSED))
    assert not passed.is_contradicted_by(result(PENDING, sanctions=PASSED))
    assert passed.is_contradicted_by(result(FAILED))
    assert passed.is_contradicted_by(result(PENDING, sanctions=FAILED))


def test_documents_that_have_expired_need_a_person() -> None:
    day = date(2026, 3, 31)
    passed = IdentityResult(outcome=PASSED, reference="r", documents_expire_on=day)
    assert passed.on(day) == passed
    late = passed.on(day + timedelta(days=1))
    assert (late.outcome, late.reasons) == (NEEDS_PERSON, ("document_expired",))
    assert result(FAILED).on(day) == result(FAILED)


def test_a_loan_knows_the_keys_of_its_checks() -> None:
    assert all(is_verification_key(verification_key("a", n), "a") for n in (0, 1, 12))
    for key in (verification_key("b"), "a-verification-", "a-verification-x", "a-verification--1", "a", ""):
        assert not is_verification_key(key, "a")
