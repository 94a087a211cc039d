"""Runs the steps on the connection that `migrating` hands over."""

from alembic import context

from photocompare.records.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=False,
    render_as_batch=False,
)
context.run_migrations()
