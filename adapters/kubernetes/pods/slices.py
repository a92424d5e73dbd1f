"""Which pods a Service sends traffic to, as its EndpointSlices say. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

SERVICE_NAME: Final = "kubernetes.io/service-name"
"""Label of the slices of a Service."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    is_ready: bool
    """New connections go there."""
    is_usable: bool
    """New connections may go there: proxies fall back on those that serve while they terminate."""

    def __or__(self, other: "Endpoint") -> "Endpoint":
        return Endpoint(self.is_ready or other.is_ready, self.is_usable or other.is_usable)


NOWHERE: Final = Endpoint(is_ready=False, is_usable=False)


def endpoints_of(slices: Iterable[Json]) -> Mapping[str, Endpoint]:
    """UID of a pod → how the slices list it. It may stand in several: one for each family of
    addresses, and for a moment in two of one."""
    found: dict[str, Endpoint] = {}
    for one in slices:
        for endpoint in one.get("endpoints") or ():
            target = endpoint.get("targetRef") or {}
            if target.get("kind") == "Pod" and target.get("uid"):
                uid = str(target["uid"])
                found[uid] = found.get(uid, NOWHERE) | _endpoint(endpoint.get("conditions") or {})
    return found


def _endpoint(conditions: Mapping[str, bool | None]) -> Endpoint:
    """What is not said is read as the API's types say."""
    ready, serving = conditions.get("ready"), conditions.get("serving")
    is_ready = ready is None or ready
    is_serving = is_ready if serving is None else serving
    is_terminating = bool(conditions.get("terminating"))
    return Endpoint(is_ready, is_ready or (is_serving and is_terminating))
