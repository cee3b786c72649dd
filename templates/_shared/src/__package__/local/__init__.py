"""The whole system on one machine, for `make dev` and for tests.

Nothing here is deployed.
"""
