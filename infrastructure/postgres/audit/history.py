"""Checks of what only grows: each operation once, and nothing altered, removed or slipped in since."""

from infrastructure.postgres.audit.check import Check

# One operation may charge many late fees that fell due before it; of anything else it does one.
OPERATIONS = Check(
    name="operations-act-once",
    promise="no operation id acted twice, and every transaction was asked for by an operation on record",
    faults="""
SELECT 'operation ' || operation_id, 'is on record ' || count(*) || ' times'
  FROM operations GROUP BY operation_id HAVING count(*) > 1
 UNION ALL
SELECT 'operation ' || operation_id, 'made ' || count(*) || ' transactions: ' || kind || ' '
       || string_agg(number || ' of loan ' || loan_id, ', ' ORDER BY loan_id, number)
  FROM transactions WHERE kind <> 'penalty' GROUP BY operation_id, kind HAVING count(*) > 1
 UNION ALL
SELECT 'transaction ' || t.number || ' of loan ' || t.loan_id, 'names an operation that is not on the loan''s record'
  FROM transactions t LEFT JOIN operations o ON o.operation_id = t.operation_id AND o.loan_id = t.loan_id
 WHERE o.operation_id IS NULL
""",
)

CHAIN = Check(
    name="audit-trail-stands",
    promise="each line of the audit trail has its hash, and follows the line before it",
    faults="""
WITH line AS (
    SELECT a.loan_id, a.sequence, a.hash, a.previous_hash, audit_hash(a) AS again,
           coalesce(lag(a.hash) OVER chain, '') AS hash_before, coalesce(lag(a.sequence) OVER chain, 0) AS place_before
      FROM audit a WINDOW chain AS (PARTITION BY a.loan_id ORDER BY a.sequence)
)
SELECT 'line ' || sequence || coalesce(' of loan ' || loan_id, ' of no loan'),
       CASE WHEN sequence <> place_before + 1 THEN 'follows line ' || place_before || ': what was between is gone'
            WHEN hash <> again THEN 'was altered'
            ELSE 'does not follow the line before' END
  FROM line WHERE sequence <> place_before + 1 OR hash <> again OR previous_hash <> hash_before
""",
)

COMPLETE = Check(
    name="audit-trail-is-complete",
    promise="every fact of a loan has its line in the audit trail",
    faults="""
WITH told AS (
    SELECT loan_id, count(*) AS lines FROM audit
     WHERE loan_id IS NOT NULL AND action NOT IN ('refused', 'document_read', 'document_sent') GROUP BY loan_id
)
SELECT 'loan ' || coalesce(l.id, told.loan_id),
       'has ' || coalesce(l.events, 0) || ' facts and ' || coalesce(lines, 0) || ' lines'
  FROM loans l FULL JOIN told ON told.loan_id = l.id
 WHERE coalesce(l.events, 0) <> coalesce(lines, 0)
""",
)

DIGESTS = Check(
    name="transactions-stand",
    promise="each transaction is as the audit trail recorded it",
    faults="""
WITH recorded AS (
    SELECT loan_id, substr(key, 13)::integer AS number, value AS digest FROM audit, jsonb_each_text(details)
     WHERE loan_id IS NOT NULL AND key ~ '^transaction_[0-9]+$'
)
SELECT 'transaction ' || number || ' of loan ' || loan_id,
       CASE WHEN t.kind IS NULL THEN 'is gone'
            WHEN digest IS NULL THEN 'was never recorded'
            ELSE 'was altered' END
  FROM transactions t FULL JOIN recorded r USING (loan_id, number)
 WHERE digest IS DISTINCT FROM CASE WHEN t.kind IS NOT NULL THEN transaction_digest(t) END
""",
)

CHECKS = (OPERATIONS, CHAIN, COMPLETE, DIGESTS)
