"""shop: the modules, and what they stand on."""
