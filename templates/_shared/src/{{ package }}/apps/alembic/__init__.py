"""Brings tables up to date: alembic, with a history for each module. The same in every project; parts do without."""
