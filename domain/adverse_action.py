"""Why an application was declined or a loan has ended, in the words that its borrower is told."""

from domain.policy import Policy
from domain.rules import Verdict
from domain.status import LoanStatus
from domain.underwriting import Decision

# More are not likely to help: the official interpretation of Regulation B, 12 CFR 1002.9(b)(2), paragraph 1.
MOST_REASONS = 4

_ENDED_AMONG_US = (LoanStatus.DECLINED, LoanStatus.CANCELLED)


def closure_told(status: LoanStatus, closure: str | None) -> str | None:
    """Why a loan ended, as its borrower is told. What officers and operators write, and the codes of rules, are for the
    lender's people: a refusal has reasons in words of its own."""
    return None if status in _ENDED_AMONG_US else closure


def principal_reasons(policy: Policy, decision: Decision) -> tuple[str, ...]:
    """The wordings of the rules that decided, in their order, each once. `policy` is that of the product's version with
    which the loan was born. When an officer declined what the policy had referred, these are the reasons for that."""
    decisive = [rule for rule in policy.in_force() if rule.code in decision.reasons]
    if decision.verdict is Verdict.DECLINE:
        decisive = [rule for rule in decisive if rule.then is Verdict.DECLINE]
    return tuple(dict.fromkeys(rule.wording for rule in decisive))[:MOST_REASONS]
