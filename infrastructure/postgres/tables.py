"""The tables, as Alembic compares them with the migrations. Triggers and grants are in the migrations alone.

Amounts are bigint minor units: a loan's transactions and installments in the loan's currency, legs in their own.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Sequence,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

MOMENT = DateTime(timezone=True)


def _key(name: str, kind: TypeEngine[Any], *more: SchemaItem) -> Column[Any]:
    return Column(name, kind, *more, primary_key=True, autoincrement=False)


def _given(name: str, kind: TypeEngine[Any], *more: SchemaItem) -> Column[Any]:
    return Column(name, kind, *more, nullable=False)


def _amounts(*names: str) -> list[Column[Any]]:
    return [_given(name, BigInteger()) for name in names]


# Who

customers = Table(  # `sealed` is a CustomerDetails under the customer's own key
    "customers",
    metadata,
    _key("id", Uuid()),
    _given("sealed", LargeBinary()),
    Column("account_index", LargeBinary(), index=True),  # finds who else has the bank account; none once erased
    _given("created_at", MOMENT),
    Index(None, "created_at", "id"),
)

branches = Table(
    "branches",
    metadata,
    _key("code", Text()),
    _given("name", Text()),
    _given("created_at", MOMENT),
)

# Found by the index of an address; the address itself is sealed. Without a branch, or with `every_branch`, they see the
# loans of all.
users = Table(
    "users",
    metadata,
    _key("id", Uuid()),
    Column("email_index", LargeBinary(), unique=True),  # none once erased
    _given("sealed_email", LargeBinary()),
    _given("password_hash", Text()),
    _given("role", Text()),
    _given("level", Integer()),
    Column("customer_id", Uuid(), ForeignKey("customers.id"), index=True),
    _given("active", Boolean()),
    Column("branch", Text(), ForeignKey("branches.code")),
    Column("further_branches", ARRAY(Text()), server_default="{}", nullable=False),
    Column("subject", Text(), unique=True),
    Column("every_branch", Boolean(), server_default=false(), nullable=False),
    _given("created_at", MOMENT),
    Index(None, "created_at", "id"),
)

delegations = Table(  # append-only but for its end: an officer's authority in a colleague's hands
    "delegations",
    metadata,
    _key("id", Uuid()),
    _given("delegator_id", Uuid(), ForeignKey("users.id")),
    _given("delegate_id", Uuid(), ForeignKey("users.id")),
    _given("first_day", Date()),
    _given("last_day", Date()),
    _given("made_by", Text()),
    _given("made_at", MOMENT),
    Column("revoked_by", Text()),
    Column("revoked_at", MOMENT),
    CheckConstraint("delegator_id <> delegate_id", name="two"),
    CheckConstraint("last_day >= first_day", name="days"),
    Index(None, "delegate_id", "last_day"),
    Index(None, "made_at", "id"),
)

# What is lent

products = Table(  # `definition` is a LoanProduct; immutable once a loan was born with it
    "products",
    metadata,
    _key("code", Text()),
    _key("version", Integer()),
    _given("definition", JSONB()),
    _given("retired", Boolean()),
    _given("created_at", MOMENT),
)

loans = Table(  # columns named as fields of LoanFile are the file; the others are read off it at each write
    "loans",
    metadata,
    _key("id", Uuid()),
    _given("customer_id", Uuid(), ForeignKey("customers.id")),
    _given("product_code", Text()),
    _given("product_version", Integer()),
    Column("branch", Text(), ForeignKey("branches.code"), server_default="main", nullable=False),
    _given("status", Text()),
    _given("application", JSONB()),
    Column("decision", JSONB()),
    Column("identity", JSONB()),
    Column("report", JSONB()),
    Column("referral", JSONB()),
    _given("approvals", JSONB()),
    Column("offer", JSONB()),
    _given("alternatives", JSONB()),
    Column("payout", JSONB()),
    Column("mandate", JSONB()),
    Column("debit", JSONB()),
    Column("cooling_off", JSONB()),
    Column("waits_until", Date()),
    _given("booked", JSONB()),
    Column("bucket", Text()),
    _given("business_date", Date()),
    _given("processed_through", Date()),
    _given("accrued_through", Date()),
    Column("closure", Text()),
    _given("currency", Text()),
    _given("requested_amount", BigInteger()),
    _given("requested_installments", Integer()),
    Column("approved_amount", BigInteger()),
    Column("approved_installments", Integer()),
    _given("applied_on", Date()),
    Column("disbursed_on", Date()),
    *_amounts("principal", "interest", "fees", "penalties", "credit"),
    _given("outstanding", BigInteger()),
    _given("days_past_due", Integer()),
    Column("next_due_date", Date()),
    Column("next_milestone_on", Date()),
    Column("next_milestone", Text()),
    _given("events", Integer()),
    _given("version", Integer()),
    _given("created_at", MOMENT),
    _given("updated_at", MOMENT),
    ForeignKeyConstraint(["product_code", "product_version"], ["products.code", "products.version"]),
    CheckConstraint("principal >= 0", name="principal"),
    Index(None, "created_at", "id"),
    Index(None, "customer_id", "created_at"),
    Index(None, "product_code", "product_version"),
    Index(None, "status", "created_at", "id"),
    Index(
        "loans_device_idx",
        text("(application ->> 'device')"),
        "created_at",
        postgresql_where=text("(application ->> 'device') IS NOT NULL"),
    ),
    Index(None, "branch", "created_at", "id"),
    Index(None, "bucket", "created_at", postgresql_where=text("bucket IS NOT NULL")),
)

transactions = Table(  # append-only
    "transactions",
    metadata,
    _key("loan_id", Uuid(), ForeignKey("loans.id")),
    _key("number", Integer()),
    _given("kind", Text()),
    _given("effective_date", Date()),
    _given("booked_at", MOMENT),
    _given("operation_id", Text()),
    _given("amount", BigInteger()),
    Column("reverses", Integer()),
    Column("installment", Integer()),
    Column("due_date", Date()),
    Column("component", Text()),
    Column("annual_rate", Numeric()),
    Column("debit", Integer()),
    ForeignKeyConstraint(["loan_id", "reverses"], ["transactions.loan_id", "transactions.number"]),
    ForeignKeyConstraint(["loan_id", "debit"], ["transactions.loan_id", "transactions.number"]),
    CheckConstraint("amount >= 0", name="amount"),
)

installments = Table(  # the schedule as the fold sees it on the loan's business date
    "installments",
    metadata,
    _key("loan_id", Uuid(), ForeignKey("loans.id")),
    _key("number", Integer()),
    _given("kind", Text()),
    _given("start_date", Date()),
    _given("due_date", Date()),
    *_amounts("principal", "interest", "fees", "penalties"),
    *_amounts("principal_paid", "interest_paid", "fees_paid", "penalties_paid"),
    *_amounts("interest_waived", "fees_waived", "penalties_waived"),
    *_amounts("balance_after", "paid_in_advance", "paid_late"),
    Column("paid_on", Date()),
)

# The books

accounts = Table(  # the chart, once per currency that a product lends
    "accounts",
    metadata,
    _key("code", Text()),
    _key("currency", Text()),
    _given("kind", Text()),
)

journal_entry_ids = Sequence("journal_entry_ids", data_type=BigInteger(), metadata=metadata)

journal_entries = Table(  # append-only; no loan: an entry for many
    "journal_entries",
    metadata,
    _key("id", BigInteger()),
    Column("loan_id", Uuid(), ForeignKey("loans.id")),
    Column("transaction", Integer()),
    _given("memo", Text()),
    _given("effective_date", Date()),
    _given("booked_at", MOMENT),
    ForeignKeyConstraint(["loan_id", "transaction"], ["transactions.loan_id", "transactions.number"]),
    CheckConstraint("transaction IS NULL OR loan_id IS NOT NULL", name="transaction"),
    Index(None, "loan_id", "id"),
    Index(None, "effective_date", postgresql_using="brin"),  # days come nearly in order
)

postings = Table(  # append-only; one leg each, debits positive, credits negative
    "postings",
    metadata,
    _key("entry_id", BigInteger(), ForeignKey("journal_entries.id")),
    _key("leg", SmallInteger()),
    _given("account", Text()),  # whether it exists is asked at commit: a foreign key would lock the few rows all share
    _given("currency", Text()),
    _given("amount", BigInteger()),
    CheckConstraint("amount <> 0", name="amount"),
    Index(None, "account", "currency"),
)

# What was asked, done and told

operations = Table(  # append-only, never pruned; no loan: of the books as a whole
    "operations",
    metadata,
    _key("operation_id", Text()),
    Column("loan_id", Uuid(), ForeignKey("loans.id")),
    _given("kind", Text()),
    _given("body_digest", Text()),
    Column("receipt", JSONB()),
    _given("at", MOMENT),
    Index(None, "loan_id"),
)

outbox = Table(
    "outbox",
    metadata,
    _key("loan_id", Uuid(), ForeignKey("loans.id")),
    _key("sequence", Integer()),
    _given("type", Text()),
    _given("data", JSONB()),
    _given("at", MOMENT),
    Column("delivered_at", MOMENT),
    Index("outbox_undelivered_idx", "loan_id", "sequence", postgresql_where=text("delivered_at IS NULL")),
)

audit = Table(  # append-only; a trigger numbers the rows of a loan (or of none) and chains them by their hashes
    "audit",
    metadata,
    Column("loan_id", Uuid(), ForeignKey("loans.id")),
    _given("sequence", Integer()),
    _given("actor", Text()),
    _given("action", Text()),
    Column("reason", Text()),
    _given("details", JSONB()),
    _given("at", MOMENT),
    _given("previous_hash", LargeBinary()),
    _given("hash", LargeBinary()),
    UniqueConstraint("loan_id", "sequence", postgresql_nulls_not_distinct=True),
)

evidence = Table(  # append-only; sealed under the customer's key, the digest is of what is sealed
    "evidence",
    metadata,
    _key("key", Text()),
    _given("loan_id", Uuid(), ForeignKey("loans.id")),
    _given("sealed", LargeBinary()),
    _given("digest", LargeBinary()),
    Column("at", MOMENT, server_default=text("now()"), nullable=False),
    Index(None, "loan_id"),
)

acceptances = Table(  # append-only; the address is sealed under the customer's key
    "acceptances",
    metadata,
    _key("operation_id", Text()),  # of the command; where that one was refused, nothing was accepted
    _given("loan_id", Uuid(), ForeignKey("loans.id")),
    _key("offer_digest", Text()),
    _given("accepted_by", Text()),
    Column("sealed_address", LargeBinary()),
    _given("at", MOMENT),
    Index(None, "loan_id"),
)

correspondence = Table(  # append-only; what people write about people is sealed under the customer's key
    "correspondence",
    metadata,
    _key("operation_id", Text()),  # of an answer, of the command that gave it; where that was refused, it doesn't count
    _given("loan_id", Uuid(), ForeignKey("loans.id")),
    _given("kind", Text()),
    _given("author", Text()),
    _given("sealed", LargeBinary()),
    _given("digest", Text()),
    _given("at", MOMENT),
    CheckConstraint("kind IN ('comment', 'answer')", name="kind"),
    Index(None, "loan_id", "at"),
)
