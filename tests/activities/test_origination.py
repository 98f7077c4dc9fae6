"""What an officer's decision is made on: what the policy knew, looked up and never taken from anybody's word."""

import pytest

from activities.origination import Origination
from domain.commands import Decide, OfficerVerdict, RecheckIdentity, Underwrite
from domain.errors import BeyondAuthority, CustomerErased, NotYourBranch, OutsidePolicy, UnknownUser
from domain.evidence import IdentityOutcome, IdentityResult
from domain.people import Officer
from domain.policy import Policy
from domain.rules import Condition, Operator, Rule, Verdict
from domain.signals import Signals
from domain.status import LoanStatus
from tests.domain.lives import NOON, applied
from tests.fakes import FakeBooks, FakeEvidence, FakePeople, product

CLERK = Officer(id="clerk", level=0)
TOO_MUCH_FOR_LONG = Rule(
    code="long_exposure",
    wording="Amount owed on accounts is too high",
    then=Verdict.DECLINE,
    when=Condition(
        all_of=(
            Condition(fact="exposure", operator=Operator.ABOVE, value="5000"),
            Condition(fact="installments", operator=Operator.ABOVE, value=12),
        )
    ),
)


class Owing:
    """ApplicationSignals of somebody who owes 8,000 already."""

    async def of(self, loan_id: str) -> Signals:
        return Signals(exposure=8_000_00)


class Desk:
    def __init__(self) -> None:
        self.books, self.people, self.evidence = FakeBooks(), FakePeople(), FakeEvidence()
        self.origination = Origination(
            self.books, customers=self.people, officers=self.people, evidence=self.evidence, signals=Owing()
        )
        loan = applied()
        loan.product = product(policy=Policy(rules=(TOO_MUCH_FOR_LONG,)))
        self.books.loans["1"] = loan

    async def refer(self) -> None:
        doubtful = IdentityResult(outcome=IdentityOutcome.NEEDS_PERSON, reference="check")
        command = Underwrite(
            operation_id="underwriting",
            loan_id="1",
            actor="engine",
            customer_id="customer-1",
            currency="USD",
            identity=doubtful,
            report_key="none",
        )
        await self.origination.underwrite(command, NOON)
        assert self.status is LoanStatus.REFERRED

    async def decide(self, officer: str = "senior", verdict: str = "approve", installments: int | None = None) -> None:
        command = Decide(
            operation_id=f"{officer}-{verdict}-{installments}",
            loan_id="1",
            actor=officer,
            verdict=OfficerVerdict(verdict),
            installments=installments,
        )
        await self.origination.decide(command, NOON)

    @property
    def status(self) -> LoanStatus:
        return self.books.loans["1"].status

    @property
    def refused(self) -> list[str]:
        return [name for _, name in self.books.refused]


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.refer()
    return desk


async def test_changed_terms_are_held_against_all_that_the_policy_knew(desk: Desk) -> None:
    with pytest.raises(OutsidePolicy, match="long_exposure"):
        await desk.decide(installments=24)
    await desk.decide(installments=12)
    assert desk.status is LoanStatus.OFFERED


async def test_declining_asks_nothing_of_the_applicant(desk: Desk) -> None:
    desk.people.erased, desk.evidence.dossiers = {"customer-1"}, {}
    with pytest.raises(CustomerErased):
        await desk.decide()
    await desk.decide(verdict="decline")
    assert (desk.status, desk.refused) == (LoanStatus.DECLINED, ["CustomerErased"])


async def test_who_is_no_officer_is_refused_on_record(desk: Desk) -> None:
    with pytest.raises(UnknownUser):
        await desk.decide(officer="nobody")
    assert (desk.status, desk.refused) == (LoanStatus.REFERRED, ["UnknownUser"])


async def test_a_recheck_is_for_officers_of_the_branch_who_may_decide(desk: Desk) -> None:
    desk.people.officers["clerk"] = CLERK
    for officer, refusal in (("elsewhere", NotYourBranch), ("clerk", BeyondAuthority)):
        command = RecheckIdentity(operation_id=officer, loan_id="1", actor=officer)
        with pytest.raises(refusal):
            await desk.origination.order_recheck(command, NOON)
    assert desk.books.loans["1"].recheck_key is None
