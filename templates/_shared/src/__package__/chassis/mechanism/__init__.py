"""Mechanism: what owners of this project need not read.

It knows nothing of policy, modules or apps.

Modules use of it what `make check` lists as its public face (`pyproject.toml`); the
rest may change with any update.
"""
