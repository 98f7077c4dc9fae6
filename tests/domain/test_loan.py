"""Loan: its transitions, its milestones and its books, without any server."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from domain import errors
from domain.commands import (
    AcceptOffer,
    AddCharge,
    ApplyForLoan,
    Cancel,
    ChargeOff,
    Decide,
    MakePayment,
    OfficerVerdict,
    RefundCredit,
    ResolvePayout,
    RetryPayout,
    ReverseTransaction,
    Underwrite,
    Waive,
    Withdraw,
)
from domain.evidence import BureauReport, IdentityOutcome, IdentityResult, PayoutOutcome, PayoutResult
from domain.ledger import Account
from domain.loan import Loan
from domain.money import Money
from domain.people import Officer
from domain.product import Servicing
from domain.status import LoanStatus
from domain.transaction import Component
from domain.underwriting import Applicant
from domain.views import Receipt
from tests.fakes import product

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADULT = Applicant(date_of_birth=date(1985, 12, 10), country="GB", monthly_income=7_500_00)
_numbers: Iterator[int] = count(1)


def asked(**more: object) -> dict[str, object]:
    return {"operation_id": f"operation-{next(_numbers)}", "loan_id": "1", "actor": "somebody", **more}


def applied(amount: int = 1_200_00, installments: int = 12, at: datetime = NOON) -> Loan:
    command = ApplyForLoan(
        **asked(  # type: ignore[arg-type]
            customer_id="customer-1",
            product_code="personal",
            amount=Money(amount, "USD"),
            installments=installments,
        )
    )
    return Loan.apply(command, product(), at)


def underwritten(loan: Loan, score: int | None = 780, identity: IdentityOutcome = IdentityOutcome.PASSED) -> Loan:
    command = Underwrite(
        **asked(  # type: ignore[arg-type]
            customer_id="customer-1",
            currency="USD",
            identity=IdentityResult(outcome=identity, reference="check"),
            report_key="report",
        )
    )
    report = BureauReport(reference="report", score=score, currency="USD", monthly_obligations=0)
    loan.underwrite(command, report, ADULT, NOON)
    return loan


def offered() -> Loan:
    return underwritten(applied())


def accepted() -> Loan:
    loan = offered()
    assert loan.offer is not None
    loan.accept(AcceptOffer(**asked(offer_digest=loan.offer.digest)), NOON)  # type: ignore[arg-type]
    return loan


def resolve(loan: Loan, outcome: PayoutOutcome, key: str = "1-payout-1", at: datetime = NOON) -> None:
    loan.resolve_payout(ResolvePayout(**asked(result=PayoutResult(outcome=outcome, key=key))), at)  # type: ignore[arg-type]


def active() -> Loan:
    loan = accepted()
    resolve(loan, PayoutOutcome.SETTLED)
    return loan


def pay(loan: Loan, minor: int, at: datetime, effective: date | None = None) -> Receipt:
    return loan.pay(MakePayment(**asked(amount=Money(minor, "USD"), effective_date=effective)), at)  # type: ignore[arg-type]


def decide(loan: Loan, officer: Officer, amount: int | None = None, verdict: str = "approve") -> None:
    money = Money(amount, "USD") if amount else None
    loan.decide(Decide(**asked(verdict=OfficerVerdict(verdict), amount=money)), officer, ADULT, NOON)  # type: ignore[arg-type]


def after(days: int) -> datetime:
    return NOON + timedelta(days=days)


def journal(loan: Loan) -> dict[Account, int]:
    """Debits less credits by account, over all that the loan has posted."""
    balances = dict.fromkeys(Account, 0)
    for posting in (posting for entry in loan.entries for posting in entry.postings):
        balances[posting.source] -= posting.amount
        balances[posting.destination] += posting.amount
    return {account: balance for account, balance in balances.items() if balance}


def status(loan: Loan) -> LoanStatus:
    """As of now: a test asks again after something happened."""
    return loan.status


SENIOR = Officer(id="senior", level=2)


# --- from application to offer -------------------------------------------------------------------------------------


def test_a_good_application_is_offered_what_was_applied_for() -> None:
    loan = offered()
    assert status(loan) is LoanStatus.OFFERED
    assert loan.offer is not None
    assert loan.offer.amount == Money(1_200_00, "USD")
    assert loan.offer.total_of_payments == Money(1_200_00, "USD") + loan.offer.finance_charge
    assert [fact.name for fact in loan.facts] == [
        "application_submitted",
        "identity_checked",
        "bureau_reported",
        "offer_made",
    ]


@pytest.mark.parametrize(("amount", "installments"), [(99_99, 12), (50_000_01, 12), (1_000_00, 0), (1_000_00, 361)])
def test_what_the_product_does_not_lend_is_refused(amount: int, installments: int) -> None:
    with pytest.raises(errors.OutsideProduct):
        applied(amount, installments)


def test_a_doubtful_score_is_referred_and_expires_when_nobody_decides() -> None:
    loan = underwritten(applied(), score=620)
    assert status(loan) is LoanStatus.REFERRED
    assert [milestone.on for milestone in loan.next_milestones()] == [date(2026, 1, 16)]
    loan.pass_milestones("engine", after(14))
    assert status(loan) is LoanStatus.REFERRED
    loan.pass_milestones("engine", after(15))
    assert status(loan) is LoanStatus.EXPIRED


def test_a_low_score_is_declined_with_its_reasons() -> None:
    loan = underwritten(applied(), score=400, identity=IdentityOutcome.FAILED)
    assert (loan.status, loan.closure) == (LoanStatus.DECLINED, "identity_failed, score_too_low")


def test_an_officer_may_approve_less_but_not_more_than_was_applied_for() -> None:
    loan = underwritten(applied(), score=620)
    with pytest.raises(errors.OutsideProduct, match="more than was applied for"):
        decide(loan, SENIOR, 1_200_01)
    decide(loan, SENIOR, 800_00)
    assert loan.offer is not None
    assert loan.offer.amount == Money(800_00, "USD")


def test_an_officer_of_level_zero_decides_nothing() -> None:
    for verdict in ("approve", "decline"):
        with pytest.raises(errors.BeyondAuthority):
            decide(underwritten(applied(), score=620), Officer(id="clerk", level=0), verdict=verdict)


def test_nobody_decides_their_own_application() -> None:
    with pytest.raises(errors.OwnApplication):
        decide(underwritten(applied(), score=620), Officer(id="me", level=2, customer_id="customer-1"))


def test_two_officers_must_agree_on_the_same_terms() -> None:
    loan = underwritten(applied(30_000_00, 60), score=620)
    decide(loan, SENIOR, 25_000_00)
    decide(loan, Officer(id="second", level=2), 24_000_00)
    assert status(loan) is LoanStatus.REFERRED
    decide(loan, Officer(id="third", level=2), 24_000_00)
    assert status(loan) is LoanStatus.OFFERED


def test_deciding_twice_is_refused() -> None:
    loan = underwritten(applied(), score=620)
    decide(loan, SENIOR, verdict="decline")
    with pytest.raises(errors.AlreadyDecided):
        decide(loan, SENIOR)


def test_what_is_accepted_must_be_what_was_offered_and_in_time() -> None:
    offer = offered().offer
    assert offer is not None
    with pytest.raises(errors.OfferChanged):
        offered().accept(AcceptOffer(**asked(offer_digest="another")), NOON)  # type: ignore[arg-type]
    with pytest.raises(errors.OfferExpired):
        offered().accept(AcceptOffer(**asked(offer_digest=offer.digest)), after(15))  # type: ignore[arg-type]
    offered().accept(AcceptOffer(**asked(offer_digest=offer.digest)), after(14))  # type: ignore[arg-type]


def test_an_offer_differs_in_its_digest_when_anything_in_it_does() -> None:
    first, second = offered().offer, underwritten(applied(1_200_01)).offer
    assert first is not None
    assert second is not None
    assert first.digest != second.digest
    assert first == offered().offer


@pytest.mark.parametrize("reached", [accepted, active])
def test_after_acceptance_it_is_too_late_to_withdraw_or_cancel(reached: object) -> None:
    loan: Loan = reached()  # type: ignore[operator]
    with pytest.raises(errors.NotAllowedNow):
        loan.withdraw(Withdraw(**asked()), NOON)  # type: ignore[arg-type]
    with pytest.raises(errors.NotAllowedNow):
        loan.cancel(Cancel(**asked(reason="a whim")), NOON)  # type: ignore[arg-type]


# --- money out -----------------------------------------------------------------------------------------------------


def test_money_is_in_transit_until_the_rail_says_that_it_arrived() -> None:
    loan = accepted()
    assert journal(loan) == {Account.CASH: -1_200_00, Account.PAYOUTS_IN_TRANSIT: 1_200_00}
    resolve(loan, PayoutOutcome.SETTLED)
    assert journal(loan) == {Account.CASH: -1_200_00, Account.LOAN_PRINCIPAL: 1_200_00}


def test_a_failed_payout_is_undone_in_the_books_and_goes_out_under_another_key() -> None:
    loan = accepted()
    resolve(loan, PayoutOutcome.FAILED)
    assert journal(loan) == {}
    assert status(loan) is LoanStatus.ACCEPTED
    loan.retry_payout(RetryPayout(**asked()), NOON)  # type: ignore[arg-type]
    assert loan.payout is not None
    assert loan.payout.key == "1-payout-2"


def test_a_word_on_another_payout_or_a_second_word_moves_nothing() -> None:
    loan = accepted()
    resolve(loan, PayoutOutcome.SETTLED, key="1-payout-7")
    assert status(loan) is LoanStatus.DISBURSING
    resolve(loan, PayoutOutcome.SETTLED)
    resolve(loan, PayoutOutcome.FAILED)
    assert status(loan) is LoanStatus.ACTIVE


# --- the loan runs -------------------------------------------------------------------------------------------------


def test_installments_paid_on_their_days_close_the_loan_with_balanced_books() -> None:
    loan = active()
    while loan.status is LoanStatus.ACTIVE:
        row = loan.position.oldest_unpaid
        assert row is not None
        pay(loan, row.outstanding, datetime(row.due_date.year, row.due_date.month, row.due_date.day, 9, tzinfo=UTC))
    assert loan.closure == "paid"
    balances = journal(loan)
    assert balances.keys() == {Account.CASH, Account.INTEREST_INCOME}
    assert sum(balances.values()) == 0
    assert balances[Account.CASH] == loan.booked.interest_paid > 0


def test_a_receipts_parts_sum_to_the_payment() -> None:
    receipt = pay(active(), 150_00, after(20))
    parts = receipt.principal + receipt.interest + receipt.fees + receipt.penalties + receipt.credit
    assert parts == receipt.amount == Money(150_00, "USD")


def test_paying_the_quote_on_its_day_closes_the_loan_at_zero() -> None:
    loan = active()
    pay(loan, 100_00, after(40))
    loan.pass_milestones("engine", after(73))
    receipt = pay(loan, loan.position.payoff, after(73))
    assert (loan.status, receipt.outstanding, receipt.credit) == (
        LoanStatus.CLOSED,
        Money(0, "USD"),
        Money(0, "USD"),
    )


def test_one_cent_less_than_the_quote_leaves_the_loan_open() -> None:
    loan = active()
    loan.pass_milestones("engine", after(73))
    pay(loan, loan.position.payoff - 1, after(73))
    assert status(loan) is LoanStatus.ACTIVE


def test_what_is_paid_beyond_the_quote_is_the_customers() -> None:
    loan = active()
    quote = loan.position_on(date(2026, 1, 20)).payoff
    receipt = pay(loan, quote + 5_00, after(19))
    assert (loan.status, receipt.credit) == (LoanStatus.CLOSED, Money(5_00, "USD"))
    assert journal(loan)[Account.CUSTOMER_CREDIT] == -5_00


@pytest.mark.parametrize(
    ("minor", "currency", "effective", "refusal"),
    [
        (0, "USD", None, errors.InvalidValue),
        (-1, "USD", None, errors.InvalidValue),
        (100, "EUR", None, errors.CurrencyMismatch),
        (100, "USD", date(2025, 12, 31), errors.InvalidValue),
        (100, "USD", date(2026, 1, 2), errors.InvalidValue),
    ],
)
def test_a_payment_that_makes_no_sense_is_refused(
    minor: int, currency: str, effective: date | None, refusal: type[Exception]
) -> None:
    loan = active()
    command = MakePayment(**asked(amount=Money(minor, currency), effective_date=effective))  # type: ignore[arg-type]
    with pytest.raises(refusal):
        loan.pay(command, NOON)


def test_a_back_dated_payment_counts_from_its_day() -> None:
    late, back_dated = active(), active()
    pay(late, 106_62, after(33))
    pay(back_dated, 106_62, after(33), effective=date(2026, 2, 1))
    assert late.position.installments[0].paid_on == date(2026, 2, 3)
    assert back_dated.position.installments[0].paid_on == date(2026, 2, 1)


# --- when nothing happens ------------------------------------------------------------------------------------------


def test_silence_reminds_falls_due_ages_and_costs_one_late_fee_an_installment() -> None:
    loan = active()
    loan.pass_milestones("engine", after(75))
    told = [(fact.name, fact.details) for fact in loan.facts[7:]]
    assert [name for name, _ in told] == [
        "payment_reminder",
        "installment_due",
        "delinquency_changed",
        "late_fee_charged",
        "payment_reminder",
        "installment_due",
        "delinquency_changed",
        "late_fee_charged",
    ]
    assert told[6][1] == {"left": "1-29", "entered": "30-59"}
    assert loan.booked.penalties_charged == 2 * 25_00


def test_days_that_were_missed_are_caught_up_as_if_each_had_been_seen() -> None:
    daily, at_once = active(), active()
    for day in range(1, 120):
        daily.pass_milestones("engine", after(day))
    at_once.pass_milestones("engine", after(119))
    assert [fact.name for fact in daily.facts] == [fact.name for fact in at_once.facts]
    assert [(e.effective_date, e.postings) for e in daily.entries] == [
        (e.effective_date, e.postings) for e in at_once.entries
    ]
    assert daily.position == at_once.position


def test_passing_milestones_again_changes_nothing() -> None:
    loan = active()
    loan.pass_milestones("engine", after(45))
    facts, transactions = len(loan.facts), loan.transactions
    loan.pass_milestones("engine", after(45))
    assert (len(loan.facts), loan.transactions) == (facts, transactions)


def test_a_payment_that_comes_before_the_engine_woke_finds_the_late_fee_charged() -> None:
    loan = active()
    pay(loan, 106_62, after(45))
    assert loan.booked.penalties_charged == 25_00


def test_a_loan_that_is_cured_leaves_its_bucket() -> None:
    loan = active()
    loan.pass_milestones("engine", after(45))
    assert loan.bucket == "1-29"
    row = loan.position.oldest_unpaid
    assert row is not None
    pay(loan, row.outstanding, after(45))
    assert loan.bucket is None
    assert loan.facts[-1].details == {"left": "1-29", "entered": "current"}


def test_a_paid_installment_has_no_milestones() -> None:
    loan = active()
    row = loan.position.installments[0]
    pay(loan, row.outstanding, after(5))
    assert {milestone.installment for milestone in loan.next_milestones()} == {2}


# --- corrections ---------------------------------------------------------------------------------------------------


def reverse(loan: Loan, transaction: int, at: datetime = NOON) -> None:
    loan.reverse(ReverseTransaction(**asked(transaction=transaction, reason="bounced")), at)  # type: ignore[arg-type]


def waive(loan: Loan, component: Component, minor: int, at: datetime) -> None:
    command = Waive(**asked(component=component, amount=Money(minor, "USD"), reason="goodwill"))  # type: ignore[arg-type]
    loan.waive(command, at)


def test_a_reversed_payment_leaves_the_books_as_if_it_had_never_been() -> None:
    untouched, corrected = active(), active()
    receipt = pay(corrected, 106_62, after(10))
    reverse(corrected, receipt.transaction, after(20))
    untouched.pass_milestones("engine", after(20))
    assert corrected.position == untouched.position
    corrected.pass_milestones("engine", after(31))
    untouched.pass_milestones("engine", after(31))
    assert journal(corrected) == journal(untouched)


def test_what_was_reversed_or_never_was_or_is_no_payment_is_not_reversed() -> None:
    loan = active()
    receipt = pay(loan, 50_00, after(10))
    reverse(loan, receipt.transaction, after(11))
    with pytest.raises(errors.AlreadyReversed):
        reverse(loan, receipt.transaction, after(12))
    with pytest.raises(errors.UnknownTransaction):
        reverse(loan, 99, after(12))
    with pytest.raises(errors.NotAllowedNow, match="disbursement"):
        reverse(loan, 2, after(12))


def test_reversing_the_payment_that_closed_a_loan_brings_it_back_to_life() -> None:
    loan = active()
    receipt = pay(loan, loan.position.payoff, after(10))
    reverse(loan, receipt.transaction, after(40))
    assert status(loan) is LoanStatus.ACTIVE
    assert loan.bucket == "1-29"
    assert loan.next_milestones()


def test_a_waiver_gives_up_what_is_owed_and_no_more() -> None:
    loan = active()
    loan.pass_milestones("engine", after(40))
    with pytest.raises(errors.InvalidValue, match=r"only 25\.00 USD"):
        waive(loan, Component.PENALTY, 25_01, after(40))
    waive(loan, Component.PENALTY, 25_00, after(40))
    assert loan.booked.penalties_waived == 25_00
    assert journal(loan)[Account.CONCESSIONS] == 25_00
    with pytest.raises(errors.InvalidValue, match="principal"):
        waive(loan, Component.PRINCIPAL, 1, after(40))


def test_a_charge_is_owed_from_its_day_and_can_be_reversed() -> None:
    loan = active()
    owed = loan.position.payoff
    charge = AddCharge(**asked(component=Component.FEE, amount=Money(15_00, "USD"), reason="copy of contract"))  # type: ignore[arg-type]
    loan.charge(charge, NOON)
    assert loan.position.payoff == owed + 15_00
    reverse(loan, loan.transactions[-1].number)
    assert loan.position.payoff == owed


def test_credit_is_refunded_up_to_what_there_is_also_of_a_closed_loan() -> None:
    loan = active()
    loan.pass_milestones("engine", after(10))
    pay(loan, loan.position.payoff + 7_00, after(10))
    with pytest.raises(errors.InvalidValue, match=r"7\.00 USD"):
        loan.refund_credit(RefundCredit(**asked(amount=Money(7_01, "USD"), reason="asked")), after(10))  # type: ignore[arg-type]
    loan.refund_credit(RefundCredit(**asked(amount=Money(7_00, "USD"), reason="asked")), after(10))  # type: ignore[arg-type]
    assert Account.CUSTOMER_CREDIT not in journal(loan)
    assert status(loan) is LoanStatus.CLOSED


def test_reversing_a_payment_whose_credit_was_refunded_makes_the_refund_owed() -> None:
    loan = active()
    receipt = pay(loan, loan.position.payoff + 7_00, after(0))
    loan.refund_credit(RefundCredit(**asked(amount=Money(7_00, "USD"), reason="asked")), NOON)  # type: ignore[arg-type]
    reverse(loan, receipt.transaction)
    assert (status(loan), loan.position.credit) == (LoanStatus.ACTIVE, 0)
    assert loan.position.payoff == 1_207_00
    assert journal(loan) == {Account.CASH: -1_207_00, Account.LOAN_PRINCIPAL: 1_207_00}


def test_what_belongs_into_a_closed_period_is_booked_on_the_first_open_day() -> None:
    loan = active()
    loan.open_from = date(2026, 3, 1)
    receipt = pay(loan, 106_62, after(65), effective=date(2026, 2, 1))
    assert receipt.effective_date == loan.transactions[-1].effective_date == date(2026, 2, 1)
    assert loan.position.installments[0].outstanding == 25_00  # the late fee, which was charged before
    assert min(entry.effective_date for entry in loan.entries[2:]) == date(2026, 3, 1)
    assert loan.entries[-1].effective_date == date(2026, 3, 1)
    pay(loan, 5_00, after(66))
    assert loan.entries[-1].effective_date == date(2026, 3, 8)


def test_a_payoff_is_quoted_for_a_day_on_which_the_loan_runs() -> None:
    loan = active()
    assert loan.payoff_on(date(2026, 2, 1)).payoff > loan.payoff_on(date(2026, 1, 1)).payoff == 1_200_00
    with pytest.raises(errors.InvalidValue, match="before the loan was disbursed"):
        loan.payoff_on(date(2025, 12, 31))
    with pytest.raises(errors.NotAllowedNow):
        offered().payoff_on(date(2026, 2, 1))


def test_a_charge_off_is_a_loss_the_claim_stays_and_later_money_is_recovery() -> None:
    loan = active()
    loan.pass_milestones("engine", after(40))
    owed = loan.position.payoff
    loan.charge_off(ChargeOff(**asked(reason="gone abroad")), after(40))  # type: ignore[arg-type]
    assert status(loan) is LoanStatus.CHARGED_OFF
    assert journal(loan)[Account.CREDIT_LOSSES] == owed
    assert loan.next_milestones() == []
    pay(loan, 100_00, after(50))
    assert journal(loan)[Account.RECOVERIES] == -100_00
    pay(loan, loan.position.payoff, after(60))
    assert status(loan) is LoanStatus.CLOSED


def test_a_recovery_that_bounces_leaves_the_loss_a_loss() -> None:
    loan = active()
    loan.charge_off(ChargeOff(**asked(reason="gone abroad")), after(40))  # type: ignore[arg-type]
    recovery = pay(loan, loan.position.payoff, after(50))
    assert status(loan) is LoanStatus.CLOSED
    reverse(loan, recovery.transaction, after(60))
    assert status(loan) is LoanStatus.CHARGED_OFF
    with pytest.raises(errors.NotAllowedNow):
        loan.charge_off(ChargeOff(**asked(reason="again")), after(61))  # type: ignore[arg-type]


def test_what_has_expired_is_over_though_its_timer_be_late() -> None:
    late = underwritten(applied(), score=620)
    with pytest.raises(errors.NotAllowedNow, match="last day"):
        late.decide(Decide(**asked(verdict=OfficerVerdict.APPROVE)), SENIOR, ADULT, after(15))  # type: ignore[arg-type]
    unpaid = accepted()
    resolve(unpaid, PayoutOutcome.FAILED)
    with pytest.raises(errors.NotAllowedNow, match="last day"):
        unpaid.retry_payout(RetryPayout(**asked()), after(8))  # type: ignore[arg-type]


def test_the_products_day_charges_off_a_loan_by_itself() -> None:
    servicing = Servicing(charge_off_days=120)
    loan = active()
    loan.product = product(servicing=servicing)
    loan.pass_milestones("engine", after(31 + 119))
    assert status(loan) is LoanStatus.ACTIVE
    loan.pass_milestones("engine", after(31 + 120))
    assert status(loan) is LoanStatus.CHARGED_OFF
