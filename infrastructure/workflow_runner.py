"""How a worker runs workflows: in the SDK's sandbox, without two things that it does again and again.

It loads our own modules anew for each loan, which took a fifth of a worker's time. Tests and replays let it do so, and
find what is not deterministic. And for each payload it compiles and runs, up to three times, the question of whose
payload it is. Ours are converted and sealed alike whosever they are, and asking took an eighth of an origination.
"""

from dataclasses import dataclass
from typing import Any, Final

from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

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


@dataclass(frozen=True)
class _Sandbox(SandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _OfNobody(super().create_instance(det))


SANDBOX: Final = _Sandbox(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("workflows", "activities", "domain")
)
