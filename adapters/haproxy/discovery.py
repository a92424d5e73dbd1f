"""What backends a HAProxy has, for whoever does not know their names yet."""

from collections.abc import Mapping

from adapters.haproxy.balancer import DEADLINE
from adapters.haproxy.client import RuntimeClient
from adapters.haproxy.door import BadDoor, parse_door
from adapters.haproxy.query import SHOW_SERVERS, rows_in
from controller.errors import UsageFault

_MODES = ("http", "tcp")
"""Others, like `log`, are no pools."""


async def servers_behind(door: str) -> Mapping[str, tuple[str, ...]]:
    """Backend → its servers without the backups, all in HAProxy's order.

    Raises UsageFault for what is no door, and BalancerError.
    """
    parsed = parse_door(door)
    if isinstance(parsed, BadDoor):
        raise UsageFault(f"{door}: {parsed.reason}")
    (reply,) = await RuntimeClient(door, parsed, DEADLINE).ask(SHOW_SERVERS)
    found: dict[str, list[str]] = {}
    for row in rows_in(door, SHOW_SERVERS, reply):
        if row.text("mode") in _MODES:
            servers = found.setdefault(row.text("pxname"), [])
            if row.count("bck") == 0:
                servers.append(row.text("svname"))
    return {name: tuple(servers) for name, servers in found.items()}
