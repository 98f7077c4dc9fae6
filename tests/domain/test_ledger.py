"""The journal as the derivative of a loan's flows."""

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import FLOWS, Account, Posting, balance_of, postings_between
from domain.position import Totals

NOTHING = Totals()
flows = st.builds(Totals, *(st.integers(-5, 5) for _ in fields(Totals)))


def moved(postings: tuple[Posting, ...], account: Account) -> int:
    """Debits less credits."""
    return sum(p.amount * ((p.destination is account) - (p.source is account)) for p in postings)


def test_every_total_of_a_position_is_posted_somewhere() -> None:
    assert FLOWS.keys() == set(Totals.__dataclass_fields__)


def test_a_flow_that_shrinks_is_posted_backwards() -> None:
    forth = postings_between(NOTHING, Totals(principal_paid=5))
    back = postings_between(Totals(principal_paid=5), NOTHING)
    assert [(p.source, p.destination, p.amount) for p in forth] == [(p.destination, p.source, p.amount) for p in back]


def test_a_fee_that_credit_pays_moves_no_cash() -> None:
    charged = postings_between(NOTHING, Totals(fees_charged=25, fees_paid=25, credit_applied=25))
    assert charged == (
        Posting(Account.FEE_INCOME, Account.FEES_RECEIVABLE, 25),
        Posting(Account.FEES_RECEIVABLE, Account.CUSTOMER_CREDIT, 25),
    )


def test_goodwill_of_the_lender_moves_no_cash() -> None:
    conceded = postings_between(NOTHING, Totals(interest_paid=30, conceded=30))
    assert conceded == (Posting(Account.INTEREST_RECEIVABLE, Account.CONCESSIONS, 30),)


def test_a_back_dated_payment_moves_the_cash_that_came_and_no_more() -> None:
    rearranged = postings_between(Totals(principal_paid=80), Totals(principal_paid=75, interest_paid=105))
    assert rearranged == (
        Posting(Account.INTEREST_RECEIVABLE, Account.LOAN_PRINCIPAL, 5),
        Posting(Account.INTEREST_RECEIVABLE, Account.CASH, 100),
    )


@given(before=flows, after=flows)
def test_any_change_brings_each_account_where_its_flows_say_and_cash_one_way_only(
    before: Totals, after: Totals
) -> None:
    postings = postings_between(before, after)
    for account in Account:
        assert balance_of(account, before) + moved(postings, account) == balance_of(account, after)
    assert all(posting.amount > 0 and posting.source is not posting.destination for posting in postings)
    into = sum(posting.destination is Account.CASH for posting in postings)
    out = sum(posting.source is Account.CASH for posting in postings)
    assert not (into and out)
