"""Migrations bring tables up to date: Alembic, with a history for each module.

The same in every project; parts do without.
"""
