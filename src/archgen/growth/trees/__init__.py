"""What lies in a project, before and after: trees kept by git, the owner's own, and
writing one so that it is there or not.
"""
