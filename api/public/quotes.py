"""What a loan would cost. Nothing is stored, so asking again is free, and no Idempotency-Key is needed."""

import asyncio
from datetime import date

from fastapi import APIRouter

from api.dependencies import AnyCaller, PartsOf
from api.models.quotes import QuoteRequest, QuoteView
from api.openapi import problems
from api.parts import Parts
from api.strict_json import StrictRoute
from domain.disclosure import disclosure
from domain.errors import CurrencyMismatch
from domain.terms import Terms
from infrastructure.calendars import dated

router = APIRouter(tags=["products and quotes"], route_class=StrictRoute)


@router.post("/quotes", responses=problems(401, 403, 413, 422, 503))
async def quote(caller: AnyCaller, body: QuoteRequest, parts: PartsOf) -> QuoteView:
    """The schedule and all it costs, of a product or of any terms."""
    terms, today = await _asked(body, parts)
    amount, start = body.amount.money, body.disbursed_on or today
    return await asyncio.to_thread(lambda: QuoteView.of(amount, start, disclosure(terms, amount.minor, start)))


async def _asked(body: QuoteRequest, parts: Parts) -> tuple[Terms, date]:
    """The terms, and the day that it is: in the product's time zone, or in UTC for terms of no product."""
    now = parts.now()
    if body.product_code is not None:
        named = await parts.products.newest(body.product_code)
        product = dated(named, named.business_date(now))
        return product.terms_for(body.amount.money, body.installments), product.business_date(now)
    assert body.terms is not None  # noqa: S101  one of both is given
    if body.amount.currency != body.terms.currency:
        raise CurrencyMismatch(f"the terms are in {body.terms.currency}")
    terms: Terms = body.terms.model_copy(update={"installments": body.installments}).domain(
        body.terms.currency, ("terms",)
    )
    return terms, now.date()
