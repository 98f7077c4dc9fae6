"""The books as a whole."""

from fastapi import APIRouter

from api.dependencies import PartsOf, Staff
from api.models.ledger import TrialBalancesView
from api.openapi import problems
from api.strict_json import StrictRoute

router = APIRouter(prefix="/ledger", tags=["ledger"], route_class=StrictRoute)


@router.get("/trial-balance", responses=problems(401, 403, 503))
async def trial_balance(caller: Staff, parts: PartsOf) -> TrialBalancesView:
    """Every account's balance, a debit positive. Each currency sums to zero."""
    return TrialBalancesView.model_validate({"currencies": await parts.views.trial_balance()})
