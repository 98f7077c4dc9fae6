"""Worker Versioning: which build of the worker new workflow tasks go to."""

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion


async def make_current(client: Client, version: WorkerDeploymentVersion) -> None:
    """Send all loans to this build. They upgrade by themselves: CI replays histories before a build is made."""
    await client.workflow_service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace,
            deployment_name=version.deployment_name,
            build_id=version.build_id,
            ignore_missing_task_queues=True,
            allow_no_pollers=True,
        )
    )
