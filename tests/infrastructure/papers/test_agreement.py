"""The agreement says what the offer says, on paper that looks the same every time."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

from pypdf import PdfReader

from domain.money import Money
from domain.offer import Offer, make_offer
from domain.terms import PenaltyInterest
from infrastructure.papers.agreement import Agreement, agreement_pdf
from tests.fakes import product

DAY = date(2026, 11, 24)


def offer(installments: int = 24) -> Offer:
    return make_offer(product(), Money(12_000_00, "USD"), installments, DAY)


def printed(offer: Offer, borrower: str = "Ada Lovelace", **changes: object) -> bytes:
    paper = Agreement(
        loan_id="loan-1",
        lender="Example Bank",
        borrower=borrower,
        customer_id="customer-1",
        product=product(**changes),
        offer=offer,
    )
    return agreement_pdf(paper)


def pages(paper: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(paper)).pages]


def test_all_figures_of_the_disclosure_and_the_schedule_are_on_it() -> None:
    made = offer()
    text = "\n".join(pages(printed(made)))
    figures = made.figures
    for figure in (made.total_of_payments, made.finance_charge, made.amount, Money(figures.amount_financed, "USD")):
        assert str(figure) in text
    for rate in (f"{figures.apr}%", f"{figures.apr_eu}%", "12% a year"):
        assert rate in text
    for row in figures.installments:
        line = " ".join(
            [
                str(row.number),
                str(row.due_date),
                *(Money(minor, "USD").text for minor in (row.principal, row.interest, row.fees, row.due)),
            ]
        )
        assert line in text


def test_what_a_late_payment_costs_and_the_right_to_withdraw_are_told_where_there_are_any() -> None:
    text = " ".join("\n".join(pages(printed(offer(), cooling_off_days=14))).split())
    assert "late fee of 25.00 USD" in text
    assert "Within 14 days of the payout the borrower can withdraw" in text
    assert "can withdraw" not in "\n".join(pages(printed(offer())))


def test_a_fee_that_is_deducted_is_told_with_what_is_paid_out() -> None:
    assert "Origination fee" not in "\n".join(pages(printed(offer())))
    terms = replace(product().terms, origination_fee_percent=Decimal(5), origination_fee_deducted=True)
    made = make_offer(product(terms=terms), Money(12_000_00, "USD"), 24, DAY)
    text = " ".join("\n".join(pages(printed(made, cooling_off_days=14))).split())
    assert "600.00 USD, deducted from the payout: 11400.00 USD is paid out" in text
    assert "AMOUNT FINANCED 11400.00 USD" in text
    assert "What was paid out is then returned within 30 days" in text


def test_penalty_interest_is_told_where_there_is_any() -> None:
    assert "penalty interest" not in "\n".join(pages(printed(offer())))
    for grace, begins in ((0, "from the day after it"), (5, "after 5 days of grace")):
        rule = PenaltyInterest(annual_rate=Decimal("9.5"), grace_days=grace)
        terms = replace(product().terms, penalty_interest=rule)
        made = make_offer(product(terms=terms), Money(12_000_00, "USD"), 24, DAY)
        text = " ".join("\n".join(pages(printed(made))).split())
        assert f"bears penalty interest of 9.5% a year, {begins} and until it is paid." in text


def test_the_digest_is_on_every_page_of_a_long_schedule() -> None:
    made = offer(360)
    paper = pages(printed(made))
    assert len(paper) > 5
    for number, page in enumerate(paper, 1):
        assert f"Offer digest {made.digest}" in page
        assert f"Page {number} of {len(paper)}" in page


def test_the_same_offer_gives_the_same_bytes_and_another_one_others() -> None:
    assert printed(offer()) == printed(offer())
    assert printed(offer()) != printed(offer(25))


def test_names_are_written_as_their_bearers_write_them() -> None:
    for name in ("Łukasz Müller", "Đặng Nguyễn", "Ωmega Παπαδόπουλος", "Пётр Іваненко", "Zoe\u0308 O’Brien"):
        text = "\n".join(pages(printed(offer(), name)))
        assert name.replace("e\u0308", "ë") in text
        assert "cannot show" not in text


def test_a_letter_that_the_font_lacks_stands_as_a_square_and_the_paper_says_so() -> None:
    text = "\n".join(pages(printed(offer(), "李 Lovelace")))
    assert "□ Lovelace" in text
    assert "A letter that this paper cannot show" in text
    assert "customer-1" in text
