"""Every version that was released, what lies between two of them, and how the records
of older ones are read.
"""
