"""Alembic's entry: runs on the connection that `migrate.py` opened, with the module's
schema in front.
"""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    render_as_batch=True,
    autogenerate_plugins=[
        "alembic.autogenerate.*",
        "alembic.ext.checkconstraint_byname",
    ],
    **attributes.get("comparison", {}),
)
with context.begin_transaction():
    context.run_migrations()
