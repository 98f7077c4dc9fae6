"""Mandates, and direct debits under them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

IN_DOUBT = "payout ->> 'contradicted' <> '[]' OR (status = 'disbursing' AND payout ->> 'overdue' = 'true')"
DEBIT_IN_DOUBT = "debit ->> 'contradicted' <> '[]' OR (debit ->> 'open' = 'true' AND debit ->> 'overdue' = 'true')"

# Of a transaction that names no debit, as before.
DIGEST = """
CREATE OR REPLACE FUNCTION transaction_digest(fact transactions)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to((jsonb_build_array(
        fact.loan_id, fact.number, fact.kind, fact.effective_date, extract(epoch FROM fact.booked_at),
        fact.operation_id, fact.amount, fact.reverses, fact.installment, fact.due_date, fact.component, fact.annual_rate
    ){debit})::text, 'UTF8')), 'hex')
$$
"""
ITS_DEBIT = " || CASE WHEN fact.debit IS NULL THEN '[]' ELSE jsonb_build_array(fact.debit) END"


def upgrade() -> None:
    op.add_column("loans", sa.Column("mandate", JSONB()))
    op.add_column("loans", sa.Column("debit", JSONB()))
    op.add_column("transactions", sa.Column("debit", sa.Integer()))
    op.create_foreign_key(
        "transactions_loan_id_debit_fkey", "transactions", "transactions", ["loan_id", "debit"], ["loan_id", "number"]
    )
    op.execute(DIGEST.format(debit=ITS_DEBIT))
    _index_in_doubt(f"{IN_DOUBT} OR {DEBIT_IN_DOUBT}")


def _index_in_doubt(whom: str) -> None:
    op.drop_index("loans_in_doubt_idx", "loans")
    op.create_index("loans_in_doubt_idx", "loans", ["created_at", "id"], postgresql_where=sa.text(whom))


def downgrade() -> None:
    _index_in_doubt(IN_DOUBT)
    op.execute(DIGEST.format(debit=""))
    op.drop_constraint("transactions_loan_id_debit_fkey", "transactions")
    op.drop_column("transactions", "debit")
    op.drop_column("loans", "debit")
    op.drop_column("loans", "mandate")
