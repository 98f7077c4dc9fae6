"""A customer's documents, as the lender's people see them: by a loan, and not without a trace."""

from fastapi import APIRouter, Response

from api import papers
from api.dependencies import OthersLoan, PartsOf, Staff
from api.models.documents import DocumentsView
from api.openapi import problems
from api.strict_json import StrictRoute

router = APIRouter(prefix="/loans/{loan_id}/documents", tags=["documents"], route_class=StrictRoute)


@router.get("", responses=problems(401, 403, 404, 410, 503))
async def documents(loan: OthersLoan, parts: PartsOf) -> DocumentsView:
    """All that the loan's customer has uploaded, in the order in which it came."""
    return DocumentsView.model_validate({"items": await parts.documents.of(loan.customer_id)})


@router.get(
    "/{document_id}", response_class=Response, responses={**papers.AS_UPLOADED, **problems(401, 403, 404, 410, 503)}
)
async def document(caller: Staff, loan: OthersLoan, document_id: str, parts: PartsOf) -> Response:
    """The file, to the byte. Who read it, and when, is in the loan's audit trail."""
    found, content = await parts.documents.content(loan.customer_id, document_id)
    await parts.documents.note_reading(loan.id, found.id, actor=caller.user_id, at=parts.now())
    return papers.as_uploaded(found, content)
