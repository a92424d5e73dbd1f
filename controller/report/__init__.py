"""Text and JSON for people: the plan, the log of a run, the halt message, status, board, report.

Belongs here: pure functions from plans, states and events to text or JSON-able values. Does not
belong here: terminals, files, decisions.
"""
