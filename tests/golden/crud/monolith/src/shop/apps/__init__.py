"""The composition roots: the only code that knows what runs where. Generated; a change belongs in a module."""
