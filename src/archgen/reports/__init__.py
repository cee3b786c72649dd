"""A recommendation as people read it: one screen in a terminal, a decision record in
Markdown.
"""
