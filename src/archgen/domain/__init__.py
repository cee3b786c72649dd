"""The domain: modules, entities and fields as people write them, what they must keep
to, and the presets.
"""
