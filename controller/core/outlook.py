"""What lies ahead of a rollout, in figures: traffic, the load that the others carry, the time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from controller.core.plan import Plan
from controller.core.pool import InstanceView, Line


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests per second, as they were measured."""

    pool: float
    member: float
    """What one upgraded member gets, at most."""
    together: int = 1
    """How many may be upgraded and not yet proven at the same time."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the others carry in one backend of one instance while members are out."""

    instance: str
    backend: str
    sessions: int
    """Under way now, in the whole backend."""
    serving: int
    """Members that serve now."""
    carriers: int
    """How many serve, while as many are out as may be."""
    room: int | None
    """Sessions that these take at once (`maxconn`), at the least; None: without a limit."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How long a rollout takes in which nothing fails."""

    turns: int
    """One after the other; as many members at once as may be out."""
    waits: timedelta
    """In each turn: sticky clients, ramp and soak. Work in flight and health checks come on top."""
    commands: timedelta | None
    """In each turn, the upgrade's commands as they last were; None: not known."""

    @property
    def total(self) -> timedelta | None:
        return None if self.commands is None else (self.waits + self.commands) * self.turns


def traffic(
    views: Sequence[InstanceView],
    rates: Mapping[tuple[str, str], float],
    members: Collection[str],
    together: int,
) -> Traffic:
    """`rates`: (instance, backend) → requests per second; `members`: those to be upgraded."""
    busiest: dict[str, float] = dict.fromkeys(members, 0.0)
    for view in views:
        for backend in dict.fromkeys(line.backend for line in view.lines):
            rate = rates.get((view.instance, backend), 0.0)
            for member, share in _shares(view, backend, busiest.keys(), together).items():
                busiest[member] += rate * share
    return Traffic(sum(rates.values()), max(busiest.values(), default=0.0), together)


def _shares(
    view: InstanceView, backend: str, members: Collection[str], together: int
) -> dict[str, float]:
    """Member → its share by weight, while as many of the others as may be are out."""
    weights = {line.member: line.weight for line in _serving(view, backend)}
    going = sorted((name for name in weights if name in members), key=lambda n: -weights[n])
    whole = sum(weights.values())
    shares = {}
    for line in view.lines:
        if line.backend != backend or line.member not in members:
            continue
        out = [name for name in going[:together] if name != line.member][: together - 1]
        rest = whole - weights.get(line.member, 0) - sum(weights[name] for name in out)
        weight = max(line.weight, 1)
        shares[line.member] = weight / (weight + rest)
    return shares


def _serving(view: InstanceView, backend: str) -> list[Line]:
    return [line for line in view.lines if line.backend == backend and line.is_serving]


def loads(
    views: Sequence[InstanceView],
    limits: Mapping[tuple[str, str, str], int],
    members: Collection[str],
    together: int,
) -> tuple[Load, ...]:
    """`limits`: (instance, backend, server) → its `maxconn`, where it has one."""
    found = []
    for view in views:
        for backend in dict.fromkeys(line.backend for line in view.lines):
            serving = _serving(view, backend)
            out = min(together, sum(1 for line in serving if line.member in members))
            room = {
                line.member: limits.get((view.instance, backend, line.member)) for line in serving
            }
            known = [limit for limit in room.values() if limit is not None]
            gone = sorted(
                (limit for name, limit in room.items() if limit is not None and name in members),
                reverse=True,
            )
            found.append(
                Load(
                    view.instance,
                    backend,
                    sum(
                        line.in_flight + line.queued
                        for line in view.lines
                        if line.backend == backend
                    ),
                    len(serving),
                    len(serving) - out,
                    sum(known) - sum(gone[:out]) if len(known) == len(room) else None,
                )
            )
    return tuple(found)


def expected(plan: Plan, commands: timedelta | None) -> Expected:
    """`commands`: what the commands took for one member the last time."""
    policies = plan.policies
    waits = policies.soak + policies.comeback.hold * len(policies.comeback.ramp)
    if plan.sticky:
        waits += policies.drain.sticky
    turns = ceil(len(plan.members) / plan.max_unavailable)
    return Expected(turns, waits, commands if plan.upgrade.steps else timedelta(0))
