"""Checks of the journal by itself."""

from domain.ledger import Account
from infrastructure.postgres.audit.check import Check

BALANCED = Check(
    name="entries-balance",
    promise="every journal entry has legs, and they sum to zero in each currency",
    faults="""
SELECT 'journal entry ' || e.id, coalesce('is off by ' || sum(p.amount) || ' ' || p.currency, 'has no legs')
  FROM journal_entries e LEFT JOIN postings p ON p.entry_id = e.id
 GROUP BY e.id, p.currency HAVING coalesce(sum(p.amount), 1) <> 0
 UNION ALL
SELECT 'posting ' || p.leg || ' of entry ' || p.entry_id, 'belongs to no journal entry'
  FROM postings p WHERE NOT EXISTS (SELECT FROM journal_entries e WHERE e.id = p.entry_id)
""",
)

KNOWN_ACCOUNTS = Check(
    name="accounts-exist",
    promise="every posting names an account of the chart",
    faults="""
SELECT 'posting ' || p.leg || ' of entry ' || p.entry_id, 'names ' || p.account || ' in ' || p.currency
  FROM postings p LEFT JOIN accounts a ON a.code = p.account AND a.currency = p.currency
 WHERE a.code IS NULL
""",
)

BOOKED_ONCE = Check(
    name="transactions-booked-once",
    promise="no transaction has two journal entries",
    faults="""
SELECT 'transaction ' || transaction || ' of loan ' || loan_id,
       'is booked by entries ' || string_agg(id::text, ', ' ORDER BY id)
  FROM journal_entries WHERE transaction IS NOT NULL
 GROUP BY loan_id, transaction HAVING count(*) > 1
""",
)

RECEIPTS = Check(
    name="receipts-are-parked",
    promise="the receipts that are parked add up to the account of unidentified receipts",
    faults=f"""
WITH parked AS (
    SELECT currency, sum(amount) AS total FROM unidentified_receipts r
     WHERE NOT EXISTS (SELECT FROM receipt_resolutions d WHERE d.receipt_id = r.id) GROUP BY currency
),
booked AS (
    SELECT currency, -sum(amount) AS total FROM postings
     WHERE account = '{Account.UNIDENTIFIED_RECEIPTS}' GROUP BY currency
)
SELECT 'account {Account.UNIDENTIFIED_RECEIPTS} in ' || currency,
       'holds ' || coalesce(booked.total, 0) || ', parked are ' || coalesce(parked.total, 0)
  FROM parked FULL JOIN booked USING (currency)
 WHERE coalesce(booked.total, 0) <> coalesce(parked.total, 0)
""",  # noqa: S608 - names of our own
)

CLOSED_PERIODS = Check(
    name="closed-periods-stand",
    promise="no entry was dated into an accounting period after it was closed",
    faults="""
SELECT 'journal entry ' || e.id, 'is of ' || e.effective_date || ', which was closed before it came'
  FROM journal_entries e
 WHERE EXISTS (SELECT FROM accounting_periods p WHERE e.effective_date <= p.through AND e.id > p.last_entry)
""",
)

SNAPSHOT = Check(
    name="snapshot-stands",
    promise="the latest balance snapshot is what was posted until then",
    faults="""
WITH latest AS (SELECT day, last_entry FROM closings ORDER BY day DESC LIMIT 1),
kept AS (
    SELECT account, currency, s.debits - s.credits AS total FROM balance_snapshots s JOIN latest USING (day)
),
posted AS (
    SELECT account, currency, sum(amount) AS total FROM postings, latest
     WHERE entry_id <= last_entry GROUP BY account, currency
)
SELECT 'snapshot of ' || account || ' in ' || currency,
       'is ' || coalesce(kept.total, 0) || ', posted were ' || coalesce(posted.total, 0)
  FROM kept FULL JOIN posted USING (account, currency)
 WHERE coalesce(kept.total, 0) <> coalesce(posted.total, 0)
""",
)

CHECKS = (BALANCED, KNOWN_ACCOUNTS, BOOKED_ONCE, RECEIPTS, CLOSED_PERIODS, SNAPSHOT)
