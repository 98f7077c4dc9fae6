"""Why an application was declined, in the words that its borrower is told."""

from domain.policy import Policy
from domain.rules import Verdict
from domain.underwriting import Decision

# More are not likely to help: the official interpretation of Regulation B, 12 CFR 1002.9(b)(2), paragraph 1.
MOST_REASONS = 4


def principal_reasons(policy: Policy, decision: Decision) -> tuple[str, ...]:
    """The wordings of the rules that decided, in their order, each once. `policy` is that of the product's version with
    which the loan was born. When an officer declined what the policy had referred, these are the reasons for that."""
    decisive = [rule for rule in policy.in_force() if rule.code in decision.reasons]
    if decision.verdict is Verdict.DECLINE:
        decisive = [rule for rule in decisive if rule.then is Verdict.DECLINE]
    return tuple(dict.fromkeys(rule.wording for rule in decisive))[:MOST_REASONS]
