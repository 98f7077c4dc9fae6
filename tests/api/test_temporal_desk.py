"""What comes back from Temporal is the domain's own refusal again, or says that the engine is away."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.refusals import refused
from api.errors import EngineUnavailable
from api.temporal_desk import named_failures, refusal_of
from domain.errors import AlreadyDecided, BeyondAuthority, DomainError, InvalidValue, NotAllowedNow, OutsideProduct


@pytest.mark.parametrize(
    "refusal",
    [
        AlreadyDecided("the application is offered"),
        BeyondAuthority("the amount is above this officer's limit"),
        OutsideProduct("installments", "personal runs for 1 to 360 installments"),
        InvalidValue("servicing.buckets", "overlap: twice"),
    ],
)
def test_a_refusal_comes_back_as_what_it_was(refusal: DomainError) -> None:
    returned = refusal_of(WorkflowUpdateFailedError(refused(refusal)))
    assert (type(returned), str(returned)) == (type(refusal), str(refusal))
    assert vars(returned) == vars(refusal)


@pytest.mark.parametrize("kind", [None, "KeyError", "DomainErrors", "date"])
def test_a_failure_that_is_no_refusal_is_not_taken_for_one(kind: str | None) -> None:
    failure = WorkflowUpdateFailedError(ApplicationError("boom", type=kind))
    assert isinstance(refusal_of(failure), EngineUnavailable)


def test_a_loan_that_ended_meanwhile_allows_nothing() -> None:
    ended = WorkflowUpdateFailedError(ApplicationError("gone", type="AcceptedUpdateCompletedWorkflow"))
    assert isinstance(refusal_of(ended), NotAllowedNow)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (RPCStatusCode.NOT_FOUND, NotAllowedNow),
        (RPCStatusCode.UNAVAILABLE, EngineUnavailable),
        (RPCStatusCode.DEADLINE_EXCEEDED, EngineUnavailable),
        (RPCStatusCode.RESOURCE_EXHAUSTED, EngineUnavailable),
    ],
)
def test_what_the_server_says_gets_a_name(status: RPCStatusCode, expected: type[Exception]) -> None:
    with pytest.raises(expected), named_failures():
        raise RPCError("…", status, b"")
