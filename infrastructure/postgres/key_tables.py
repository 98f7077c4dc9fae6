"""The tables of wrapped keys. Part of the same metadata as `tables`."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, LargeBinary, Table, Text, Uuid

from infrastructure.postgres.tables import MOMENT, customers, metadata

customer_keys = Table(  # without its key, everything sealed for a customer is noise
    "customer_keys",
    metadata,
    Column("customer_id", Uuid(), ForeignKey(customers.c.id), primary_key=True),
    Column("wrapped", LargeBinary()),
    Column("version", Text()),
    Column("created_at", MOMENT, nullable=False),
    Column("destroyed_at", MOMENT),
    CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),
    CheckConstraint("(wrapped IS NULL) = (version IS NULL)", name="version"),
)

house_keys = Table(  # of the lender's own: for what belongs to no customer
    "house_keys",
    metadata,
    Column("purpose", Text(), primary_key=True),
    Column("wrapped", LargeBinary(), nullable=False),
    Column("version", Text(), nullable=False),
    Column("created_at", MOMENT, nullable=False),
)
