"""The close of business charges penalty interest: each loan's narrow row keeps what was charged, and what will be."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.roles import application_role

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# No loan bore any until now, so that its own row says what was charged.
ADOPT = """
UPDATE accruals a SET penalties_charged = charged, own_penalties = charged
  FROM loans l, CAST(l.booked ->> 'penalties_charged' AS bigint) AS charged WHERE l.id = a.loan_id AND charged <> 0
"""

TO_DATE = """
CREATE VIEW loans_to_date AS
SELECT l.id, l.status, l.product_code, l.product_version, l.currency,
       coalesce(a.accrued_through, l.accrued_through) AS accrued_through,
       CASE WHEN a.loan_id IS NULL THEN l.booked
            ELSE l.booked || jsonb_build_object(
                'interest_accrued', a.interest_accrued, 'penalties_charged', a.penalties_charged) END AS booked,
       l.principal,
       l.interest + coalesce(a.interest_accrued - (l.booked ->> 'interest_accrued')::bigint, 0) AS interest,
       l.fees,
       l.penalties + coalesce(a.penalties_charged - (l.booked ->> 'penalties_charged')::bigint, 0) AS penalties,
       l.credit,
       coalesce(a.own_interest, (l.booked ->> 'interest_accrued')::bigint) AS own_interest,
       coalesce(a.own_penalties, (l.booked ->> 'penalties_charged')::bigint) AS own_penalties
  FROM loans l LEFT JOIN accruals a ON a.loan_id = l.id
"""

BEFORE = """
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


def upgrade() -> None:
    for name in ("penalties_charged", "own_penalties"):
        op.add_column("accruals", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
        op.alter_column("accruals", name, server_default=None)
    op.add_column("accruals", sa.Column("penalties", JSONB()))
    op.execute(ADOPT)
    _see_loans(TO_DATE)


def downgrade() -> None:
    _see_loans(BEFORE)
    for name in ("penalties", "own_penalties", "penalties_charged"):
        op.drop_column("accruals", name)


def _see_loans(view: str) -> None:
    op.execute("DROP VIEW loans_to_date")
    op.execute(view)
    op.execute(f"GRANT SELECT ON loans_to_date TO {application_role()}")
