"""Members behind any balancer that scripts reach: they take a member out, put it back, and say how
it is. And servers that stand alone, without any."""

from adapters.scripted.alone import AloneServers
from adapters.scripted.balancer import ScriptedBalancer
from adapters.scripted.kept import Kept

__all__ = ["AloneServers", "Kept", "ScriptedBalancer"]
