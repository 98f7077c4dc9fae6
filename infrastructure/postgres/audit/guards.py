"""Whether the database's own guards stand."""

from infrastructure.postgres.audit.check import Check

APPEND_ONLY = (
    "transactions",
    "journal_entries",
    "postings",
    "operations",
    "audit",
    "accounting_periods",
    "unidentified_receipts",
    "receipt_resolutions",
    "closings",
    "balance_snapshots",
    "portfolio_figures",
    "reconciliations",
    "evidence",
    "acceptances",
    "correspondence",
    "delegations",
    "documents",
)
TRIGGERS = (
    *((table, "append_only") for table in APPEND_ONLY),
    ("journal_entries", "balanced"),
    ("postings", "balanced"),
    ("journal_entries", "open_period"),
    ("accounting_periods", "closes"),
    ("audit", "chained"),
    ("products", "immutable_once_used"),
    ("products", "kept_once_used"),
)

_EXPECTED = ", ".join(f"('{table}', '{trigger}')" for table, trigger in TRIGGERS)

GUARDS = Check(
    name="guards-stand",
    promise="the triggers that refuse unbalanced entries and rewritten history are there and awake",
    faults=f"""
SELECT 'trigger ' || guard.name || ' of ' || guard.place,
       CASE WHEN t.tgenabled IS NULL THEN 'is not there' ELSE 'is disabled' END
  FROM (VALUES {_EXPECTED}) AS guard (place, name)
  LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass(guard.place) AND t.tgname = guard.name
 WHERE coalesce(t.tgenabled, 'D') NOT IN ('O', 'A')
""",  # noqa: S608 - names of our own
)

CHECKS = (GUARDS,)
