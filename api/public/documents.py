"""What a customer shows: passports, payslips and the like, sealed when they are kept."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from api import papers
from api.dependencies import Applicant, OperationId, OwnCustomerId, PartsOf
from api.models.documents import DocumentsView, DocumentView
from api.openapi import problems
from api.strict_json import StrictRoute
from api.uploads import UploadedFile, one_file
from domain.documents import DocumentKind, MediaType
from domain.errors import DocumentRefused, DocumentTooLarge, InvalidValue
from infrastructure.documents.content import inspect
from infrastructure.documents.names import shown_name
from infrastructure.postgres.documents import Upload, UploadDocument, digest_of

router = APIRouter(prefix="/me/documents", tags=["documents"], route_class=StrictRoute)

_FORM: Any = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "kind": {"type": "string", "enum": list(DocumentKind)},
                    "file": {"type": "string", "format": "binary"},
                },
                "required": ["kind", "file"],
                "additionalProperties": False,
            },
            "encoding": {"file": {"contentType": ", ".join(MediaType)}},
        }
    },
}


@router.post(
    "",
    status_code=201,
    responses=problems(400, 401, 403, 409, 410, 413, 415, 422, 503),
    openapi_extra={"requestBody": _FORM},
)
async def upload(
    *, request: Request, caller: Applicant, customer_id: OwnCustomerId, operation_id: OperationId, parts: PartsOf
) -> DocumentView:
    """Show a document: a PDF, a JPEG or a PNG. The same file again is the same document."""
    kind, file = await one_file(request, word="kind")
    command = UploadDocument(
        operation_id=operation_id,
        actor=caller.user_id,
        customer_id=customer_id,
        kind=_kind(kind),
        digest=digest_of(file.content),
    )
    media_type = await asyncio.to_thread(_found, file, parts.settings.document_bytes)
    found = Upload(media_type=media_type, content=file.content, name=shown_name(file.name))
    return DocumentView.model_validate(await parts.documents.keep(command, found, parts.now()))


@router.get("", responses=problems(401, 403, 410, 503))
async def documents(customer_id: OwnCustomerId, parts: PartsOf) -> DocumentsView:
    """One's own, in the order in which they came."""
    return DocumentsView.model_validate({"items": await parts.documents.of(customer_id)})


@router.get(
    "/{document_id}", response_class=Response, responses={**papers.AS_UPLOADED, **problems(401, 403, 404, 410, 503)}
)
async def document(customer_id: OwnCustomerId, document_id: str, parts: PartsOf) -> Response:
    """The file, to the byte."""
    return papers.as_uploaded(*await parts.documents.content(customer_id, document_id))


def _kind(sent: str) -> DocumentKind:
    try:
        return DocumentKind(sent)
    except ValueError:
        raise InvalidValue("kind", f"is none of {', '.join(DocumentKind)}") from None


def _found(file: UploadedFile, most: int) -> MediaType | DocumentRefused:
    """Refusals are kept on record with the rest of the operation."""
    try:
        if len(file.content) > most:
            raise DocumentTooLarge(f"a document may have {most} bytes")
        return inspect(file.content, file.declared)
    except DocumentRefused as refusal:
        return refusal
