"""What the database refuses by itself, whoever asks: unbalanced entries, rewritten history, changed products."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("transactions", "journal_entries", "postings", "operations", "audit")

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: a correction is a new row', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

REFUSE_USED_PRODUCT = """
CREATE FUNCTION refuse_change_of_used_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM loans WHERE product_code = OLD.code AND product_version = OLD.version) THEN
        RAISE EXCEPTION 'product % version % is in use: make a new version', OLD.code, OLD.version
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$
"""

PRODUCT_TRIGGERS = """
CREATE TRIGGER immutable_once_used BEFORE UPDATE OF code, version, definition ON products
    FOR EACH ROW WHEN ((OLD.code, OLD.version, OLD.definition) IS DISTINCT FROM (NEW.code, NEW.version, NEW.definition))
    EXECUTE FUNCTION refuse_change_of_used_product();
CREATE TRIGGER kept_once_used BEFORE DELETE ON products
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_product()
"""

# Asked at commit, of the entry and of each leg: legs may come in any order, and none can join an old entry alone.
BALANCED = """
CREATE FUNCTION refuse_unbalanced_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry bigint; legs bigint; unknown bigint; unbalanced bigint;
BEGIN
    IF TG_TABLE_NAME = 'postings' THEN entry := NEW.entry_id; ELSE entry := NEW.id; END IF;
    SELECT sum(of_currency.legs), sum(of_currency.unknown), count(*) FILTER (WHERE of_currency.total <> 0)
      INTO legs, unknown, unbalanced
      FROM (SELECT count(*) AS legs, count(*) FILTER (WHERE a.code IS NULL) AS unknown, sum(p.amount) AS total
              FROM postings p LEFT JOIN accounts a ON a.code = p.account AND a.currency = p.currency
             WHERE p.entry_id = entry GROUP BY p.currency) of_currency;
    IF legs IS NULL OR unbalanced > 0 OR unknown > 0 THEN
        RAISE EXCEPTION 'journal entry % %', entry, CASE
            WHEN legs IS NULL THEN 'has no legs'
            WHEN unbalanced > 0 THEN 'is not balanced'
            ELSE 'names an account that does not exist' END USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(REFUSE_CHANGE)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(REFUSE_USED_PRODUCT)
    for trigger in PRODUCT_TRIGGERS.split(";"):
        op.execute(trigger)
    op.execute(BALANCED)
    for table in ("journal_entries", "postings"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced_entry()"
        )


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER append_only ON {table}")
    op.execute("DROP TRIGGER kept_once_used ON products")
    op.execute("DROP TRIGGER immutable_once_used ON products")
    for table in ("journal_entries", "postings"):
        op.execute(f"DROP TRIGGER balanced ON {table}")
    for function in ("refuse_unbalanced_entry", "refuse_change_of_used_product", "refuse_change"):
        op.execute(f"DROP FUNCTION {function}()")
