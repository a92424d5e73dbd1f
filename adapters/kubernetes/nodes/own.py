"""On which Node poolroll itself runs. Pure."""

from collections.abc import Mapping
from typing import Final

NODE: Final = "POOLROLL_NODE"
POD: Final = "POOLROLL_POD"
"""Set from the downward API: `spec.nodeName`, `metadata.name`."""
ELSEWHERE: Final = "none"


def own_node(environ: Mapping[str, str]) -> str | None:
    """Empty: on none of the cluster's. None: in a cluster, and nobody says on which Node."""
    named = environ.get(NODE, "")
    if named:
        return "" if named == ELSEWHERE else named
    return None if environ.get("KUBERNETES_SERVICE_HOST") else ""


def own_pod(environ: Mapping[str, str]) -> str:
    """Empty: not known, or in none. A pod's host name is its name, unless it says otherwise."""
    if environ.get(POD):
        return environ[POD]
    return environ.get("HOSTNAME", "") if environ.get("KUBERNETES_SERVICE_HOST") else ""
