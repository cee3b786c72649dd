"""The orders module: what customers order, and what becomes of it."""
