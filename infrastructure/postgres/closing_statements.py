"""The SQL of the close of business. Each statement is a transaction of its own over one partition: a range of loan ids.

Payments go on beside it. A statement waits for the few rows that are being paid at this moment, each for one short
transaction, and looks at them again; a payment waits at most for one partition's statement.
"""

from sqlalchemy import text

from infrastructure.postgres.portfolio_tables import FIGURES
from infrastructure.postgres.statements import OPEN_FROM

_OPEN = "loan_id BETWEEN :first AND :last AND active AND accrued_through < :day"

# An AccrualLine ends; the next of those written down with it takes over. Answers how many loans have none.
NEXT_LINE = text(f"""
WITH ended AS MATERIALIZED (
    SELECT loan_id, writes, (SELECT line FROM jsonb_array_elements(later) WITH ORDINALITY AS lines (line, place)
                              WHERE (line ->> 'line_until')::date >= :day ORDER BY place LIMIT 1) AS line
      FROM accruals WHERE {_OPEN} AND line_until < :day
),
taken_over AS (
UPDATE accruals a
   SET line_start = (e.line ->> 'line_start')::date, line_until = (e.line ->> 'line_until')::date,
       fixed = (e.line ->> 'fixed')::bigint, pot = (e.line ->> 'pot')::numeric,
       daily = (e.line ->> 'daily')::numeric, scale = (e.line ->> 'scale')::numeric,
       penalties = nullif(e.line -> 'penalties', 'null')
  FROM ended e WHERE a.loan_id = e.loan_id AND a.writes = e.writes AND e.line IS NOT NULL
)
SELECT count(*) FROM ended WHERE line IS NULL
""")  # noqa: S608 - our own text

# What no line reaches is folded, a few at a time.
UNREACHED = text(f"SELECT loan_id, writes FROM accruals WHERE {_OPEN} AND line_until < :day LIMIT :most")  # noqa: S608

REDRAW = text("""
UPDATE accruals a
   SET line_start = n.line_start, line_until = n.line_until, fixed = n.fixed, pot = n.pot,
       daily = n.daily, scale = n.scale, penalties = n.penalties, later = n.later
  FROM json_populate_recordset(NULL::accruals, CAST(:lines AS json)) n
 WHERE a.loan_id = n.loan_id AND a.writes = n.writes
""")


def _half_even(numerator: str, scale: str) -> str:
    """What rounds half up is one too many where the half was exact and the result is odd."""
    exact, whole = f"2 * ({numerator}) + {scale}", f"2 * {scale}"
    up = f"div({exact}, {whole})"
    return f"{up} - CASE WHEN ({exact}) % ({whole}) = 0 THEN {up} % 2 ELSE 0 END"


_INTEREST = f"""
CASE WHEN daily = 0 AND pot = 0 THEN 0
     ELSE {_half_even("pot + daily * (CAST(:day AS date) - line_start)", "scale")}
 END"""

# A PenaltyLine. `numbers` says which day it is by every day count.
_NUMBER = "(CAST(:numbers AS jsonb) ->> (penalties ->> 'day_count'))::bigint"
_PENALTIES = f"""
CASE WHEN penalties IS NULL THEN penalties_charged
     ELSE (penalties ->> 'fixed')::bigint + (
         SELECT sum({_half_even(f"row.pot + row.daily * greatest(0, {_NUMBER} - row.since)", "line.scale")})
           FROM jsonb_to_recordset(penalties -> 'rows') AS row (since bigint, pot numeric, daily numeric),
                LATERAL (SELECT (penalties ->> 'scale')::numeric AS scale) AS line
     )
 END"""  # noqa: S608

ACCRUE = text(f"""
WITH accrued AS (
    UPDATE accruals
       SET interest_accrued = fixed + {_INTEREST}, penalties_charged = {_PENALTIES}, accrued_through = :day
     WHERE {_OPEN} AND line_until >= :day
    RETURNING new.product_code, new.currency, new.interest_accrued - old.interest_accrued AS interest,
              new.penalties_charged - old.penalties_charged AS penalties
),
total AS MATERIALIZED (
    SELECT product_code, currency, count(*) AS loans, sum(interest)::bigint AS interest,
           sum(penalties)::bigint AS penalties
      FROM accrued GROUP BY 1, 2
),
entry AS MATERIALIZED (
    SELECT nextval('journal_entry_ids') AS id, * FROM total WHERE interest <> 0 OR penalties <> 0
),
journal AS (
    INSERT INTO journal_entries (id, memo, effective_date, booked_at)
    SELECT id, 'Accrued on ' || CAST(:day AS date) || ', ' || product_code, greatest(:day, ({OPEN_FROM})), :at
      FROM entry
),
posted AS (
    INSERT INTO postings (entry_id, leg, account, currency, amount)
    SELECT id, leg, account, currency, leg_amount
      FROM entry, LATERAL (VALUES (1, 'interest_receivable', interest), (2, 'interest_income', -interest),
                                  (3, 'penalties_receivable', penalties), (4, 'penalty_income', -penalties))
        AS legs (leg, account, leg_amount)
     WHERE leg_amount <> 0
)
SELECT coalesce(sum(loans), 0)::bigint FROM total
""")  # noqa: S608

# Loans whose own clock is past the day decide for themselves.
MOVE = text("""
WITH bucket AS MATERIALIZED (
    SELECT p.code, p.version, b.name, b.from_day, coalesce(b.to_day, 1000000) AS to_day
      FROM products p, jsonb_to_recordset(p.definition #> '{servicing,buckets}')
        AS b (name text, from_day integer, to_day integer)
),
late AS MATERIALIZED (
    SELECT a.loan_id, a.writes, a.bucket AS left_bucket, greatest(0, CAST(:day AS date) - a.overdue_from) AS days, (
               SELECT b.name FROM bucket b WHERE b.code = a.product_code AND b.version = a.product_version
                  AND CAST(:day AS date) - a.overdue_from BETWEEN b.from_day AND b.to_day
           ) AS entered
      FROM accruals a
     WHERE a.loan_id BETWEEN :first AND :last AND a.active AND a.business_date <= :day
       AND (a.overdue_from < :day OR a.bucket IS NOT NULL)
),
moved AS (
    UPDATE accruals a SET bucket = l.entered, moved_on = :day
      FROM (SELECT * FROM late WHERE entered IS DISTINCT FROM left_bucket LIMIT :most) l
     WHERE a.loan_id = l.loan_id AND a.writes = l.writes AND a.bucket IS NOT DISTINCT FROM l.left_bucket
    RETURNING a.loan_id, l.left_bucket, l.entered, l.days
),
written AS (
    UPDATE loans SET bucket = m.entered, days_past_due = m.days, events = events + 1, version = version + 1,
           updated_at = :at
      FROM moved m WHERE id = m.loan_id RETURNING id, events, m.left_bucket, m.entered
),
fact AS MATERIALIZED (
    SELECT id, events, jsonb_build_object(
               'left', coalesce(left_bucket, 'current'), 'entered', coalesce(entered, 'current')) AS details
      FROM written
),
audited AS (
    INSERT INTO audit (loan_id, actor, action, details, at)
    SELECT id, :actor, 'delinquency_changed', details, :at FROM fact
),
told AS (
    INSERT INTO outbox (loan_id, sequence, type, data, at)
    SELECT id, events, 'delinquency_changed',
           jsonb_build_object('actor', CAST(:actor AS text), 'reason', NULL, 'details', details), :at
      FROM fact
)
SELECT count(*) FROM moved
""")

# A loan that its own workflow has charged off, or reopened after, has passed that milestone.
LOST = text("""
UPDATE accruals a SET moved_on = :day
  FROM products p, loans l
 WHERE a.loan_id BETWEEN :first AND :last AND a.active AND a.business_date <= :day AND a.overdue_from < :day
   AND p.code = a.product_code AND p.version = a.product_version AND l.id = a.loan_id
   AND a.overdue_from + (p.definition #>> '{servicing,charge_off_days}')::integer <= :day
   AND a.overdue_from + (p.definition #>> '{servicing,charge_off_days}')::integer > l.processed_through
RETURNING a.loan_id
""")

# A loan that nobody applied for (an imported one) has no workflow to tell.
MOVED = text("""
SELECT a.loan_id FROM accruals a
 WHERE a.moved_on = :day
   AND EXISTS (SELECT FROM operations o WHERE o.loan_id = a.loan_id AND o.kind = 'ApplyForLoan')
""")

LAST_CLOSING = text("SELECT max(day) FROM closings")

RUNNING = text("SELECT count(*) FROM accruals WHERE active")

IS_DONE = text("""
SELECT EXISTS (SELECT FROM closings WHERE day = :day)
   AND NOT EXISTS (SELECT FROM accruals WHERE active AND accrued_through < :day)
""")

IS_CLOSED = text("SELECT EXISTS (SELECT FROM closings WHERE day = :day)")

LAST_SETTLED_ENTRY = text("SELECT last_settled_entry()")

_COLLECTED = "(d.account = 'cash')::int - (c.account = 'cash')::int"
_LENT_FROM = "('payouts_in_transit', 'fee_income')"  # a fee that is kept back from the payout is lent, too
_FLOWS = f"""
    SELECT coalesce(a.product_code, '') AS product_code, d.currency,
           sum(d.amount) FILTER (WHERE c.account IN {_LENT_FROM} AND d.account = 'loan_principal') AS lent,
           sum(d.amount) FILTER (WHERE d.account IN {_LENT_FROM} AND c.account = 'loan_principal') AS returned,
           sum(d.amount * ({_COLLECTED}))
               FILTER (WHERE 'payouts_in_transit' NOT IN (c.account, d.account)) AS collected,
           sum(d.amount * ((d.account = 'credit_losses')::int - (c.account = 'credit_losses')::int)) AS lost
      FROM postings d JOIN postings c ON c.entry_id = d.entry_id AND c.leg = d.leg + 1
      JOIN counted e ON e.id = d.entry_id
      JOIN accruals a ON a.loan_id = e.loan_id
     WHERE d.leg % 2 = 1
     GROUP BY 1, 2"""  # noqa: S608

# An entry counts in the first close of its day or a later one that knows it: in one, and no other.
_COUNTED = """
    SELECT id, loan_id FROM journal_entries
     WHERE id > (SELECT last_entry FROM previous) AND id <= :last_entry AND effective_date <= :day
     UNION ALL
    SELECT id, loan_id FROM journal_entries
     WHERE effective_date > (SELECT day FROM previous) AND effective_date <= :day
       AND id <= (SELECT last_entry FROM previous)"""

# Principal as it was at the end of the day: less what has moved on days after it.
_LATER = """
    SELECT e.loan_id, sum(p.amount)::bigint AS amount FROM journal_entries e JOIN postings p ON p.entry_id = e.id
     WHERE e.effective_date > :day AND e.loan_id IS NOT NULL AND p.account = 'loan_principal' GROUP BY e.loan_id"""
_OWED = f"""
    SELECT a.product_code, a.currency, a.overdue_from, a.principal - coalesce(l.amount, 0) AS principal,
           a.active AND l.loan_id IS NULL AS active
      FROM accruals a LEFT JOIN ({_LATER}
      ) l USING (loan_id)"""  # noqa: S608

_AT_RISK = ", ".join(
    f"coalesce(sum(principal) FILTER (WHERE CAST(:day AS date) - overdue_from >= {days}), 0)::bigint AS par{days}"
    for days in (1, 30, 60, 90)
)

CLOSE = text(f"""
WITH previous AS MATERIALIZED (
    SELECT max(day) AS day, coalesce(max(last_entry), 0) AS last_entry FROM closings
),
closing AS (
    INSERT INTO closings (day, closed_at, last_entry) VALUES (:day, :at, :last_entry)
    ON CONFLICT DO NOTHING RETURNING day
),
snapshot AS (
    INSERT INTO balance_snapshots (day, account, currency, debits, credits)
    SELECT closing.day, account, currency, sum(debits), sum(credits) FROM closing, (
        SELECT account, currency, debits, credits FROM balance_snapshots WHERE day = (SELECT day FROM previous)
         UNION ALL
        SELECT account, currency, sum(greatest(amount, 0)), sum(greatest(-amount, 0)) FROM postings
         WHERE entry_id > (SELECT last_entry FROM previous) AND entry_id <= :last_entry GROUP BY account, currency
    ) moved GROUP BY 1, 2, 3
),
held AS (
    SELECT product_code, currency, count(*) FILTER (WHERE active OR principal > 0) AS loans,
           sum(principal)::bigint AS outstanding, {_AT_RISK}
      FROM ({_OWED}
      ) owed GROUP BY product_code, currency
),
counted AS MATERIALIZED ({_COUNTED}
),
flow AS ({_FLOWS}
)
INSERT INTO portfolio_figures (day, product_code, currency, loans, {", ".join(FIGURES)})
SELECT closing.day, product_code, currency, loans, outstanding, par1, par30, par60, par90,
       coalesce(lent, 0) - coalesce(returned, 0), coalesce(collected, 0), coalesce(lost, 0)
  FROM closing, held LEFT JOIN flow USING (product_code, currency)
""")  # noqa: S608
