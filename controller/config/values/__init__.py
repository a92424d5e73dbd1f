"""A right rollout file → the values that the core decides by, and the work on one member.

What belongs here: filling templates, and turning `5m` into a duration. What does not: faults; a
file that comes here has none.
"""
