"""The items module: items."""
