"""Whether requests of users fail now, from the pool's own counters, where it has any."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final

from controller.core.pool import Instant
from controller.core.state.state import State

RECENT: Final = timedelta(seconds=1)
"""Users are failing *now* when a request failed less than this ago."""


@dataclass(frozen=True, slots=True)
class Failures:
    """The failed requests of the last while."""

    count: int
    first: Instant
    last: Instant

    def are_going_on(self, now: Instant) -> bool:
        return now - self.last < RECENT


def are_known(state: State) -> bool:
    """Whether requests of users are counted everywhere: if not, their failures are not known."""
    return state.pool.is_counted


def why_unknown(state: State) -> str:
    """Who does not count requests; empty when all do."""
    if are_known(state):
        return ""
    if not state.pool.last:
        return "no load balancer counts requests here"
    return not_counted_at(instance for instance, _ in state.pool.uncounted)


def not_counted_at(instances: Iterable[str]) -> str:
    return f"requests are not counted at {', '.join(sorted(set(instances)))}"


def failures(state: State, now: Instant) -> Failures | None:
    """Those seen in the past that the points keep; None when there were none. Dated by the look
    that showed them."""
    points = [*state.points, (now, state.pool.sum)]
    risen = [
        (then, after.errors - before.errors)
        for (_, before), (then, after) in pairwise(points)
        if after.errors > before.errors
    ]
    if not risen:
        return None
    return Failures(sum(more for _, more in risen), risen[0][0], risen[-1][0])
