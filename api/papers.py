"""Papers: PDFs that are printed here, beside the event loop, and files that customers uploaded."""

import asyncio
from typing import Annotated, Any

from fastapi import Query, Response

from api.parts import Parts
from domain.documents import MediaType
from domain.errors import NotAllowedNow
from domain.offer import Offer
from infrastructure.papers.agreement import Agreement, agreement_pdf
from infrastructure.postgres.documents import Document
from infrastructure.postgres.rows import LoanDetail

PDF = "application/pdf"
AS_PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "A PDF", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}

AS_UPLOADED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MediaType},
    }
}
_EXTENSIONS = {MediaType.PDF: "pdf", MediaType.JPEG: "jpg", MediaType.PNG: "png"}


OfDigest = Annotated[
    str | None, Query(pattern="^[0-9a-f]{64}$", description="Which of several offers; default: the first.")
]


async def agreement(parts: Parts, loan: LoanDetail, digest: str | None) -> Response:
    """An offer as the paper that its borrower accepts. Raises NotAllowedNow when there is none, or no such one."""
    offer = next((one for one in offers(loan) if digest in (None, one.digest)), None)
    if offer is None:
        raise NotAllowedNow("there is no such offer")
    customer = await parts.customers.details(loan.customer_id)
    paper = Agreement(
        loan_id=loan.id,
        lender=parts.settings.lender_name,
        borrower=customer.full_name,
        customer_id=loan.customer_id,
        product=await parts.products.version(loan.product_code, loan.product_version),
        offer=offer,
    )
    name = f'inline; filename="agreement-{loan.id}.pdf"'
    return Response(
        await asyncio.to_thread(agreement_pdf, paper), media_type=PDF, headers={"Content-Disposition": name}
    )


def offers(loan: LoanDetail) -> tuple[Offer, ...]:
    """All that the borrower can choose from, or has chosen."""
    return (loan.offer, *loan.alternatives) if loan.offer else ()


def as_uploaded(document: Document, content: bytes) -> Response:
    """To be saved, not shown by the browser, under a name of ours."""
    name = f'attachment; filename="{document.kind}-{document.id}.{_EXTENSIONS[document.media_type]}"'
    return Response(content, media_type=document.media_type, headers={"Content-Disposition": name})
