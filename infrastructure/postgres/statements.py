"""The SQL of the loan books: one statement reads all that a decision needs, one writes all that it changed.

Rows arrive as JSON and `json_populate_record` unfolds them by the names of the table's columns.
"""

from sqlalchemy import Numeric, text

from infrastructure.postgres.portfolio_tables import accruals
from infrastructure.postgres.record import FILE
from infrastructure.postgres.tables import installments, loans, transactions

# What the close of business has booked since the loan's own row was written counts as booked.
_TO_DATE = {
    "booked": "CASE WHEN a.loan_id IS NULL THEN l.booked"
    " ELSE l.booked || jsonb_build_object("
    "'interest_accrued', a.interest_accrued, 'penalties_charged', a.penalties_charged) END",
    "accrued_through": "coalesce(a.accrued_through, l.accrued_through)",
}

_FILE = ", ".join(f"'{name}', {_TO_DATE.get(name, f'l.{name}')}" for name in FILE)

# A rate goes as text, because a number in JSON is taken for a float.
_FACT = ", ".join(
    f"{column.name}::text AS {column.name}" if isinstance(column.type, Numeric) else column.name
    for column in transactions.columns
    if column.name != "loan_id"
)

# The first day that the journal still takes entries of.
OPEN_FROM = "SELECT coalesce(max(through) + 1, '0001-01-01') FROM accounting_periods"

_LOAN = f"""
json_build_object({_FILE}, 'product', p.definition, 'open_from', ({OPEN_FROM}),
       'transactions', (
           SELECT coalesce(json_agg(t ORDER BY t.number), '[]')
             FROM (SELECT {_FACT} FROM transactions WHERE loan_id = l.id) t
       ))::text AS loan"""  # noqa: S608 - column names, none from outside

_FILED = """
  FROM loans l
  JOIN products p ON p.code = l.product_code AND p.version = l.product_version
  LEFT JOIN accruals a ON a.loan_id = l.id"""

LOAN = text(f"""
SELECT l.version, l.updated_at, l.events, {_LOAN}, o.body_digest, o.receipt::text AS receipt, a.accrued_through
{_FILED}
  LEFT JOIN operations o ON o.operation_id = :operation_id
 WHERE l.id = :loan_id
""")

# For who looks at many and writes to none.
LOANS = text(f"SELECT l.id, l.outstanding, {_LOAN} {_FILED} WHERE l.id = ANY(CAST(:ids AS uuid[])) ORDER BY l.id")

# The narrow row first, as everybody who locks both. Not the row's key: a line of the audit trail that names the loan,
# as a refusal's, must not wait for it while it holds the trail.
LOCK = text("""
WITH held AS MATERIALIZED (SELECT FROM accruals WHERE loan_id = :loan_id FOR UPDATE)
SELECT FROM loans WHERE id = :loan_id AND (SELECT count(*) FROM held) >= 0 FOR NO KEY UPDATE
""")

BIRTH = text("""
SELECT p.definition::text AS product, o.body_digest, l.id AS taken, k.customer_id AS erased
  FROM (VALUES (1)) AS always
  LEFT JOIN LATERAL (
      SELECT definition FROM products WHERE code = :product_code AND NOT retired ORDER BY version DESC LIMIT 1
  ) p ON true
  LEFT JOIN operations o ON o.operation_id = :operation_id
  LEFT JOIN loans l ON l.id = :loan_id
  LEFT JOIN customer_keys k ON k.customer_id = :customer_id AND k.wrapped IS NULL
""")

_INSERTED = "INSERT INTO loans SELECT * FROM json_populate_record(NULL::loans, CAST(:loan AS json)) RETURNING id"

_KEPT = ", ".join(column.name for column in loans.columns if column.name not in {"id", "created_at"})

# A column that the record leaves out stays as it is.
KEPT = f"({_KEPT}) = (SELECT {_KEPT} FROM json_populate_record(l, CAST(:loan AS json)))"  # noqa: S608

_UPDATED = f"""
UPDATE loans l SET {KEPT}
 WHERE id = :loan_id AND version = :seen_version AND updated_at = :seen_at
   AND (CAST(:seen_through AS date) IS NULL OR EXISTS (SELECT FROM held))
RETURNING id
"""  # noqa: S608

SCHEDULE = ", ".join(
    f"{column.name} = excluded.{column.name}" for column in installments.columns if not column.primary_key
)

DAILY = ", ".join(
    f"{column.name} = excluded.{column.name}"
    for column in accruals.columns
    if column.name not in {"loan_id", "own_interest", "own_penalties", "writes", "moved_on"}
)

# Everything hangs on `written`: when another write came first, it is empty, and so is all that joins it. A close of
# business counts as a write: the narrow row must be as it was seen.
_WRITE = f"""
WITH held AS MATERIALIZED (
    SELECT FROM accruals WHERE loan_id = :loan_id AND accrued_through = CAST(:seen_through AS date) FOR UPDATE
),
written AS ({{written}}),
operation AS (
    INSERT INTO operations (operation_id, loan_id, kind, body_digest, receipt, at)
    SELECT :operation_id, id, :kind, :body_digest, CAST(:receipt AS jsonb), :at FROM written
),
fact AS (
    SELECT * FROM written, ROWS FROM (
        json_to_recordset(CAST(:facts AS json)) AS (name text, actor text, at timestamptz, reason text, details jsonb)
    ) WITH ORDINALITY AS f (name, actor, at, reason, details, place)
),
deed AS (
    SELECT t.* FROM written, json_populate_recordset(
        json_populate_record(NULL::transactions, json_build_object('loan_id', id)), CAST(:transactions AS json)) t
),
digest AS (
    SELECT jsonb_object_agg('transaction_' || number, transaction_digest(deed)) AS digests FROM deed
),
audited AS (
    INSERT INTO audit (loan_id, actor, action, reason, details, at)
    SELECT id, actor, name, reason, CASE place WHEN 1 THEN details || coalesce(digests, '{{{{}}}}') ELSE details END, at
      FROM fact, digest ORDER BY place
),
told AS (
    INSERT INTO outbox (loan_id, sequence, type, data, at)
    SELECT id, :seen_events + place, name, jsonb_build_object('actor', actor, 'reason', reason, 'details', details), at
      FROM fact
),
happened AS (
    INSERT INTO transactions SELECT * FROM deed
),
entry AS MATERIALIZED (
    SELECT nextval('journal_entry_ids') AS entry_id, * FROM written, json_to_recordset(CAST(:entries AS json))
        AS e (transaction integer, memo text, effective_date date, booked_at timestamptz, postings json)
),
journal AS (
    INSERT INTO journal_entries (id, loan_id, transaction, memo, effective_date, booked_at)
    SELECT entry_id, id, transaction, memo, effective_date, booked_at FROM entry
),
posted AS (
    INSERT INTO postings (entry_id, leg, account, currency, amount)
    SELECT entry_id, legs.leg, legs.account, :currency, legs.amount FROM entry, ROWS FROM (
        json_to_recordset(entry.postings) AS (source text, destination text, amount bigint)
    ) WITH ORDINALITY AS p (source, destination, amount, place), LATERAL (
        VALUES (2 * place - 1, p.destination, p.amount), (2 * place, p.source, -p.amount)
    ) AS legs (leg, account, amount)
),
waiting AS (
    INSERT INTO accruals AS a SELECT d.* FROM written, json_populate_record(NULL::accruals, CAST(:daily AS json)) d
     WHERE CAST(:daily AS json) IS NOT NULL
    ON CONFLICT (loan_id) DO UPDATE SET {DAILY},
        own_interest = a.own_interest + excluded.interest_accrued - a.interest_accrued,
        own_penalties = a.own_penalties + excluded.penalties_charged - a.penalties_charged, writes = a.writes + 1
),
schedule AS (
    SELECT s.* FROM written, json_populate_recordset(
        json_populate_record(NULL::installments, json_build_object('loan_id', id)), CAST(:installments AS json)) s
),
shortened AS (
    DELETE FROM installments USING written WHERE loan_id = written.id AND number > :rows
),
rescheduled AS (
    INSERT INTO installments
    SELECT * FROM schedule EXCEPT SELECT * FROM installments WHERE loan_id = :loan_id ORDER BY number
    ON CONFLICT (loan_id, number) DO UPDATE SET {SCHEDULE}
)
SELECT count(*) FROM written
"""  # noqa: S608

INSERT = text(_WRITE.format(written=_INSERTED))
UPDATE = text(_WRITE.format(written=_UPDATED))

REFUSED = text("""
INSERT INTO audit (loan_id, actor, action, reason, details, at)
SELECT (SELECT id FROM loans WHERE id = :loan_id), :actor, 'refused', :reason, CAST(:details AS jsonb), :at
""")
