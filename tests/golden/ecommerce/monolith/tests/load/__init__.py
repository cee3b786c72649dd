"""Data to look at, and the load test: both from what the project's API offers
(`model.py`).
"""
