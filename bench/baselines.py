"""What loans are measured against: the least that a workflow can do, and an application by the usual means."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.origination import Origination
    from activities.providers import Enquiry, Providers
    from activities.servicing import Servicing
    from domain.commands import ApplyForLoan, Underwrite
    from domain.people import ENGINE
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
    """The same application by the usual means: every step a regular activity."""

    @workflow.run
    async def run(self, application: ApplyForLoan) -> None:
        enquiry = Enquiry(
            key=application.loan_id,
            loan_id=application.loan_id,
            customer_id=application.customer_id,
            currency=application.amount.currency,
        )
        usual = provider_call("")
        now = workflow.now()
        await workflow.execute_activity_method(Origination.record_application, args=[application, now], **usual)
        identity = await workflow.execute_activity_method(Providers.check_identity, args=[enquiry], **usual)
        await workflow.execute_activity_method(Providers.bureau_report, args=[enquiry], **usual)
        decision = Underwrite(
            operation_id=f"{application.loan_id}/underwriting",
            loan_id=application.loan_id,
            actor=ENGINE,
            customer_id=application.customer_id,
            currency=enquiry.currency,
            identity=identity,
            report_key=enquiry.key,
        )
        await workflow.execute_activity_method(Origination.underwrite, args=[decision, now], **usual)
        await workflow.execute_activity_method(Servicing.look, args=[application.loan_id], **usual)
