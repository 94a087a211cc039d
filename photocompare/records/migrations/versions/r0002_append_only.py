"""What was measured, rated or noted is never changed: triggers in both databases."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEVER_UPDATED = ("trail", "comparison", "rating", "consent", "photo")
NEVER_DELETED = ("trail", "comparison", "rating")


def upgrade() -> None:
    kept = [(table, "UPDATE") for table in NEVER_UPDATED] + [(table, "DELETE") for table in NEVER_DELETED]
    if op.get_bind().dialect.name == "sqlite":
        for table, deed in kept:
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION keep_row() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'rows of % are kept as they are', TG_TABLE_NAME; END $$"
    )
    for table, deed in kept:
        op.execute(f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} FOR EACH ROW EXECUTE FUNCTION keep_row()")
    op.execute("CREATE TRIGGER trail_no_truncate BEFORE TRUNCATE ON trail FOR EACH STATEMENT EXECUTE FUNCTION keep_row()")
