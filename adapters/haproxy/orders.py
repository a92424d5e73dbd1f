"""What to set at the lines of a member, and what must be seen afterwards. Pure.

HAProxy answers OK to settings that do nothing (`state ready` on a server that is out by its
configuration, say), so only what is read back counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from adapters.haproxy.wire import Command
from controller.core.pool import FULL, Admin, Found, Line, LineKey


@dataclass(frozen=True, slots=True)
class Order:
    """What to do at one line, and what must then be seen there."""

    backend: str
    stages: tuple[tuple[Command, ...], ...]
    """Each a command line. HAProxy goes on after a command that it refused, hence what must not
    happen after a refusal stands in a later stage."""
    wanted: frozenset[Admin]
    weight: int | None = None
    """None: not looked at, for an agent check may change it at once."""
    agent: bool | None = None
    undo: tuple[Command, ...] = ()
    """Sent at once when a stage was refused."""


def drain(lines: Iterable[Line]) -> tuple[Order, ...]:
    """Already out is more than drained, and stays so where it is inherited."""
    return tuple(_set(line, "drain", frozenset((Admin.DRAINING, Admin.OUT))) for line in lines)


def take_out(lines: Iterable[Line]) -> tuple[Order, ...]:
    return tuple(_set(line, "maint", frozenset((Admin.OUT,))) for line in lines)


def cut(lines: Iterable[Line]) -> tuple[Order, ...]:
    return tuple(
        Order(
            line.backend,
            ((("shutdown", "sessions", "server", _path(line)),),),
            frozenset(Admin),
        )
        for line in lines
    )


def begin_return(lines: Iterable[Line]) -> tuple[Order, ...]:
    """Leaving MAINT counts as healthy until the first check has ended, and cookies reach a
    draining server that is up: so health goes down on the same command line, and stays down until
    `rise` new checks have passed. A line without a check would stay down for ever, and a tracking
    one refuses: both stay out until `put_back`."""
    return tuple(
        Order(
            line.backend,
            (
                (
                    ("disable", "agent", _path(line)),
                    ("set", "server", _path(line), "state", "drain"),
                    ("set", "server", _path(line), "health", "down"),
                ),
            ),
            frozenset((Admin.DRAINING,)),
            agent=False,
            undo=(("set", "server", _path(line), "state", "maint"),),
        )
        for line in lines
        if line.checked and line.tracks is None
    )


def put_back(
    instance: str, lines: Iterable[Line], found: Found, share: int = FULL
) -> tuple[Order, ...]:
    """Lines that others follow come first: until they are ready, their followers inherit.
    `share`: per cent of the found weight."""
    return tuple(_return(instance, line, found, share) for line in _leaders_first(tuple(lines)))


def shortfall(order: Order, line: Line | None) -> str | None:
    """What of `order` is not seen at `line`, in words for an operator, or None."""
    if line is None:
        return "it has vanished"
    if line.admin not in order.wanted:
        return f"answered OK, but it is still {line.admin}{_because(line)}"
    if order.weight is not None and line.weight != order.weight:
        return f"answered OK, but its weight is {line.weight}, not {order.weight}"
    if order.agent is not None and line.agent != order.agent:
        return f"answered OK, but its agent check is {'on' if line.agent else 'off'}"
    return None


def _set(line: Line, state: str, wanted: frozenset[Admin]) -> Order:
    """The agent goes first: its next word could cancel what follows (management guide,
    section 9.3, `set server … agent`; configuration manual, `agent-check`)."""
    commands = (
        ("disable", "agent", _path(line)),
        ("set", "server", _path(line), "state", state),
    )
    return Order(line.backend, (commands,), wanted, agent=False)


def _return(instance: str, line: Line, found: Found, share: int) -> Order:
    """An agent may set the weight, so it is off for as long as a share of it is meant."""
    was = found.at(LineKey(instance, line.backend))
    weight = was.weighing(share) if was and was.weight > 0 else line.weight
    has_agent = was is not None and was.agent
    with_agent = has_agent and share == FULL
    ready: list[Command] = [("set", "server", _path(line), "state", "ready")]
    if with_agent:
        ready.append(("enable", "agent", _path(line)))
    stages = [tuple(ready)]
    if weight != line.weight:
        stages.insert(0, (("set", "server", _path(line), "weight", str(weight)),))
    if has_agent and not with_agent:
        stages.insert(0, (("disable", "agent", _path(line)),))
    return Order(
        line.backend,
        tuple(stages),
        frozenset((Admin.READY,)),
        weight=None if with_agent else weight,
        agent=with_agent if has_agent else None,
    )


def _leaders_first(lines: tuple[Line, ...]) -> list[Line]:
    by_path = {_path(line): line for line in lines}

    def depth(line: Line) -> int:
        steps = 0
        leader = by_path.get(line.tracks or "")
        while leader and steps < len(lines):
            steps += 1
            leader = by_path.get(leader.tracks or "")
        return steps

    return sorted(lines, key=depth)


def _because(line: Line) -> str:
    if not line.inherited:
        return ""
    if line.tracks:
        return f" because {line.tracks}, which it tracks, is"
    return " by its configuration or because its host name is not resolved"


def _path(line: Line) -> str:
    return f"{line.backend}/{line.member}"
