"""A valid rollout file → the settings that the core uses, and the tasks for one member.

Belongs here: filling templates, and turning `5m` into a duration. Does not belong here: faults; a
file that gets here has none.
"""
