"""The accounts module: who people are, and how they log in."""
