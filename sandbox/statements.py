"""The payment rail's statement as a file: payouts and direct debits."""

import csv
from datetime import date
from io import StringIO
from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from sandbox.behaviour import Provider
from sandbox.door import WorldHere, door_of
from sandbox.payments import StatementLine

router = APIRouter(tags=["payments"], dependencies=[Depends(door_of(Provider.PAYMENTS))])

COLUMNS = (
    "kind",
    "key",
    "reference",
    "loan_id",
    "outcome",
    "reason",
    "amount_minor",
    "currency",
    "taken_at",
    "concluded_at",
)


@router.get("/statement.csv")
async def statement_file(
    world: WorldHere, first: Annotated[date, Query(alias="from")], last: Annotated[date, Query(alias="to")]
) -> Response:
    """What was taken from one day to another, both included, as of now. Days are UTC's."""
    file = StringIO()
    writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for payment in chain(world.payouts.everything(), world.debits.everything()):
        if first <= payment.taken_at.date() <= last:
            writer.writerow(StatementLine.model_validate(payment).model_dump(mode="json"))
    return Response(file.getvalue(), media_type="text/csv")
