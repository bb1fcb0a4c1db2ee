"""Alembic's entry point. `cabanas.db.migrate` runs it and hands over an open connection."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], target_metadata=None, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
