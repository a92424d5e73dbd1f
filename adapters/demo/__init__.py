"""The embedded default: a HAProxy, small app servers and a load, all on loopback.

The same world serves `poolroll demo` and the tests that need a real HAProxy. What runs, stops and
asks these processes belongs here. Nothing that a rollout in production uses does, no decision
about a rollout, and no test helper.
"""
