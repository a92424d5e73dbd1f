"""Nodes that run pods, through the API alone: against the fake API server and any real one."""
