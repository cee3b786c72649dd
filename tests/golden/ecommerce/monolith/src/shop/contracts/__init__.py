"""What modules may see of each other, where two of them meet: events, documents, and
what can be asked.
"""
