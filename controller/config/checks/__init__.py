"""Faults and warnings of a rollout file, each at its line and column.

Belongs here: the models' faults as messages, and contradictions between keys. Does not belong
here: anything that has to ask a load balancer or a metrics system.
"""
