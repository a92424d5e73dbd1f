"""What the members of a file are, read from its plain data."""

from typing import Final

from controller.config.text.trails import mapping

HAPROXY: Final = "haproxy"
PODS: Final = "pods"
NODES: Final = "nodes"


def kind_of(data: object) -> str:
    """What the members are; empty where the file does not say it clearly."""
    pool = mapping(data, "pool")
    if ("haproxy" in pool) == ("kubernetes" in pool):
        return ""
    if "haproxy" in pool:
        return HAPROXY
    given = mapping(pool, "kubernetes")
    if ("service" in given) == ("nodes" in given):
        return ""
    return NODES if "nodes" in given else PODS
