"""What the close of business keeps: a narrow row per loan that moves every day, and what each day came to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.roles import application_role

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None

APPENDED = ("closings", "balance_snapshots", "portfolio_figures")

# A loan that runs already is folded once, by the first close that meets it: its line ends where its books do.
ADOPT = """
INSERT INTO accruals
SELECT l.id, l.product_code, l.product_version, l.currency, l.status = 'active', l.business_date, l.principal, (
           SELECT min(i.due_date) FROM installments i
            WHERE i.loan_id = l.id AND i.principal + i.interest + i.fees + i.penalties > i.principal_paid
                + i.interest_paid + i.fees_paid + i.penalties_paid + i.interest_waived + i.fees_waived
                + i.penalties_waived + coalesce((l.offer #>> '{terms,overdue_tolerance}')::bigint, 0)
       ), l.bucket, l.accrued_through, accrued, accrued, NULL, 1, l.accrued_through, l.accrued_through, accrued, 0,
       0, 1, '[]'
  FROM loans l, CAST(l.booked ->> 'interest_accrued' AS bigint) AS accrued
 WHERE EXISTS (SELECT FROM transactions t WHERE t.loan_id = l.id)
"""

# The daily close writes the narrow row only. What a loan's own row says is as of its last write; this is as of today.
TO_DATE = """
CREATE VIEW loans_to_date AS
SELECT l.id, l.status, l.product_code, l.product_version, l.currency,
       coalesce(a.accrued_through, l.accrued_through) AS accrued_through,
       CASE WHEN a.loan_id IS NULL THEN l.booked
            ELSE jsonb_set(l.booked, '{interest_accrued}', to_jsonb(a.interest_accrued)) END AS booked,
       l.principal,
       l.interest + coalesce(a.interest_accrued - (l.booked ->> 'interest_accrued')::bigint, 0) AS interest,
       l.fees, l.penalties, l.credit,
       coalesce(a.own_interest, (l.booked ->> 'interest_accrued')::bigint) AS own_interest
  FROM loans l LEFT JOIN accruals a ON a.loan_id = l.id
"""

# Writers share the table; whoever has it alone for a moment knows that no entry up to the last is still on its way.
LAST_SETTLED_ENTRY = """
CREATE FUNCTION last_settled_entry() RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    LOCK TABLE journal_entries IN SHARE MODE;
    RETURN (SELECT coalesce(max(id), 0) FROM journal_entries);
END $$
"""


def upgrade() -> None:
    op.create_table(
        "accruals",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("product_version", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("principal", sa.BigInteger(), nullable=False),
        sa.Column("overdue_from", sa.Date()),
        sa.Column("bucket", sa.Text()),
        sa.Column("accrued_through", sa.Date(), nullable=False),
        sa.Column("interest_accrued", sa.BigInteger(), nullable=False),
        sa.Column("own_interest", sa.BigInteger(), nullable=False),
        sa.Column("moved_on", sa.Date()),
        sa.Column("writes", sa.Integer(), nullable=False),
        sa.Column("line_start", sa.Date(), nullable=False),
        sa.Column("line_until", sa.Date(), nullable=False),
        sa.Column("fixed", sa.BigInteger(), nullable=False),
        sa.Column("pot", sa.Numeric(), nullable=False),
        sa.Column("daily", sa.Numeric(), nullable=False),
        sa.Column("scale", sa.Numeric(), nullable=False),
        sa.Column("later", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="accruals_loan_id_fkey"),
        sa.PrimaryKeyConstraint("loan_id", name="accruals_pkey"),
    )
    # Room on each page for the next day's versions, so that no index is touched by a close.
    op.execute("ALTER TABLE accruals SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)")
    _closed_days()
    for table in APPENDED:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(ADOPT)
    op.execute(TO_DATE)
    op.execute(LAST_SETTLED_ENTRY)
    _grant(application_role())


def _closed_days() -> None:
    op.create_table(
        "closings",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="closings_pkey"),
    )
    op.create_table(
        "balance_snapshots",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("debits", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["day"], ["closings.day"], name="balance_snapshots_day_fkey"),
        sa.PrimaryKeyConstraint("day", "account", "currency", name="balance_snapshots_pkey"),
    )
    op.create_table(
        "portfolio_figures",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("loans", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("outstanding", "par1", "par30", "par60", "par90", "disbursed", "collected", "written_off")
        ),
        sa.ForeignKeyConstraint(["day"], ["closings.day"], name="portfolio_figures_day_fkey"),
        sa.PrimaryKeyConstraint("day", "product_code", "currency", name="portfolio_figures_pkey"),
    )


def _grant(role: str) -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON accruals TO {role}")
    for table in APPENDED:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {role}")
    op.execute(f"GRANT SELECT ON loans_to_date TO {role}")
    op.execute("REVOKE EXECUTE ON FUNCTION last_settled_entry() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION last_settled_entry() TO {role}")


def downgrade() -> None:
    op.execute("DROP FUNCTION last_settled_entry()")
    op.execute("DROP VIEW loans_to_date")
    for table in ("portfolio_figures", "balance_snapshots", "closings", "accruals"):
        op.drop_table(table)
