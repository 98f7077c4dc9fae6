"""What a loan would cost. Nothing is stored, so asking again is free, and no Idempotency-Key is needed."""

import asyncio

from fastapi import APIRouter

from api.dependencies import AnyCaller, PartsOf
from api.models.quotes import QuoteRequest, QuoteView
from api.openapi import problems
from api.parts import Parts
from api.strict_json import StrictRoute
from domain.disclosure import disclosure
from domain.errors import CurrencyMismatch
from domain.terms import Terms

router = APIRouter(tags=["products and quotes"], route_class=StrictRoute)


@router.post("/quotes", responses=problems(401, 413, 422, 503))
async def quote(caller: AnyCaller, body: QuoteRequest, parts: PartsOf) -> QuoteView:
    """The schedule and all it costs, of a product or of any terms."""
    terms, amount = await _terms(body, parts), body.amount.money
    start = body.disbursed_on or parts.now().date()
    return await asyncio.to_thread(lambda: QuoteView.of(amount, start, disclosure(terms, amount.minor, start)))


async def _terms(body: QuoteRequest, parts: Parts) -> Terms:
    if body.product_code is not None:
        return (await parts.products.newest(body.product_code)).terms_for(body.amount.money, body.installments)
    assert body.terms is not None  # noqa: S101  one of both is given
    if body.amount.currency != body.terms.currency:
        raise CurrencyMismatch(f"the terms are in {body.terms.currency}")
    terms: Terms = body.terms.model_copy(update={"installments": body.installments}).domain(
        body.terms.currency, ("terms",)
    )
    return terms
