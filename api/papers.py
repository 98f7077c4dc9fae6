"""Papers that are read, kept and signed: PDFs, printed beside the event loop."""

import asyncio
from typing import Any

from fastapi import Response

from api.parts import Parts
from domain.errors import NotAllowedNow
from infrastructure.papers.agreement import Agreement, agreement_pdf
from infrastructure.postgres.rows import LoanDetail

PDF = "application/pdf"
AS_PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "A PDF", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}


async def agreement(parts: Parts, loan: LoanDetail) -> Response:
    """The offer as the paper that its borrower accepts. Raises NotAllowedNow before there is one."""
    if loan.offer is None:
        raise NotAllowedNow("there is no offer")
    customer = await parts.customers.details(loan.customer_id)
    paper = Agreement(
        loan_id=loan.id,
        lender=parts.settings.lender_name,
        borrower=customer.full_name,
        customer_id=loan.customer_id,
        product=await parts.products.version(loan.product_code, loan.product_version),
        offer=loan.offer,
    )
    name = f'inline; filename="agreement-{loan.id}.pdf"'
    return Response(
        await asyncio.to_thread(agreement_pdf, paper), media_type=PDF, headers={"Content-Disposition": name}
    )
