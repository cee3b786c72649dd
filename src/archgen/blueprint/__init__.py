"""What is to be built, in full, and how it follows from requirements, domain and
advice.
"""
