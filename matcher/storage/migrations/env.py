"""Runs the steps on the connection that `Database.upgrade` hands over."""

from alembic import context

from matcher.storage.mapping import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
