"""Of which facts the outbox is handed out to the notifier: those that the domain has a notice of, and no others."""

from sqlalchemy import insert

from domain.notices import CURRENT, Notice, NoticeEvent, notice_of
from domain.people import ENGINE
from infrastructure.postgres.event_deliveries import Deliveries
from infrastructure.postgres.event_endpoints import NOTIFIER, Endpoints
from infrastructure.postgres.products import Products
from infrastructure.postgres.tables import outbox
from tests.fakes import product
from tests.infrastructure.postgres.conftest import NOON, Bank
from tests.keys import data_keys

OFFER_MADE, DELINQUENCY_CHANGED = NoticeEvent.OFFER_MADE, NoticeEvent.DELINQUENCY_CHANGED
OFFER = Notice(event=OFFER_MADE, template="your-offer")
LATE = Notice(event=DELINQUENCY_CHANGED, template="late")
MONTH = Notice(event=DELINQUENCY_CHANGED, template="a-month-late", bucket="30-59")
CURED = Notice(event=DELINQUENCY_CHANGED, template="thanks", bucket=CURRENT)

Case = tuple[tuple[Notice, ...], NoticeEvent, str | None, Notice | None]

# The product's notices, a fact, the bucket that it enters, and the notice that tells of it.
CASES: tuple[Case, ...] = (
    ((), DELINQUENCY_CHANGED, "30-59", None),
    ((LATE,), DELINQUENCY_CHANGED, "30-59", LATE),
    ((LATE,), DELINQUENCY_CHANGED, CURRENT, LATE),
    ((MONTH,), DELINQUENCY_CHANGED, "30-59", MONTH),
    ((MONTH,), DELINQUENCY_CHANGED, "1-29", None),
    ((MONTH,), DELINQUENCY_CHANGED, CURRENT, None),
    ((CURED,), DELINQUENCY_CHANGED, CURRENT, CURED),
    ((CURED,), DELINQUENCY_CHANGED, "1-29", None),
    ((LATE, MONTH), DELINQUENCY_CHANGED, "30-59", MONTH),
    ((MONTH, LATE), DELINQUENCY_CHANGED, "30-59", MONTH),
    ((MONTH, LATE), DELINQUENCY_CHANGED, "1-29", LATE),
    ((OFFER,), OFFER_MADE, None, OFFER),
    ((OFFER, MONTH), DELINQUENCY_CHANGED, "1-29", None),
    ((LATE, MONTH), OFFER_MADE, None, None),
)
LATER = 100  # the fact's place among its loan's events


def _details(entered: str | None) -> dict[str, str]:
    return {"left": "60-89", "entered": entered} if entered else {"amount": "1200.00 USD"}


async def _told(bank: Bank, code: str, case: Case) -> str:
    """A loan, of a product of its own, that the fact has happened to."""
    notices, fact, entered, _ = case
    await Products(bank.engine).create(product(code=code, notices=notices), NOON)
    loan_id = await bank.apply(product_code=code)
    data = {"actor": ENGINE, "details": _details(entered)}
    async with bank.engine.begin() as connection:
        await connection.execute(
            insert(outbox).values(loan_id=loan_id, sequence=LATER, type=fact.value, data=data, at=NOON)
        )
    return loan_id


async def test_postgres_hands_out_exactly_what_the_domain_has_a_notice_of(bank: Bank) -> None:
    await Endpoints(bank.engine, data_keys(bank.engine)).configure_notifier("https://notices.example", NOON)
    loans = [await _told(bank, f"product-{number}", case) for number, case in enumerate(CASES)]
    await Deliveries(bank.engine).hand_out()
    page = await Deliveries(bank.engine).page(str(NOTIFIER), limit=200)
    handed_out = {row.loan_id for row in page.items if row.sequence == LATER}
    for loan_id, case in zip(loans, CASES, strict=True):
        notices, fact, entered, tells = case
        found = notice_of(notices, fact, _details(entered))
        assert (found, loan_id in handed_out) == (tells, tells is not None), case
