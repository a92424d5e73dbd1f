"""What a bad version may cost, and how long a rollout takes: figures for the plan, before anything
is touched. Nothing here is asked while a rollout runs.
"""
