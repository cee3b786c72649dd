"""Policy: what owners of this project are meant to change.

It stands on `mechanism`, which never imports it.
"""
