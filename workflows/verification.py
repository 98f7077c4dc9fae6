"""What providers say of an applicant: asked for, waited for."""

import asyncio
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.providers import Enquiry, Providers
    from domain.evidence import IdentityOutcome, IdentityResult
    from workflows.options import IDENTITY_DEADLINE, IDENTITY_PATIENCE, provider_call


class Verification:
    """An outage of a provider parks this loan only, and it goes on by itself."""

    def __init__(self) -> None:
        self._heard: IdentityResult | None = None

    def hear(self, result: IdentityResult) -> None:
        """The provider's webhook came."""
        self._heard = result

    async def gather(self, enquiry: Enquiry) -> IdentityResult:
        """Ask both providers at once and wait for both. What the bureau says is on file, not in here."""
        identity, _ = await asyncio.gather(self._identity(enquiry), self._report(enquiry))
        return identity

    async def _identity(self, enquiry: Enquiry) -> IdentityResult:
        deadline = workflow.now() + IDENTITY_DEADLINE
        result = await self._ask(enquiry)
        while result.outcome is IdentityOutcome.PENDING and workflow.now() < deadline:
            result = await self._hear_or_ask(enquiry)
        if result.outcome is IdentityOutcome.PENDING:
            return self._unanswered(enquiry)
        return result

    async def _hear_or_ask(self, enquiry: Enquiry) -> IdentityResult:
        try:
            await workflow.wait_condition(
                lambda: self._heard is not None,
                timeout=IDENTITY_PATIENCE,
                timeout_summary="Identity check: ask again when the provider stays silent",
            )
        except TimeoutError:
            return await self._ask(enquiry)
        result, self._heard = self._heard, None
        return result or self._unanswered(enquiry)

    async def _ask(self, enquiry: Enquiry) -> IdentityResult:
        try:
            return await workflow.execute_activity_method(
                Providers.check_identity, enquiry, **provider_call("Who is the applicant?")
            )
        except ActivityError:
            return self._unanswered(enquiry)

    def _unanswered(self, enquiry: Enquiry) -> IdentityResult:
        return IdentityResult(
            outcome=IdentityOutcome.NEEDS_PERSON, reference=enquiry.key, reasons=("provider_did_not_answer",)
        )

    async def _report(self, enquiry: Enquiry) -> None:
        """When this returns, the report is on file, or a week has passed without it."""
        with suppress(ActivityError):
            await workflow.execute_activity_method(
                Providers.bureau_report, enquiry, **provider_call("What does the credit bureau know?")
            )
