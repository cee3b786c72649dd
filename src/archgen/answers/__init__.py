"""What was said, from preset, file, flags and wizard, to what is required: every key
read, checked and inferred.
"""
