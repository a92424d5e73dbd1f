"""Commands that set a member's lines, and the state that must be read back. Pure.

HAProxy answers OK to settings without effect (like `state ready` on a server that is out by its
configuration), so only what is read back counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from adapters.haproxy.lines import Server
from adapters.haproxy.wire import Command
from controller.core.pool import FULL, Admin, Found, LineKey
from controller.pools.haproxy import AGENT

_AWAY: Final = frozenset((Admin.DRAINING, Admin.OUT))


@dataclass(frozen=True, slots=True)
class Order:
    """Commands for one line, and the state that must be read back there."""

    backend: str
    stages: tuple[tuple[Command, ...], ...]
    """Each a command line; none where it is only looked at. HAProxy goes on after a command that
    it refused, hence what must not happen after a refusal stands in a later stage."""
    wanted: frozenset[Admin]
    weight: int | None = None
    """None: not checked, since an agent check or DNS may change it at once."""
    agent: bool | None = None
    undo: tuple[Command, ...] = ()
    """Sent at once when a stage was refused."""


def drain(servers: Iterable[Server]) -> tuple[Order, ...]:
    """A line that is already out counts as drained; it stays out if that is inherited."""
    return tuple(_set(server, "drain", _AWAY) for server in servers)


def take_out(servers: Iterable[Server]) -> tuple[Order, ...]:
    return tuple(_set(server, "maint", frozenset((Admin.OUT,))) for server in servers)


def cut(servers: Iterable[Server]) -> tuple[Order, ...]:
    return tuple(
        Order(
            server.backend,
            ((("shutdown", "sessions", "server", server.path),),),
            frozenset(Admin),
        )
        for server in servers
    )


def begin_return(servers: Iterable[Server]) -> tuple[Order, ...]:
    """Leaving MAINT counts as healthy until the first check has ended, and cookies reach a
    draining server that is up: so health goes down on the same command line, and stays down until
    `rise` new checks have passed. A line without a check would stay down for ever, and a tracking
    one refuses: both stay out until `put_back`."""
    return tuple(
        _checked_again(server) if server.has_own_check else Order(server.backend, (), _AWAY)
        for server in servers
    )


def _checked_again(server: Server) -> Order:
    return Order(
        server.backend,
        (
            (
                ("disable", "agent", server.path),
                ("set", "server", server.path, "state", "drain"),
                ("set", "server", server.path, "health", "down"),
            ),
        ),
        frozenset((Admin.DRAINING,)),
        agent=False,
        undo=(("set", "server", server.path, "state", "maint"),),
    )


def put_back(
    instance: str, servers: Iterable[Server], found: Found, share: int = FULL
) -> tuple[Order, ...]:
    """Tracked lines first: until they are ready, the lines that track them inherit their state.
    `share`: per cent of the found weight."""
    return tuple(
        _return(instance, server, found, share) for server in _leaders_first(tuple(servers))
    )


def shortfall(order: Order, server: Server | None) -> str | None:
    """Why `order` did not take effect at `server`, in words for an operator, or None."""
    if server is None:
        return "the server has disappeared"
    if server.line.admin not in order.wanted:
        if not order.stages:
            return f"it is {server.line.admin} again: what was set there before is lost"
        return f"answered OK, but it is still {server.line.admin}{_because(server)}"
    if order.weight is not None and server.line.weight != order.weight:
        return f"answered OK, but its weight is {server.line.weight}, not {order.weight}"
    if order.agent is not None and server.has_agent != order.agent:
        return f"answered OK, but its agent check is {'on' if server.has_agent else 'off'}"
    return None


def _set(server: Server, state: str, wanted: frozenset[Admin]) -> Order:
    """The agent is disabled first: its next answer could cancel the state (management guide,
    section 9.3, `set server … agent`; configuration manual, `agent-check`)."""
    commands = (
        ("disable", "agent", server.path),
        ("set", "server", server.path, "state", state),
    )
    return Order(server.backend, (commands,), wanted, agent=False)


def _return(instance: str, server: Server, found: Found, share: int) -> Order:
    """An agent may set the weight, so it stays off during a ramp. Where SRV records set it, it is
    left to them."""
    was = found.at(LineKey(instance, server.backend))
    is_set = was is not None and was.weight > 0 and not server.is_weighed_by_dns
    weight = was.weighing(share) if was and is_set else server.line.weight
    has_agent = was is not None and was.keep.get(AGENT) == "on"
    with_agent = has_agent and share == FULL
    ready: list[Command] = [("set", "server", server.path, "state", "ready")]
    if with_agent:
        ready.append(("enable", "agent", server.path))
    stages = [tuple(ready)]
    if weight != server.line.weight:
        stages.insert(0, (("set", "server", server.path, "weight", str(weight)),))
    if has_agent and not with_agent:
        stages.insert(0, (("disable", "agent", server.path),))
    return Order(
        server.backend,
        tuple(stages),
        frozenset((Admin.READY,)),
        weight=None if with_agent or server.is_weighed_by_dns else weight,
        agent=with_agent if has_agent else None,
    )


def _leaders_first(servers: tuple[Server, ...]) -> list[Server]:
    by_path = {server.path: server for server in servers}

    def depth(server: Server) -> int:
        steps = 0
        leader = by_path.get(server.tracks or "")
        while leader and steps < len(servers):
            steps += 1
            leader = by_path.get(leader.tracks or "")
        return steps

    return sorted(servers, key=depth)


def _because(server: Server) -> str:
    if not server.is_inherited:
        return ""
    if server.tracks:
        return f" because {server.tracks}, which it tracks, is"
    return " by its configuration"
