"""Discovery of backends and servers, for `init`."""

import asyncio
from collections.abc import Mapping, Sequence

from adapters.haproxy.balancer import DEADLINE, HaproxyLoadBalancer
from adapters.haproxy.client import RuntimeClient, endpoint_of
from adapters.haproxy.query import SHOW_SERVERS, rows_in
from controller.core.pool import InstanceView
from controller.pools.haproxy import HaproxyFacts, HaproxyPool
from controller.ports import Clock

_MODES = ("http", "tcp")
"""Other modes, like `log`, are not pools."""
_NAMELESS = "MAINT (resolution)"
"""The status of an empty slot, and of a name without an address (management guide, section 9.1)."""


async def servers_behind(api: str) -> Mapping[str, tuple[str, ...]]:
    """Backend → its servers without backups and those that have no address, in HAProxy's order.

    Raises UsageFault for an invalid endpoint, and BalancerError.
    """
    (reply,) = await RuntimeClient(api, endpoint_of(api), DEADLINE).ask(SHOW_SERVERS)
    found: dict[str, list[str]] = {}
    for row in rows_in(api, SHOW_SERVERS, reply):
        if row.text("mode") in _MODES:
            servers = found.setdefault(row.name("pxname"), [])
            if row.count("bck") == 0 and row.text("status") != _NAMELESS:
                servers.append(row.name("svname"))
    return {name: tuple(servers) for name, servers in found.items()}


async def facts_and_views(
    pool: HaproxyPool, clock: Clock
) -> Sequence[tuple[HaproxyFacts, InstanceView]]:
    """Facts about each HAProxy in front of a pool, in order, and a full look at it. Works at any
    permission level. Raises UsageFault, BalancerError."""
    balancer = HaproxyLoadBalancer(pool.apis, pool.backends, clock)

    async def one(instance: str) -> tuple[HaproxyFacts, InstanceView]:
        return await balancer.facts(instance), await balancer.look(instance, None)

    return await asyncio.gather(*map(one, balancer.instances))
