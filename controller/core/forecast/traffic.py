"""Measured traffic: requests per second of the pool and of one upgraded member."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.pool import FULL, FoundLine, InstanceView, Line, LineKey
from controller.core.pool.copies import replace

LONGEST: Final = timedelta(seconds=2)
"""Anything in flight for longer is assumed to be a long-lived connection, not a request."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests per second, as measured."""

    pool: float
    member: float
    """Of one upgraded member, at most."""
    together: int = 1
    """How many members may be upgraded and unproven at the same time."""
    steps: tuple[float, ...] = ()
    """Of one member at each step of the ramp, at most."""
    peers: float = 0.0
    """Of the members that are upgraded later, at least."""
    takes: timedelta = timedelta(0)
    """Average duration of a request."""
    prefers_idle: bool = False
    """Requests go to the member with the fewest in flight: one that fails quickly attracts more."""
    is_counted: bool = True
    """Otherwise the traffic is not known, and the rates are zero."""

    def scaled(self, share: float) -> "Traffic":
        """The same at a share of the rate."""
        return replace(
            self,
            pool=self.pool * share,
            member=self.member * share,
            steps=tuple(step * share for step in self.steps),
            peers=self.peers * share,
        )

    def failing(self, ratio: float) -> "Traffic":
        """The same while a member fails `ratio` of its requests, instantly at worst."""
        if not self.prefers_idle:
            return self

        def attracted(rate: float) -> float:
            return self.pool if ratio >= 1 else min(self.pool, rate / (1 - ratio))

        return replace(self, member=attracted(self.member), steps=tuple(map(attracted, self.steps)))


def traffic(
    views: Sequence[InstanceView],
    rates: Mapping[tuple[str, str], float],
    members: Collection[str],
    together: int,
    ramp: Collection[int] = (),
    prefers_idle: Collection[tuple[str, str]] = (),
) -> Traffic:
    """`rates`: (instance, backend) → requests per second; `members`: members to upgrade; `ramp`:
    in per cent; `prefers_idle`: see `Abilities`."""
    places = [
        (view, backend, rates.get((view.instance, backend), 0.0))
        for view in views
        for backend in dict.fromkeys(line.backend for line in view.lines)
    ]

    def busiest(share: int) -> float:
        sums = dict.fromkeys(members, 0.0)
        for view, backend, rate in places:
            for member, part in _shares(view, backend, members, together, share).items():
                sums[member] += rate * part
        return max(sums.values(), default=0.0)

    pool, member = sum(rates.values()), busiest(FULL)
    steps = dict.fromkeys(map(busiest, sorted(ramp)))
    under_way = sum(line.in_flight or 0 for view in views for line in view.lines)
    takes = min(LONGEST, timedelta(seconds=under_way / pool)) if pool > 0 else timedelta(0)
    return Traffic(
        pool,
        member,
        together,
        steps=tuple(step for step in steps if step < member),
        peers=sum(
            rate * _peers(view, backend, members, together) for view, backend, rate in places
        ),
        takes=takes,
        prefers_idle=not rates.keys().isdisjoint(prefers_idle),
    )


def _shares(
    view: InstanceView, backend: str, members: Collection[str], together: int, share: int
) -> dict[str, float]:
    """Member → its part of the traffic at `share` per cent of its weight, while max_unavailable are
    out."""
    weights = {line.member: line.weight for line in serving_lines(view, backend)}
    going = _heaviest_first(weights, members)
    whole = sum(weights.values())
    shares = {}
    for line in view.lines:
        if line.backend != backend or line.member not in members:
            continue
        out = [name for name in going[:together] if name != line.member][: together - 1]
        rest = whole - weights.get(line.member, 0) - sum(weights[name] for name in out)
        found = FoundLine(LineKey(view.instance, backend), max(line.weight, 1))
        weight = found.weighing(share)
        shares[line.member] = weight / (weight + rest)
    return shares


def _heaviest_first(weights: Mapping[str, int], members: Collection[str]) -> list[str]:
    return sorted((name for name in weights if name in members), key=lambda n: -weights[n])


def _peers(view: InstanceView, backend: str, members: Collection[str], together: int) -> float:
    """The part of the traffic of members that are upgraded later."""
    weights = {line.member: line.weight for line in serving_lines(view, backend)}
    later = _heaviest_first(weights, members)[together:]
    return sum(weights[name] for name in later) / max(1, sum(weights.values()))


def serving_lines(view: InstanceView, backend: str) -> list[Line]:
    return [line for line in view.lines if line.backend == backend and line.is_serving]
