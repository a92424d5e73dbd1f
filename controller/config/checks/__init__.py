"""What is wrong or questionable in a rollout file, in our words and at its place.

What belongs here: the models' faults told to people, and contradictions between keys. What does
not: anything that has to ask a load balancer or a metrics system.
"""
