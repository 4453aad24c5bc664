"""Alembic's entry: runs migrations on the connection that `digest.state.migrating` lends."""

from alembic import context

from digest.state.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
