"""The wrapping key: which versions are in use, and its rotation."""

from fastapi import APIRouter

from api.admin.claims import claim
from api.dependencies import Admin, OperationId, PartsOf
from api.models.keys import KeyVersionsView, NothingMore, RotationView
from api.openapi import problems
from api.strict_json import StrictRoute

router = APIRouter(prefix="/keys", tags=["keys"], route_class=StrictRoute)


@router.get("", responses=problems(401, 403, 503))
async def versions(caller: Admin, parts: PartsOf) -> KeyVersionsView:
    """How many keys are wrapped under which version of the wrapping key."""
    return KeyVersionsView.model_validate(await parts.wrapped_keys.versions())


@router.post("/rotate", status_code=202, responses=problems(400, 401, 403, 422, 503))
async def rotate(caller: Admin, operation_id: OperationId, parts: PartsOf) -> RotationView:
    """Wrap anew what older versions wrapped, while everybody works on. What is done already is not done again."""
    await claim(parts, operation_id, "rotate_keys", NothingMore())
    workflow_id = await parts.rotation.rotate(caller.user_id)
    settings = parts.settings
    url = f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows/{workflow_id}"
    return RotationView(workflow_id=workflow_id, workflow_url=url)
