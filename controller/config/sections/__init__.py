"""The sections of a rollout file, one pydantic model each.

Belongs here: keys, their types, defaults and descriptions, and the faults of one section by itself.
Does not belong here: contradictions between sections, and what a setting means for a rollout.
"""
