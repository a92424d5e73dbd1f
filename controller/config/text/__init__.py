"""A rollout file as text and plain data: YAML with line and column of every key, templates.

Belongs here: what holds for any YAML file. Does not belong here: the sections of a rollout file.
"""
