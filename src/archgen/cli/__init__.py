"""The command line: the only package that prints or asks. A module a command, heavy
imports inside it.
"""
