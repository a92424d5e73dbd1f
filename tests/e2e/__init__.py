"""The command `poolroll` as a process of its own, on real HAProxys with real apps and users.

Belongs here: what an operator or a user of the pool would notice. Does not belong here: what one
part alone can show (its own folder has that), and anything that only a fake could do.
"""
