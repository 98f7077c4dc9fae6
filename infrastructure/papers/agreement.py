"""The loan agreement: an offer as the paper that a borrower reads, keeps and accepts by its digest."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.disclosure import Disclosure
from domain.money import Money
from domain.offer import Offer
from domain.position import Installment
from domain.product import LoanProduct
from domain.terms import Terms
from infrastructure.papers.sheet import FAINT, MISSING, WIDTH, Sheet

_HEAD = ("No.", "Due", "Principal", "Interest", "Fees", "To pay", "Balance after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What one paper is about. `borrower` is a person's name."""

    loan_id: str
    lender: str
    borrower: str = field(repr=False)
    customer_id: str
    product: LoanProduct
    offer: Offer


def agreement_pdf(paper: Agreement) -> bytes:
    """A PDF that is the same to the byte whenever the same offer is printed for the same person."""
    offer, figures = paper.offer, paper.offer.figures
    sheet = Sheet(title=f"Loan agreement {paper.loan_id}", mark=f"Offer digest {offer.digest}", day=offer.made_on)
    _title(sheet, paper)
    _key_figures(sheet, offer, figures)
    sheet.heading("Parties")
    for name, value in _parties(paper):
        sheet.pair(name, value)
    sheet.heading("The credit")
    for name, value in _terms(offer, figures):
        sheet.pair(name, value)
    sheet.heading("What both sides agree on")
    for sentence in _conditions(paper):
        sheet.paragraph(sentence)
    if MISSING in sheet.readable(paper.borrower):
        sheet.paragraph(
            f"A letter that this paper cannot show stands as {MISSING}; the customer's number says who is meant."
        )
    sheet.heading("Schedule of payments")
    _schedule(sheet, offer, figures)
    sheet.heading("Acceptance")
    sheet.paragraph(
        f"This offer can be accepted up to and including {offer.expires_on}. Whoever accepts names its digest, which is"
        " a fingerprint of every figure above; the lender records who accepted, when, and from which address."
    )
    sheet.paragraph(f"Digest (SHA-256): {offer.digest}")
    return bytes(sheet.output())


def _title(sheet: Sheet, paper: Agreement) -> None:
    sheet.ink(FAINT, size=10)
    sheet.cell(WIDTH, 6, sheet.readable(paper.lender), new_x="LMARGIN", new_y="NEXT")
    sheet.ink(size=20, bold=True)
    sheet.cell(WIDTH, 12, "Loan agreement", new_x="LMARGIN", new_y="NEXT")
    sheet.ink(FAINT)
    sheet.cell(WIDTH, 5, f"Offer of {paper.offer.made_on} for loan {paper.loan_id}", new_x="LMARGIN", new_y="NEXT")
    sheet.ln(5)


def _key_figures(sheet: Sheet, offer: Offer, figures: Disclosure) -> None:
    currency = offer.amount.currency
    sheet.boxes(
        (
            ("Annual percentage rate", f"{figures.apr}%", "The cost of the credit as a yearly rate."),
            ("Finance charge", _in(figures.finance_charge, currency), "What the credit costs in money."),
            ("Amount financed", _in(figures.amount_financed, currency), "The credit that is at your disposal."),
            (
                "Total of payments",
                _in(figures.total_of_payments, currency),
                "What you will have paid after all payments as scheduled.",
            ),
        )
    )


def _parties(paper: Agreement) -> Iterator[tuple[str, str]]:
    yield "Lender", paper.lender
    yield "Borrower", paper.borrower
    yield "Customer", paper.customer_id
    yield "Product", f"{paper.product.name} ({paper.product.code}, version {paper.product.version})"


def _terms(offer: Offer, figures: Disclosure) -> Iterator[tuple[str, str]]:
    terms = offer.terms
    yield "Amount of the loan", str(offer.amount)
    if offer.terms.origination_fee_deducted:
        yield "Origination fee", f"{offer.deducted_fee}, deducted from the payout: {offer.payout} is paid out"
    yield "Borrowing rate", f"{terms.annual_rate:f}% a year, days counted {terms.day_count}"
    yield "Payments", f"{terms.installments}, {_rhythm(terms)}; the largest regular one is {offer.installment}"
    yield "Annual percentage rate", f"{figures.apr}% by Regulation Z (actuarial method)"
    yield "APR of charge", f"{figures.apr_eu}% by Directive 2008/48/EC, Annex I"


def _rhythm(terms: Terms) -> str:
    unit = terms.unit.replace("_", "-")
    return f"one every {unit.removesuffix('s')}" if terms.every == 1 else f"one every {terms.every} {unit}"


def _conditions(paper: Agreement) -> Iterator[str]:
    product, currency, day = paper.product, paper.offer.amount.currency, paper.offer.made_on
    yield (
        f"All figures are those of a payout on {day} with every payment made on its due date. A payout on another day"
        " moves the dates and can change the interest of the first period."
    )
    yield "The loan can be repaid early, in part or in full, on any day. The lender tells on request what closes it."
    if fee := product.servicing.late_fee:
        yield (
            f"A payment that is not made within {fee.grace_days} days of its due date costs a late fee of"
            f" {_in(fee.amount, currency)}, once."
        )
    if penalty := paper.offer.terms.penalty_interest:
        begins = f"after {penalty.grace_days} days of grace" if penalty.grace_days else "from the day after it"
        yield (
            f"Principal that is not paid on its due date bears penalty interest of {penalty.annual_rate:f}% a year,"
            f" {begins} and until it is paid."
        )
    if product.cooling_off_days:
        returned = "What was paid out" if paper.offer.terms.origination_fee_deducted else "The principal"
        yield (
            f"Within {product.cooling_off_days} days of the payout the borrower can withdraw without giving a reason."
            f" {returned} is then returned within 30 days, with interest for the days that it was lent and nothing"
            " else."
        )


def _schedule(sheet: Sheet, offer: Offer, figures: Disclosure) -> None:
    digits = offer.amount.currency
    sheet.ink(FAINT, size=8)
    sheet.cell(WIDTH, 5, f"Amounts in {digits}", new_x="LMARGIN", new_y="NEXT")
    rows = [_row(row, digits) for row in figures.installments]
    sums = [
        sum(getattr(row, name) for row in figures.installments) for name in ("principal", "interest", "fees", "due")
    ]
    sheet.figures(_HEAD, rows, ("Sum", "", *(Money(minor, digits).text for minor in sums), ""))


def _row(row: Installment, currency: str) -> tuple[str, ...]:
    amounts = (row.principal, row.interest, row.fees, row.due, row.balance_after)
    return (str(row.number), str(row.due_date), *(Money(minor, currency).text for minor in amounts))


def _in(minor: int, currency: str) -> str:
    return str(Money(minor, currency))
