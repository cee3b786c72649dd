"""The record of a project whose answers have changed: what `add`, `rename`, `change`
and `remove` do to it, and what is left to retire.
"""
