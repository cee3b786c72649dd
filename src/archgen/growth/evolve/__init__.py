"""The same modules in another architecture, or in other parts."""
