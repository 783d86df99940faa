"""Runs the migrations on the connection that `genmux.store.upgrade` hands over."""

from alembic import context

from genmux.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
