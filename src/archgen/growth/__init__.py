"""A project that is there grows: plan -> merge -> write, one way through for every
command that changes it.

What was generated is rendered again from the project's record, what is to be generated
from the new one, and both are merged with what its owner has, as git does.
"""
