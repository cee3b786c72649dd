"""Migrations bring tables up to date: Alembic, with a history for each module.

The same in every project; parts do without.
"""

from . import values  # noqa: F401 - alembic finds what it knows of each database
