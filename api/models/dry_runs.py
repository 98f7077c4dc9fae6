"""What another policy would have decided."""

from typing import Self

from api.models.base import Model, View
from api.models.loan_file import DecisionView
from api.models.policies import PolicyDefinition
from domain.dry_run import DryRun
from domain.policy import Policy
from domain.rules import Verdict


class DryRunRequest(Model):
    """The policy to try, as in a product's definition."""

    policy: PolicyDefinition

    def candidate(self, currency: str) -> Policy:
        """Raises InvalidValue for a policy that makes no sense."""
        policy: Policy = self.policy.domain(currency, ("policy",))
        return policy


class OutcomeView(View):
    """How many applications had the verdict `before` and would have `after`."""

    before: Verdict
    after: Verdict
    applications: int


class DifferenceView(View):
    loan_id: str
    before: DecisionView
    after: DecisionView


class DryRunView(View):
    """`without_facts` were decided before facts were kept, or are of people whose data was erased. `differences`, the
    newest first, have another verdict or other reasons."""

    considered: int
    without_facts: int
    outcomes: list[OutcomeView]
    differences: list[DifferenceView]

    @classmethod
    def of(cls, tried: DryRun) -> Self:
        outcomes = [
            OutcomeView(before=before, after=after, applications=number) for before, after, number in tried.outcomes
        ]
        differences = [DifferenceView.model_validate(one) for one in tried.differences]
        return cls(
            considered=tried.considered,
            without_facts=tried.without_facts,
            outcomes=outcomes,
            differences=differences,
        )
