"""Alembic's entry: runs on the connection that `migrate.py` opened, with the module's schema in front."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    render_as_batch=True,
    compare_type=True,
    render_item=attributes.get("render_item"),
    process_revision_directives=attributes.get("process_revision_directives"),
)
with context.begin_transaction():
    context.run_migrations()
