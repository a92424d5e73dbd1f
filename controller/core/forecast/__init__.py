"""Forecast for the plan: blast radius of a bad version, load on the other members, duration.

Computed before anything is touched; nothing here is used while a rollout runs.
"""
