"""Checks of the loans against the journal: what each loan shows, what its entries show, what the accounts show."""

from domain.ledger import CONTROL_ACCOUNTS, FLOWS, Account
from infrastructure.postgres.audit.check import Check

# Flows that entries of the whole portfolio show too, and where the loan's own part of them stands.
_OWN_PART = {"interest_accrued": "l.own_interest", "penalties_charged": "l.own_penalties"}


def _total(account: Account, *, own: bool) -> str:
    """SQL of debits less credits that a loan's flows bring to an account. `own` leaves out what entries of the whole
    portfolio show."""
    terms = ["0"]
    for flow, (source, destination) in FLOWS.items():
        sign = (destination is account) - (source is account)
        if sign:
            figure = _OWN_PART[flow] if own and flow in _OWN_PART else f"coalesce(b.{flow}, 0)"
            terms.append(f"{'+' if sign > 0 else '-'} {figure}")
    return " ".join(terms)


_BOOKED = f"jsonb_to_record(l.booked) AS b ({', '.join(f'{flow} bigint' for flow in FLOWS)})"
_SHOWN = ", ".join(
    f"('{name}', l.{name}, {'-' if account is Account.CUSTOMER_CREDIT else ''}({_total(account, own=False)}))"
    for name, account in CONTROL_ACCOUNTS.items()
)
_OWN = ", ".join(f"('{account}', {_total(account, own=True)})" for account in Account)
_SIGNED = ", ".join(
    f"('{account}', {'-' if account is Account.CUSTOMER_CREDIT else ''}l.{name})"
    for name, account in CONTROL_ACCOUNTS.items()
)

BALANCES = Check(
    name="balances-follow-flows",
    promise="every loan's balances are what its flows add up to",
    faults=f"""
SELECT 'loan ' || l.id, part.name || ' is ' || part.shown || ', its flows add up to ' || part.expected
  FROM loans_to_date l, {_BOOKED}, LATERAL (VALUES {_SHOWN}) AS part (name, shown, expected)
 WHERE part.shown <> part.expected
""",  # noqa: S608 - names of our own
)

POSTINGS = Check(
    name="postings-follow-flows",
    promise="every loan's postings are what its flows add up to, account by account",
    faults=f"""
WITH posted AS (
    SELECT e.loan_id, p.account, sum(p.amount) AS total
      FROM journal_entries e JOIN postings p ON p.entry_id = e.id
     WHERE e.loan_id IS NOT NULL GROUP BY e.loan_id, p.account
),
due AS (
    SELECT l.id AS loan_id, own.account, own.total
      FROM loans_to_date l, {_BOOKED}, LATERAL (VALUES {_OWN}) AS own (account, total) WHERE own.total <> 0
)
SELECT 'loan ' || loan_id,
       account || ' shows ' || coalesce(posted.total, 0) || ', its flows add up to ' || coalesce(due.total, 0)
  FROM due FULL JOIN posted USING (loan_id, account)
 WHERE coalesce(posted.total, 0) <> coalesce(due.total, 0)
""",  # noqa: S608
)

CONTROL = Check(
    name="control-accounts-agree",
    promise="loans' balances add up to their account, in each currency",
    faults=f"""
WITH loans_show AS (
    SELECT part.account, l.currency, sum(part.amount) AS total
      FROM loans_to_date l, LATERAL (VALUES {_SIGNED}) AS part (account, amount) GROUP BY part.account, l.currency
),
journal_shows AS (
    SELECT account, currency, sum(amount) AS total FROM postings
     WHERE account IN ({", ".join(f"'{account}'" for account in CONTROL_ACCOUNTS.values())}) GROUP BY account, currency
)
SELECT 'account ' || account || ' in ' || currency,
       'shows ' || coalesce(journal_shows.total, 0) || ', the loans add up to ' || coalesce(loans_show.total, 0)
  FROM loans_show FULL JOIN journal_shows USING (account, currency)
 WHERE coalesce(loans_show.total, 0) <> coalesce(journal_shows.total, 0)
""",  # noqa: S608
)

CHECKS = (CONTROL, POSTINGS, BALANCES)
