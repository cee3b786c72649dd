"""What every part of the system stands on: HTTP, storage, cache, identity, events.

It knows no module.
"""
