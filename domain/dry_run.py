"""A candidate policy over past applications: what it would have decided. Nothing comes of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.evidence import BureauReport, IdentityResult
from domain.money import Money
from domain.policy import Policy
from domain.product import LoanProduct
from domain.rules import Verdict
from domain.underwriting import Decision, Dossier, Facts, underwrite


@dataclass(frozen=True, slots=True, kw_only=True)
class PastApplication:
    """One that was decided by `product`, the version it was born with. `dossier` None: it was decided before dossiers
    were kept, or the customer was erased since."""

    loan_id: str
    product: LoanProduct
    amount: Money
    installments: int
    identity: IdentityResult
    report: BureauReport
    dossier: Dossier | None
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    loan_id: str
    before: Decision
    after: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """`outcomes` counts applications by the verdict they had and the one they would have; `differences` are those whose
    verdict or reasons would be others, in the order of the applications."""

    considered: int
    without_facts: int
    outcomes: tuple[tuple[Verdict, Verdict, int], ...]
    differences: tuple[Difference, ...]


def dry_run(candidate: Policy, past: Iterable[PastApplication]) -> DryRun:
    """At the prices of then: the candidate is a policy, not a product."""
    all_of_them = list(past)
    again = [
        Difference(loan_id=one.loan_id, before=one.decision, after=underwrite(candidate, _facts(one, one.dossier)))
        for one in all_of_them
        if one.dossier is not None
    ]
    counted = Counter((one.before.verdict, one.after.verdict) for one in again)
    return DryRun(
        considered=len(all_of_them),
        without_facts=len(all_of_them) - len(again),
        outcomes=tuple((*verdicts, number) for verdicts, number in sorted(counted.items())),
        differences=tuple(one for one in again if _told(one.before) != _told(one.after)),
    )


def _facts(past: PastApplication, dossier: Dossier) -> Facts:
    return Facts.of(
        past.product,
        amount=past.amount,
        installments=past.installments,
        applicant=dossier.applicant,
        identity=past.identity,
        report=past.report,
        today=past.product.business_date(dossier.decided_at),
    )


def _told(decision: Decision) -> tuple[Verdict, tuple[str, ...]]:
    return decision.verdict, decision.reasons
