"""Members behind any balancer that scripts reach: they take a member out, put it back, and say how
it is."""

from adapters.scripted.balancer import ScriptedBalancer

__all__ = ["ScriptedBalancer"]
