"""The payments module: what was paid for orders."""
