"""How a rotation of the wrapping key begins: somebody asks for it."""

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from workflows.options import LOANS
from workflows.rotate_keys import Rotated, RotateKeys, RotateKeysWorkflow

ROTATION = "rotate-keys"


async def start_rotation(client: Client, actor: str) -> WorkflowHandle[RotateKeysWorkflow, Rotated]:
    """One at a time: asking while it runs finds the same run; afterwards, begins another."""
    return await client.start_workflow(
        RotateKeysWorkflow.run,
        RotateKeys(actor=actor),
        id=ROTATION,
        task_queue=LOANS,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary="Rotation of the wrapping key",
    )
