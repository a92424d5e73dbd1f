"""What the members of a file are, read from its plain data."""

from typing import Final

from controller.config.text.trails import mapping

HAPROXY: Final = "haproxy"
PODS: Final = "pods"
NODES: Final = "nodes"
HOSTS: Final = "hosts"

KINDS: Final = (HAPROXY, "kubernetes", HOSTS)
"""Keys of `pool`, of which a file has one."""


def kind_of(data: object) -> str:
    """What the members are; empty where the file does not say it clearly."""
    pool = mapping(data, "pool")
    given_kinds = [kind for kind in KINDS if kind in pool]
    if len(given_kinds) != 1:
        return ""
    if given_kinds[0] != "kubernetes":
        return given_kinds[0]
    given = mapping(pool, "kubernetes")
    if ("service" in given) == ("nodes" in given):
        return ""
    return NODES if "nodes" in given else PODS
