"""The audit trail numbers and chains itself: each row's hash covers its content and the hash of the row before."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

HASH = """
CREATE FUNCTION audit_hash(line audit) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(line.previous_hash || convert_to(jsonb_build_array(
        line.loan_id, line.sequence, line.actor, line.action, line.reason, line.details, extract(epoch FROM line.at)
    )::text, 'UTF8'))
$$
"""

# One writer at a time per chain. The function must stay VOLATILE: so it sees the rows of its own statement, and what
# others committed while it waited for the lock.
CHAIN = """
CREATE FUNCTION chain_audit() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit of ' || coalesce(NEW.loan_id::text, 'no loan'), 0));
    IF NEW.loan_id IS NULL THEN
        SELECT sequence, hash INTO NEW.sequence, NEW.previous_hash
          FROM audit WHERE loan_id IS NULL ORDER BY sequence DESC LIMIT 1;
    ELSE
        SELECT sequence, hash INTO NEW.sequence, NEW.previous_hash
          FROM audit WHERE loan_id = NEW.loan_id ORDER BY sequence DESC LIMIT 1;
    END IF;
    NEW.sequence := coalesce(NEW.sequence, 0) + 1;
    NEW.previous_hash := coalesce(NEW.previous_hash, '');
    NEW.hash := audit_hash(NEW);
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(HASH)
    op.execute(CHAIN)
    op.execute("CREATE TRIGGER chained BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION chain_audit()")


def downgrade() -> None:
    op.execute("DROP TRIGGER chained ON audit")
    op.execute("DROP FUNCTION chain_audit()")
    op.execute("DROP FUNCTION audit_hash(audit)")
