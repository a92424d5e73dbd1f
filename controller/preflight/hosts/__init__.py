"""The hosts that steps go to by ssh: what they are like, and what a run would refuse of them.

Each is asked once, in one connection, and nothing is changed there.
"""
