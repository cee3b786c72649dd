"""Domains from elsewhere and to elsewhere: what other tools write is read into one
form, and said in the answers' language.
"""
