"""The tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import CITEXT, JSONB
from sqlalchemy.schema import CreateSequence, DropSequence

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS citext")
    op.execute(CreateSequence(sa.Sequence("journal_entry_ids", data_type=sa.BigInteger())))
    _accounts_customers_and_products()
    _loans()
    _users_and_audit()
    _installments_operations_and_outbox()
    _transactions_journal_entries_and_postings()


def _accounts_customers_and_products() -> None:
    op.create_table(
        "accounts",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", "currency", name="accounts_pkey"),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("email", CITEXT(), nullable=False),
        sa.Column("annual_income", sa.BigInteger()),
        sa.Column("income_currency", sa.Text()),
        sa.Column("bank_account", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(annual_income IS NULL) = (income_currency IS NULL)", name="customers_income_check"),
        sa.PrimaryKeyConstraint("id", name="customers_pkey"),
    )
    op.create_index("customers_created_at_id_idx", "customers", ["created_at", "id"])
    op.create_table(
        "products",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", JSONB(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", "version", name="products_pkey"),
    )


def _loans() -> None:
    op.create_table(
        "loans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("product_version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("application", JSONB(), nullable=False),
        sa.Column("decision", JSONB()),
        sa.Column("identity", JSONB()),
        sa.Column("report", JSONB()),
        sa.Column("approvals", JSONB(), nullable=False),
        sa.Column("offer", JSONB()),
        sa.Column("payout", JSONB()),
        sa.Column("waits_until", sa.Date()),
        sa.Column("booked", JSONB(), nullable=False),
        sa.Column("bucket", sa.Text()),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("processed_through", sa.Date(), nullable=False),
        sa.Column("closure", sa.Text()),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("requested_amount", sa.BigInteger(), nullable=False),
        sa.Column("requested_installments", sa.Integer(), nullable=False),
        sa.Column("approved_amount", sa.BigInteger()),
        sa.Column("approved_installments", sa.Integer()),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("disbursed_on", sa.Date()),
        sa.Column("principal", sa.BigInteger(), nullable=False),
        sa.Column("interest", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("penalties", sa.BigInteger(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=False),
        sa.Column("outstanding", sa.BigInteger(), nullable=False),
        sa.Column("days_past_due", sa.Integer(), nullable=False),
        sa.Column("next_due_date", sa.Date()),
        sa.Column("next_milestone_on", sa.Date()),
        sa.Column("next_milestone", sa.Text()),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("principal >= 0", name="loans_principal_check"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="loans_customer_id_fkey"),
        sa.ForeignKeyConstraint(
            ["product_code", "product_version"],
            ["products.code", "products.version"],
            name="loans_product_code_product_version_fkey",
        ),
        sa.PrimaryKeyConstraint("id", name="loans_pkey"),
    )
    op.create_index(
        "loans_bucket_created_at_idx", "loans", ["bucket", "created_at"], postgresql_where=sa.text("bucket IS NOT NULL")
    )
    op.create_index("loans_created_at_id_idx", "loans", ["created_at", "id"])
    op.create_index("loans_customer_id_created_at_idx", "loans", ["customer_id", "created_at"])
    op.create_index("loans_product_code_product_version_idx", "loans", ["product_code", "product_version"])
    op.create_index("loans_status_created_at_id_idx", "loans", ["status", "created_at", "id"])


def _users_and_audit() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", CITEXT(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="users_customer_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
        sa.UniqueConstraint("email", name="users_email_key"),
    )
    op.create_index("users_created_at_id_idx", "users", ["created_at", "id"])
    op.create_index("users_customer_id_idx", "users", ["customer_id"])
    op.create_table(
        "audit",
        sa.Column("loan_id", sa.Uuid()),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("details", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="audit_loan_id_fkey"),
        sa.UniqueConstraint(
            "loan_id", "sequence", name="audit_loan_id_sequence_key", postgresql_nulls_not_distinct=True
        ),
    )


def _installments_operations_and_outbox() -> None:
    op.create_table(
        "installments",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("principal", sa.BigInteger(), nullable=False),
        sa.Column("interest", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("penalties", sa.BigInteger(), nullable=False),
        sa.Column("principal_paid", sa.BigInteger(), nullable=False),
        sa.Column("interest_paid", sa.BigInteger(), nullable=False),
        sa.Column("fees_paid", sa.BigInteger(), nullable=False),
        sa.Column("penalties_paid", sa.BigInteger(), nullable=False),
        sa.Column("interest_waived", sa.BigInteger(), nullable=False),
        sa.Column("fees_waived", sa.BigInteger(), nullable=False),
        sa.Column("penalties_waived", sa.BigInteger(), nullable=False),
        sa.Column("balance_after", sa.BigInteger(), nullable=False),
        sa.Column("paid_in_advance", sa.BigInteger(), nullable=False),
        sa.Column("paid_late", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date()),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="installments_loan_id_fkey"),
        sa.PrimaryKeyConstraint("loan_id", "number", name="installments_pkey"),
    )
    op.create_table(
        "operations",
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=False),
        sa.Column("receipt", JSONB()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="operations_loan_id_fkey"),
        sa.PrimaryKeyConstraint("operation_id", name="operations_pkey"),
    )
    op.create_index("operations_loan_id_idx", "operations", ["loan_id"])
    op.create_table(
        "outbox",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="outbox_loan_id_fkey"),
        sa.PrimaryKeyConstraint("loan_id", "sequence", name="outbox_pkey"),
    )
    op.create_index(
        "outbox_undelivered_idx", "outbox", ["loan_id", "sequence"], postgresql_where=sa.text("delivered_at IS NULL")
    )


def _transactions_journal_entries_and_postings() -> None:
    op.create_table(
        "transactions",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reverses", sa.Integer()),
        sa.Column("installment", sa.Integer()),
        sa.Column("due_date", sa.Date()),
        sa.Column("component", sa.Text()),
        sa.Column("annual_rate", sa.Numeric()),
        sa.CheckConstraint("amount >= 0", name="transactions_amount_check"),
        sa.ForeignKeyConstraint(
            ["loan_id", "reverses"],
            ["transactions.loan_id", "transactions.number"],
            name="transactions_loan_id_reverses_fkey",
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="transactions_loan_id_fkey"),
        sa.PrimaryKeyConstraint("loan_id", "number", name="transactions_pkey"),
    )
    op.create_table(
        "journal_entries",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("loan_id", sa.Uuid()),
        sa.Column("transaction", sa.Integer()),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("transaction IS NULL OR loan_id IS NOT NULL", name="journal_entries_transaction_check"),
        sa.ForeignKeyConstraint(
            ["loan_id", "transaction"],
            ["transactions.loan_id", "transactions.number"],
            name="journal_entries_loan_id_transaction_fkey",
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name="journal_entries_loan_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="journal_entries_pkey"),
    )
    op.create_index("journal_entries_loan_id_id_idx", "journal_entries", ["loan_id", "id"])
    op.create_table(
        "postings",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("leg", sa.SmallInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name="postings_amount_check"),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entries.id"], name="postings_entry_id_fkey"),
        sa.PrimaryKeyConstraint("entry_id", "leg", name="postings_pkey"),
    )
    op.create_index("postings_account_currency_idx", "postings", ["account", "currency"])


def downgrade() -> None:
    op.drop_table("postings")
    op.drop_table("journal_entries")
    op.drop_table("transactions")
    op.drop_table("outbox")
    op.drop_table("operations")
    op.drop_table("installments")
    op.drop_table("audit")
    op.drop_table("users")
    op.drop_table("loans")
    op.drop_table("products")
    op.drop_table("customers")
    op.drop_table("accounts")
    op.execute(DropSequence(sa.Sequence("journal_entry_ids")))
