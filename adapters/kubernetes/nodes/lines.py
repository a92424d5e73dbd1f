"""A Node as a line of the pool. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.nodes.leaving import still_to_go
from adapters.kubernetes.nodes.marks import admin_of
from adapters.kubernetes.nodes.proof import is_healthy
from adapters.kubernetes.pod import usable
from controller.core.pool import Check, Health, Incarnation, Line, Occupant

ONE: Final = Incarnation("kubernetes", 0)
"""What is set at a Node is not lost when a server of the API starts again."""


def line_of(
    node: Json, backend: str, pods: Sequence[Json] | None = None, why: Mapping[str, str] = {}
) -> Line:
    """`pods`: those that have still to go; None: nobody has to. `why`: see `still_to_go`."""
    meta = node["metadata"]
    return Line(
        backend=backend,
        member=meta["name"],
        key=f"kubernetes:node/{meta['uid']}",
        occupant=occupant_of(node),
        admin=admin_of(node),
        health=Health.PASSING if is_healthy(node) else Health.FAILING,
        check=Check.RUNNING,
        in_flight=None if pods is None else len(pods),
        in_flight_as=still_to_go(pods, why) if pods else "",
    )


def occupant_of(node: Json) -> Occupant:
    status = node.get("status") or {}
    addresses = status.get("addresses") or ()
    internal = [usable(one["address"]) for one in addresses if one["type"] == "InternalIP"]
    version = (status.get("nodeInfo") or {}).get("kubeletVersion") or ""
    return Occupant(node["metadata"]["uid"], internal[0] if internal else "", 0, version)
