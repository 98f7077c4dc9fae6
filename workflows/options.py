"""Named timeouts and retries, workflow ids, task queues, search attributes: each once, for everybody."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

LOANS = "loans"  # task queue of workflows, bookkeeping, and what an applicant waits for: handed out with the task
PROVIDERS = "providers"  # task queue of money on its way

LOAN_STATUS = SearchAttributeKey.for_keyword("LoanStatus")
LOAN_PRODUCT = SearchAttributeKey.for_keyword("LoanProduct")
DAYS_PAST_DUE = SearchAttributeKey.for_int("DaysPastDue")
NEXT_DUE_DATE = SearchAttributeKey.for_datetime("NextDueDate")
ASSIGNED_TO = SearchAttributeKey.for_keyword("AssignedTo")
CUSTOMER_REF = SearchAttributeKey.for_keyword("CustomerRef")

MOST_EVENTS = 500  # of one run; then it continues as new

# How long a killed worker holds up a loan: its running task, and the tasks that were kept for its cache. Less would
# save a second in a quiet hour and cost many in a busy one: whoever takes over replays many loans at once, which takes
# two seconds where cores are scarce, and a replay that outlasts its task begins again.
WORKFLOW_TASK_TIMEOUT = timedelta(seconds=3)
STICKY_PATIENCE = timedelta(seconds=2)
SIGN_OF_LIFE = timedelta(seconds=5)  # the same of a close of business. The SDK passes on a beat every four seconds

_PATIENT = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)
)

# Our own database: one transaction, tried until it is there again. Refusals are final by their type.
# A longer pause between two tries is a timer, so that a worker can stop while Postgres is away.
BOOKKEEPING = workflow.LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=_PATIENT,
    local_retry_threshold=timedelta(seconds=1),
)


def portfolio_step(summary: str) -> workflow.ActivityConfig:
    """A part of a day of the whole portfolio, of which another worker takes care when this one says nothing."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(hours=2),
        heartbeat_timeout=SIGN_OF_LIFE,
        retry_policy=_PATIENT,
        summary=summary,
    )


def key_step(summary: str) -> workflow.ActivityConfig:
    """Some hundreds of data keys, each asked of the key provider: tried until it is there again."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(minutes=10),
        heartbeat_timeout=SIGN_OF_LIFE,
        retry_policy=_PATIENT,
        summary=summary,
    )


def first_call(summary: str) -> workflow.ActivityConfig:
    """Asks both providers, once; a `provider_call` follows to each that has not answered. Handed out with the loan's
    task, as those are."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=15),
        retry_policy=RetryPolicy(maximum_attempts=1),
        summary=summary,
    )


def provider_call(summary: str) -> workflow.ActivityConfig:
    """An answer that the application waits for: asked until the provider is there again, for a week.

    On the workflow's own task queue, so that the server hands it out with the answer to the workflow's task (an eager
    activity), and writes once less for each.
    """
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=15),
        schedule_to_close_timeout=timedelta(days=7),
        retry_policy=_PATIENT,
        summary=summary,
    )


def payment_call(summary: str) -> workflow.ActivityConfig:
    """Money on its way: after a while without an answer its outcome is unknown, and asking is better than sending."""
    return workflow.ActivityConfig(
        task_queue=PROVIDERS,
        start_to_close_timeout=timedelta(seconds=15),
        schedule_to_close_timeout=timedelta(minutes=5),
        retry_policy=_PATIENT,
        summary=summary,
    )


DEBIT_PATIENCE = timedelta(minutes=15)  # banks take their days: without a word from the rail, ask; then as of a payout
DEBIT_MOST_PATIENCE = timedelta(days=1)
DEBIT_DEADLINE = timedelta(days=5)  # then a person is told; asking goes on
FIRST_MESSAGE_PATIENCE = timedelta(hours=1)  # then a run that nobody spoke to ends
IDENTITY_PATIENCE = timedelta(hours=6)  # without a word from the provider, ask again
IDENTITY_DEADLINE = timedelta(days=7)  # then a person looks at it
PAYOUT_PATIENCE = timedelta(seconds=15)  # without a word from the rail, ask; then wait twice as long, and again
PAYOUT_MOST_PATIENCE = timedelta(hours=6)
PAYOUT_DEADLINE = timedelta(days=1)  # then a person is told; asking goes on


def payout_patience(asked: int) -> timedelta:
    """How long to wait for a word from the rail after having asked so often."""
    return min(PAYOUT_PATIENCE * (1 << min(asked, 12)), PAYOUT_MOST_PATIENCE)


def debit_patience(asked: int) -> timedelta:
    return min(DEBIT_PATIENCE * (1 << min(asked, 12)), DEBIT_MOST_PATIENCE)


def workflow_id(loan_id: str) -> str:
    return f"loan-{loan_id}"
