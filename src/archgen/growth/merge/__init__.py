"""What was generated, what the owner has and what is to be generated, merged: by git,
and lists as lists.
"""
