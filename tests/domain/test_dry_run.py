"""A candidate policy over the past: counts, and who would have heard something else."""

from dataclasses import replace
from datetime import UTC, date, datetime

from domain.dry_run import PastApplication, dry_run
from domain.evidence import BureauReport, IdentityOutcome, IdentityResult
from domain.money import Money
from domain.policy import Policy
from domain.rules import Verdict
from domain.underwriting import Applicant, Decision, Dossier
from tests.fakes import product

WELL_OFF = Applicant(date_of_birth=date(1985, 12, 10), country="GB", monthly_income=5_000_00)
APPROVED = Decision(verdict=Verdict.APPROVE)


def past(loan_id: str, score: int, decision: Decision, *, kept: bool = True) -> PastApplication:
    dossier = Dossier(applicant=WELL_OFF, decided_at=datetime(2026, 1, 15, 12, tzinfo=UTC))
    return PastApplication(
        loan_id=loan_id,
        product=product(),
        amount=Money(1_200_00, "USD"),
        installments=12,
        identity=IdentityResult(outcome=IdentityOutcome.PASSED, reference="check"),
        report=BureauReport(reference="report", score=score, currency="USD", monthly_obligations=0),
        dossier=dossier if kept else None,
        decision=decision,
    )


LOW = Decision(verdict=Verdict.DECLINE, reasons=("score_too_low",))
MIDDLING = Decision(verdict=Verdict.REFER, reasons=("score_needs_person",))
PAST = (past("a", 780, APPROVED), past("b", 640, MIDDLING), past("c", 500, LOW), past("d", 780, APPROVED, kept=False))


def test_the_policy_of_then_changes_nothing() -> None:
    tried = dry_run(product().policy, PAST)
    assert (tried.considered, tried.without_facts, tried.differences) == (4, 1, ())
    assert tried.outcomes == (
        (Verdict.APPROVE, Verdict.APPROVE, 1),
        (Verdict.DECLINE, Verdict.DECLINE, 1),
        (Verdict.REFER, Verdict.REFER, 1),
    )


def test_a_stricter_policy_is_told_by_what_it_would_have_changed() -> None:
    tried = dry_run(Policy(decline_below_score=650, refer_below_score=800), PAST)
    assert [(one.loan_id, one.before, one.after) for one in tried.differences] == [
        ("a", APPROVED, MIDDLING),
        ("b", MIDDLING, LOW),
    ]
    assert tried.outcomes == (
        (Verdict.APPROVE, Verdict.REFER, 1),
        (Verdict.DECLINE, Verdict.DECLINE, 1),
        (Verdict.REFER, Verdict.DECLINE, 1),
    )


def test_other_reasons_are_a_difference_too() -> None:
    poor = replace(PAST[2], report=replace(PAST[2].report, monthly_obligations=4_000_00))
    (changed,) = dry_run(product().policy, [poor]).differences
    assert (changed.before, changed.after.reasons) == (LOW, ("score_too_low", "debt_to_income_too_high"))
