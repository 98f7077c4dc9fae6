"""Ways to spoil the books, for somebody who may do anything: what is planted, and which checks of the audit name it."""

from string import Template

_PLACES = {
    "loan": "(SELECT loan_id FROM transactions WHERE number = 3 LIMIT 1)",
    "cash_leg": """(SELECT p.entry_id FROM postings p JOIN journal_entries e ON e.id = p.entry_id
        WHERE p.account = 'cash' AND p.amount > 0 AND e.loan_id IS NOT NULL ORDER BY p.entry_id LIMIT 1)""",
}


def aimed(sql: str) -> str:
    """`$loan` is the loan with a history, `$cash_leg` an entry of it that moved cash."""
    return Template(sql).substitute(_PLACES)


# What is planted, and which checks name it. A deed that goes deep is found by more than one.
FAULTS: dict[str, tuple[str, set[str]]] = {
    "an unbalanced entry": (
        "UPDATE postings SET amount = amount + 1 WHERE account = 'cash' AND entry_id = $cash_leg",
        {"entries-balance", "postings-follow-flows"},
    ),
    "an entry without legs": (
        "INSERT INTO journal_entries (id, memo, effective_date, booked_at) VALUES (-1, 'x', '2026-01-01', now())",
        {"entries-balance"},
    ),
    "legs without an entry": ("INSERT INTO postings VALUES (-7, 1, 'cash', 'USD', 5)", {"entries-balance"}),
    "an account that is not there": (
        "UPDATE postings SET account = 'piggy_bank' WHERE account = 'cash' AND entry_id = $cash_leg",
        {"accounts-exist", "postings-follow-flows"},
    ),
    "money on the wrong account": (
        "UPDATE postings SET account = 'loan_principal' WHERE account = 'cash' AND entry_id = $cash_leg",
        {"control-accounts-agree", "postings-follow-flows"},
    ),
    "an entry booked twice": (
        """WITH twin AS (INSERT INTO journal_entries SELECT -id, loan_id, transaction, memo, effective_date, booked_at
            FROM journal_entries WHERE id = $cash_leg)
            INSERT INTO postings SELECT -entry_id, leg, account, currency, amount FROM postings
            WHERE entry_id = $cash_leg""",
        {"transactions-booked-once", "control-accounts-agree", "postings-follow-flows"},
    ),
    "an altered balance": (
        "UPDATE loans SET principal = principal - 1 WHERE id = $loan",
        {"balances-follow-flows", "control-accounts-agree"},
    ),
    "an altered payof": ("UPDATE loans SET outstanding = 1 WHERE id = $loan", {"loans-follow-transactions"}),
    "altered flows": (
        "UPDATE loans SET booked = jsonb_set(booked, '{fees_charged}', '7') WHERE id = $loan",
        {"balances-follow-flows", "postings-follow-flows", "loans-follow-transactions"},
    ),
    "a penalty that nothing bore": (
        "UPDATE accruals SET penalties_charged = penalties_charged + 1 WHERE loan_id = $loan",
        {"control-accounts-agree", "loans-follow-transactions"},
    ),
    "a penalty that a loan's own entries never showed": (
        "UPDATE accruals SET own_penalties = own_penalties + 1 WHERE loan_id = $loan",
        {"postings-follow-flows"},
    ),
    "an altered installment": (
        "UPDATE installments SET interest = interest + 1 WHERE number = 2 AND loan_id = $loan",
        {"loans-follow-transactions"},
    ),
    "a missing installment": (
        "DELETE FROM installments WHERE number = 12 AND loan_id = $loan",
        {"loans-follow-transactions"},
    ),
    "a payment that grew": (
        "UPDATE transactions SET amount = amount + 100 WHERE kind = 'payment' AND loan_id = $loan",
        {"transactions-stand", "loans-follow-transactions"},
    ),
    "a reversal that is gone": (
        "DELETE FROM transactions WHERE number = 6 AND loan_id = $loan",
        {"transactions-stand", "loans-follow-transactions"},
    ),
    "a payment booked twice": (
        """INSERT INTO transactions (loan_id, number, kind, effective_date, booked_at, operation_id, amount)
            SELECT loan_id, 99, kind, effective_date, booked_at, operation_id, amount FROM transactions
            WHERE number = 5 AND loan_id = $loan""",
        {"operations-act-once", "transactions-stand", "loans-follow-transactions"},
    ),
    "an operation that is gone": (
        "DELETE FROM operations WHERE kind = 'MakePayment' AND loan_id = $loan",
        {"operations-act-once"},
    ),
    "an operation on record twice": (
        """ALTER TABLE operations DROP CONSTRAINT operations_pkey;
           INSERT INTO operations SELECT * FROM operations WHERE operation_id = 'close'""",
        {"operations-act-once"},
    ),
    "an altered reason": (
        "UPDATE audit SET reason = 'nothing' WHERE sequence = 5 AND loan_id = $loan",
        {"audit-trail-stands"},
    ),
    "a forged line": (
        """UPDATE audit a SET reason = 'forged', hash = audit_hash(ROW(a.loan_id, a.sequence, a.actor, a.action,
            'forged', a.details, a.at, a.previous_hash, a.hash)::audit) WHERE sequence = 5 AND loan_id = $loan""",
        {"audit-trail-stands"},
    ),
    "a line torn out": (
        "DELETE FROM audit WHERE sequence = 5 AND loan_id = $loan",
        {"audit-trail-stands", "audit-trail-is-complete"},
    ),
    "the last line torn of": (
        """DELETE FROM audit WHERE loan_id = $loan AND sequence =
            (SELECT max(sequence) FROM audit WHERE loan_id = $loan)""",
        {"audit-trail-is-complete"},
    ),
    "a receipt that is gone": (
        "DELETE FROM unidentified_receipts WHERE id NOT IN (SELECT receipt_id FROM receipt_resolutions)",
        {"receipts-are-parked"},
    ),
    "a receipt returned by hand": ("DELETE FROM receipt_resolutions", {"receipts-are-parked"}),
    "an entry in a closed period": (
        """INSERT INTO journal_entries VALUES (nextval('journal_entry_ids'), NULL, NULL, 'x', '2025-12-30', now());
           INSERT INTO postings VALUES (currval('journal_entry_ids'), 1, 'cash', 'USD', 5),
                                       (currval('journal_entry_ids'), 2, 'interest_income', 'USD', -5)""",
        {"closed-periods-stand"},
    ),
    "a guard asleep": ("ALTER TABLE postings DISABLE TRIGGER balanced", {"guards-stand"}),
    "a guard dismissed": ("DROP TRIGGER append_only ON transactions", {"guards-stand"}),
}
