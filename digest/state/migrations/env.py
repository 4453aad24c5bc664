"""Alembic's entry: runs migrations on the connection that `digest.state.migrating` lends."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
