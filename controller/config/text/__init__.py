"""A rollout file as text and plain data: YAML with the place of every key, scalars, templates.

What belongs here: all that is true of any such file. What does not: which sections there are.
"""
