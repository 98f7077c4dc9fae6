"""Who is signed in, who is locked out, and what was done and refused at the administrative door."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid

from infrastructure.postgres.tables import metadata

MOMENT = DateTime(timezone=True)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("user_id", Uuid(), ForeignKey("users.id"), nullable=False),
    Column("began_at", MOMENT, nullable=False),
    Column("ends_at", MOMENT, nullable=False),
    Column("ended_at", MOMENT),
    Column("ended_because", Text()),
    Index(None, "user_id", "ends_at"),
)

refresh_tokens = Table(  # a sign-in's one that is not used is the one that counts
    "refresh_tokens",
    metadata,
    Column("hash", LargeBinary(), primary_key=True),
    Column("sign_in_id", Uuid(), ForeignKey("sign_ins.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("issued_at", MOMENT, nullable=False),
    Column("used_at", MOMENT),
)

lockouts = Table(  # of accounts with failed attempts, since `at`
    "lockouts",
    metadata,
    Column("user_id", Uuid(), ForeignKey("users.id"), primary_key=True),
    Column("failures", Integer(), nullable=False),
    Column("at", MOMENT, nullable=False),
)

door_log = Table(  # one row for what somebody did, and how it ended, in a minute
    "door_log",
    metadata,
    Column("minute", MOMENT, primary_key=True),
    Column("actor", Text(), primary_key=True),
    Column("action", Text(), primary_key=True),
    Column("subject", Text(), primary_key=True),
    Column("status", Integer(), primary_key=True, autoincrement=False),
    Column("times", Integer(), nullable=False),
)
