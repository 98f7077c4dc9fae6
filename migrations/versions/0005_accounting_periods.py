"""Accounting periods can be closed: then the journal takes no entry of their days any more."""

import sqlalchemy as sa
from alembic import op

from migrations.roles import application_role

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Whoever writes an entry shares the lock, whoever closes a period has it alone: no entry slips in beside the closing.
CLOSE = """
CREATE FUNCTION close_period() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('accounting periods', 0));
    IF EXISTS (SELECT FROM accounting_periods WHERE through >= NEW.through) THEN
        RAISE EXCEPTION 'the books are closed for % already', NEW.through USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.last_entry := nextval('journal_entry_ids');
    RETURN NEW;
END $$
"""

REFUSE_CLOSED = """
CREATE FUNCTION refuse_closed_period() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    closed date;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('accounting periods', 0));
    SELECT max(through) INTO closed FROM accounting_periods;
    IF EXISTS (SELECT FROM added WHERE effective_date <= closed) THEN
        RAISE EXCEPTION 'the books are closed through %', closed USING ERRCODE = 'TN001';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "accounting_periods",
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("extract(day FROM through + 1) = 1", name="accounting_periods_month_end_check"),
        sa.PrimaryKeyConstraint("through", name="accounting_periods_pkey"),
    )
    op.execute(CLOSE)
    op.execute(REFUSE_CLOSED)
    op.execute("CREATE TRIGGER closes BEFORE INSERT ON accounting_periods FOR EACH ROW EXECUTE FUNCTION close_period()")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting_periods"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER open_period AFTER INSERT ON journal_entries REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_period()"
    )
    op.execute(f"GRANT SELECT, INSERT ON accounting_periods TO {application_role()}")
    op.add_column("loans", sa.Column("accrued_through", sa.Date()))
    op.execute("UPDATE loans SET accrued_through = business_date")
    op.alter_column("loans", "accrued_through", nullable=False)


def downgrade() -> None:
    op.drop_column("loans", "accrued_through")
    op.execute("DROP TRIGGER open_period ON journal_entries")
    op.drop_table("accounting_periods")
    op.execute("DROP FUNCTION refuse_closed_period()")
    op.execute("DROP FUNCTION close_period()")
