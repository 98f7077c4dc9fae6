"""The payment rail's statements, held against the books."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api.dependencies import Cursor, Limit, Operator, PartsOf, Staff
from api.models.base import IsoDate, PageView
from api.models.reconciliations import ReconciliationView
from api.openapi import problems
from api.strict_json import StrictRoute
from domain.errors import InvalidValue, UnknownReconciliation
from infrastructure.postgres.reconciliations import Reconcile, ReconciliationRow, reconciliation_id, statement_digest
from infrastructure.providers.statements import read_statement

router = APIRouter(prefix="/reconciliations", tags=["reconciliation"], route_class=StrictRoute)

LONGEST_PERIOD = timedelta(days=92)

FirstDay = Annotated[IsoDate, Query(alias="from", description="Of the statement, in UTC.")]
LastDay = Annotated[IsoDate, Query(alias="to", description="Included.")]
Source = Annotated[Literal["file", "rail"], Query(description="The file in the body, or fetched from the rail.")]

_BODY: Any = {"content": {"text/csv": {"schema": {"type": "string"}}}}


@router.post("", status_code=201, responses=problems(401, 403, 413, 422, 503), openapi_extra={"requestBody": _BODY})
async def reconcile(
    *,
    request: Request,
    response: Response,
    caller: Operator,
    parts: PartsOf,
    first: FirstDay,
    last: LastDay,
    source: Source = "file",
) -> ReconciliationView:
    """Compare a statement with the payouts of its days. Nothing is changed by it.

    The same statement for the same days is compared once: later calls are answered with what was found then.
    """
    if not timedelta(0) <= last - first < LONGEST_PERIOD:
        raise InvalidValue("to", f"must be within {LONGEST_PERIOD.days} days from the first one")
    content = await (request.body() if source == "file" else parts.statements.fetch(first, last))
    digest = statement_digest(content)
    command = Reconcile(
        operation_id=reconciliation_id(digest, first, last),
        actor=caller.user_id,
        statement_digest=digest,
        source=source,
        from_day=first,
        to_day=last,
    )
    try:
        row = await parts.reconciliations.reconciliation(command.operation_id)
    except UnknownReconciliation:
        row = await parts.reconciliations.make(command, lambda: read_statement(content), parts.now())
    else:
        response.status_code = 200
    return ReconciliationView.model_validate(row)


@router.get("", responses=problems(401, 403, 422, 503))
async def reconciliations(
    caller: Staff, parts: PartsOf, cursor: Cursor = None, limit: Limit = 50
) -> PageView[ReconciliationView]:
    """The newest first."""
    return PageView[ReconciliationView].model_validate(await parts.reconciliations.page(after=cursor, limit=limit))


@router.get("/{reconciliation_id}", responses=problems(401, 403, 404, 503))
async def reconciliation(caller: Staff, parts: PartsOf, reconciliation_id: str) -> ReconciliationView:
    row: ReconciliationRow = await parts.reconciliations.reconciliation(reconciliation_id)
    return ReconciliationView.model_validate(row)
