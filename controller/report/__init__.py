"""Values → words: the plan, the story of a run, the halt message, the status.

What belongs here: pure functions from plans, states and events to text or JSON-able values. What
does not: terminals, files, decisions.
"""
