"""The table of documents. Part of the same metadata as `tables`."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, Uuid

from infrastructure.postgres.tables import MOMENT, customers, metadata

documents = Table(  # append-only but for what is sealed, which can be forgotten; the digest is of the content
    "documents",
    metadata,
    Column("id", Uuid(), primary_key=True, autoincrement=False),
    Column("customer_id", Uuid(), ForeignKey(customers.c.id), nullable=False),
    Column("kind", Text(), nullable=False),
    Column("media_type", Text(), nullable=False),
    Column("size", BigInteger(), nullable=False),
    Column("digest", LargeBinary(), nullable=False),
    Column("sealed", LargeBinary()),
    Column("sealed_name", LargeBinary()),
    Column("uploaded_at", MOMENT, nullable=False),
    CheckConstraint("size > 0", name="size"),
    CheckConstraint("sealed_name IS NULL OR sealed IS NOT NULL", name="name"),
    Index(None, "customer_id", "uploaded_at"),
)
