"""The inventory module: products."""
