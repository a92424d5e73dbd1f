"""Members behind any balancer that scripts reach: they take a member out, put it back, and say how
it is. And servers without any: alone, or in a pair."""

from adapters.scripted.alone import AloneServers
from adapters.scripted.balancer import ScriptedBalancer
from adapters.scripted.kept import Kept
from adapters.scripted.pair import PairBoxes

__all__ = ["AloneServers", "Kept", "PairBoxes", "ScriptedBalancer"]
