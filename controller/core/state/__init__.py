"""What is known of a rollout, and how each event changes it.

What belongs here: the state, the reducers of events and looks, counts since a baseline. What does
not: any decision (`controller.core.decide`).
"""
