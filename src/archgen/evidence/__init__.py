"""What the advisor believes, as data with its sources (`data/`); loaded and checked
here, and handed to it.
"""
