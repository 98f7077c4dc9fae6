"""A transaction's digest, which the audit trail records, so that the chain vouches for the transactions too."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DIGEST = """
CREATE FUNCTION transaction_digest(fact transactions) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(
        fact.loan_id, fact.number, fact.kind, fact.effective_date, extract(epoch FROM fact.booked_at),
        fact.operation_id, fact.amount, fact.reverses, fact.installment, fact.due_date, fact.component, fact.annual_rate
    )::text, 'UTF8')), 'hex')
$$
"""


def upgrade() -> None:
    op.execute(DIGEST)


def downgrade() -> None:
    op.execute("DROP FUNCTION transaction_digest(transactions)")
