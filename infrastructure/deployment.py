"""Worker Versioning: which build of the worker new workflow tasks go to.

`python -m infrastructure.deployment` is the deploy step after the workers of a new build poll: TENOR_BUILD_ID becomes
current. A worker does not do this for itself, or an old one that restarts would take the loans back.
"""

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion

from infrastructure.entry import run
from infrastructure.settings import Settings
from infrastructure.temporal import connect


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


async def main(settings: Settings) -> None:
    await make_current(await connect(settings), WorkerDeploymentVersion(settings.deployment_name, settings.build_id))


if __name__ == "__main__":
    run(main(Settings.load()))
