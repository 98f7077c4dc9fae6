"""How a worker runs workflows: without the SDK's sandbox, without asking of each payload whose it is, and with enough
pollers for those that begin.

The sandbox loads modules anew for each loan and stands guard at each turn; what it guards against, static checks, tests
and replays find (docs/decisions/0032). For each payload the SDK asks, in up to three ways, whose it is: ours are
converted and sealed alike whosever they are. And of its five pollers one waits for workflows that are in no worker's
cache (docs/decisions/0033).
"""

from typing import Any, Final, TypedDict

from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

_NOWHERE: Final = StorageDriverStoreContext(target=None)


class _OfNobody(WorkflowInstance):
    """An instance whose payloads are nobody's in particular."""

    def __init__(self, instance: WorkflowInstance) -> None:
        self._instance = instance

    def get_serialization_context(self, _: Any) -> SerializationContext | None:
        return None

    def get_external_store_context(self, _: Any) -> StorageDriverStoreContext:
        return _NOWHERE

    def activate(self, act: Any) -> Any:
        return self._instance.activate(act)

    def get_info(self) -> Any:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()


class _Runner(UnsandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _OfNobody(super().create_instance(det))


class WorkflowOptions(TypedDict, total=False):
    """Arguments of the SDK's `Worker`."""

    workflow_runner: WorkflowRunner
    max_concurrent_workflow_task_polls: int
    nonsticky_to_sticky_poll_ratio: float


WORKFLOWS: Final[WorkflowOptions] = {
    "workflow_runner": _Runner(),
    "max_concurrent_workflow_task_polls": 10,
    "nonsticky_to_sticky_poll_ratio": 0.5,  # a queue has four partitions by default: each finds somebody waiting
}
