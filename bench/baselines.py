"""What loans are measured against: the least that a workflow can do, and an application by the usual means."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.origination import Origination
    from activities.providers import Enquiry, Providers
    from activities.servicing import Servicing
    from domain.commands import ApplyForLoan, Underwrite
    from domain.people import ENGINE
    from domain.views import Outcome, Standing
    from workflows import signboard
    from workflows.options import provider_call

BASELINE = "baseline"  # their task queue; a worker is handed activities with the workflow's task
BY_WAY_OF_THE_QUEUE = "baseline-by-way-of-the-queue"  # where it polls for each of them


@workflow.defn
class Nothing:
    """The least a workflow can be."""

    def __init__(self) -> None:
        self._over = False

    @workflow.run
    async def run(self, stays: bool) -> None:
        await workflow.wait_condition(lambda: self._over or not stays)

    @workflow.update
    async def touch(self) -> None:
        """The least an update can be."""

    @workflow.signal
    def end(self) -> None:
        self._over = True


@workflow.defn
class FiveActivities:
    """The same application by the usual means: every step a regular activity, one after the other.

    As a loan does, it answers the applicant once their application is on the books, and shows where it stands.
    """

    def __init__(self) -> None:
        self._application: ApplyForLoan | None = None
        self._standing: Standing | None = None

    @workflow.update
    async def submit(self, application: ApplyForLoan) -> Outcome:
        outcome = await _recorded(application)
        self._show(outcome)
        self._application = application
        return outcome

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self._application is not None)
        assert self._application is not None
        self._show(await _decided(self._application))
        await _closed(self._application)

    def _show(self, outcome: Outcome) -> None:
        signboard.show(outcome.standing, self._standing)
        self._standing = outcome.standing


@workflow.defn
class FiveInSilence:
    """The same five, which answer nobody before all is over, and show nothing."""

    @workflow.run
    async def run(self, application: ApplyForLoan) -> None:
        await _recorded(application)
        await _decided(application)
        await _closed(application)


async def _recorded(application: ApplyForLoan) -> Outcome:
    return await workflow.execute_activity_method(
        Origination.record_application, args=[application, workflow.now()], **provider_call("")
    )


async def _decided(application: ApplyForLoan) -> Outcome:
    enquiry = Enquiry(
        key=application.loan_id,
        loan_id=application.loan_id,
        customer_id=application.customer_id,
        currency=application.amount.currency,
    )
    identity = await workflow.execute_activity_method(Providers.check_identity, enquiry, **provider_call(""))
    await workflow.execute_activity_method(Providers.bureau_report, enquiry, **provider_call(""))
    decision = Underwrite(
        operation_id=f"{application.loan_id}/underwriting",
        loan_id=application.loan_id,
        actor=ENGINE,
        customer_id=application.customer_id,
        currency=enquiry.currency,
        identity=identity,
        report_key=enquiry.key,
    )
    return await workflow.execute_activity_method(
        Origination.underwrite, args=[decision, workflow.now()], **provider_call("")
    )


async def _closed(application: ApplyForLoan) -> None:
    await workflow.execute_activity_method(Servicing.look, application.loan_id, **provider_call(""))
