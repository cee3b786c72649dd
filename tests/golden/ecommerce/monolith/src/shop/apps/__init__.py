"""The composition roots: the only code that knows what runs where.

Generated from `archgen.yaml`.

What a module is made from stands in its `wiring.py`, so hardly any change belongs here.
"""
