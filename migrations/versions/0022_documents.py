"""Documents of customers: sealed, never changed, and forgotten on their own."""

import sqlalchemy as sa
from alembic import op

from migrations.roles import application_role

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("sealed_name", sa.LargeBinary()),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("documents_size_check")),
        sa.CheckConstraint("sealed_name IS NULL OR sealed IS NOT NULL", name=op.f("documents_name_check")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="documents_customer_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="documents_pkey"),
    )
    op.create_index("documents_customer_id_uploaded_at_idx", "documents", ["customer_id", "uploaded_at"])
    op.execute("ALTER TABLE documents ALTER sealed SET STORAGE EXTERNAL")  # what is sealed doesn't get smaller
    op.execute(f"GRANT SELECT, INSERT, UPDATE (sealed, sealed_name) ON documents TO {application_role()}")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OF id, customer_id, kind, media_type, size, digest, uploaded_at"
        " OR DELETE OR TRUNCATE ON documents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("documents")
