"""What an operator sees of a loan in the Temporal Web UI: search attributes and current details."""

from datetime import UTC, datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from domain.people import APPLICANT
    from domain.status import LoanStatus
    from domain.views import Standing

from workflows.options import ASSIGNED_TO, DAYS_PAST_DUE, LOAN_STATUS, NEXT_DUE_DATE

_WAITS = {
    LoanStatus.VERIFYING: "for the identity check and the credit bureau",
    LoanStatus.REFERRED: "for an officer's decision",
    LoanStatus.OFFERED: "for the applicant to accept or withdraw",
    LoanStatus.ACCEPTED: "for somebody to retry the payout, which failed",
    LoanStatus.DISBURSING: "for the payment rail to settle the payout",
    LoanStatus.ACTIVE: "for payments",
    LoanStatus.CHARGED_OFF: "for what may still be recovered",
}


def show(standing: Standing, before: Standing | None) -> None:
    """Post what changed since `before`. Details cost nothing; search attributes one billable action a change."""
    workflow.set_current_details(details(standing))
    if updates := _changes(standing, before):
        workflow.upsert_search_attributes(updates)


def _changes(standing: Standing, before: Standing | None) -> list[SearchAttributeUpdate[Any]]:
    changes: list[SearchAttributeUpdate[Any]] = []
    if standing.status != (before.status if before else LoanStatus.VERIFYING):
        changes.append(LOAN_STATUS.value_set(standing.status))
    if standing.days_past_due != (before.days_past_due if before else 0):
        changes.append(DAYS_PAST_DUE.value_set(standing.days_past_due))
    if standing.next_due_date != (before.next_due_date if before else None):
        changes.append(_next_due_date(standing))
    if standing.assigned_to != (before.assigned_to if before else None):
        changes.append(_assigned_to(standing))
    return changes


def _next_due_date(standing: Standing) -> SearchAttributeUpdate[Any]:
    if standing.next_due_date is None:
        return NEXT_DUE_DATE.value_unset()
    due = standing.next_due_date
    return NEXT_DUE_DATE.value_set(datetime(due.year, due.month, due.day, tzinfo=UTC))


def _assigned_to(standing: Standing) -> SearchAttributeUpdate[Any]:
    whose = standing.assigned_to
    return ASSIGNED_TO.value_set(whose) if whose else ASSIGNED_TO.value_unset()


def details(standing: Standing, unanswered: str | None = None) -> str:
    """The loan at a glance, as markdown; with who was asked something and has not answered yet."""
    rows = {
        "Status": standing.status,
        "Waits": "for the applicant's answer" if standing.assigned_to == APPLICANT else _WAITS.get(standing.status),
        "Without an answer yet": unanswered,
        "Needs": standing.assigned_to,
        "If nothing happens": standing.waits_for,
        "Outstanding": standing.outstanding,
        "Next due": standing.next_due_date,
        "Days past due": standing.days_past_due or None,
        "Payout": standing.payout_key,
        "Direct debit": standing.debit_key,
        "Closed because": standing.closure,
        "Business date": standing.business_date,
    }
    lines = [f"- **{name}:** {value}" for name, value in rows.items() if value is not None]
    return "\n".join([f"### Loan {standing.loan_id}", "", *lines])
