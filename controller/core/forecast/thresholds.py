"""Thresholds: how many errors trip a gate, and the window it evaluates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import floor
from typing import Final

from controller.core.gates.evidence import Query
from controller.core.gates.gate import AlertGate, CounterGate, ErrorGate, MetricGate, Scope, Test
from controller.core.gates.promql import (
    asks_irate,
    has_range,
    length,
    literal_ranges,
    looks_elsewhen,
)
from controller.core.gates.statistics import is_unexplained

JUDGED: Final = (Query.VALUE, Query.ERRORS, Query.REQUESTS)
"""Queries about what is judged, not about its baseline."""

SPARE: Final = 3.3
"""Standard deviations below the expected number of requests: reached in one of 2,000 cases."""

MOST = 500
"""Errors without a single success considered at most: more would prove nothing else."""

Needed = Callable[[float, float], float]
"""(Requests at least, at most) → the number of errors from which on the gate fails."""


class Unpredictable(Exception):
    """The verdict of a gate cannot be predicted; says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a gate evaluates."""

    before: timedelta | None
    """How long before the return traffic counts too; None: none."""
    least: timedelta | None
    """The longest time that it sees at once; None: all since the return."""


def window_of(gate: ErrorGate) -> Window:
    """Raises Unpredictable."""
    if isinstance(gate, AlertGate):
        raise Unpredictable(f"gate {gate.name!r}: it is not known when its alert fires")
    if isinstance(gate, CounterGate):
        whole = gate.window if gate.scope is Scope.POOL else None
        return Window(whole, whole)
    if gate.scope is Scope.POOL:
        raise Unpredictable(f"gate {gate.name!r} may see more than this pool")
    texts = [gate.queries[kind] for kind in JUDGED if kind in gate.queries]
    if any(asks_irate(text) or looks_elsewhen(text) for text in texts):
        raise Unpredictable(f"gate {gate.name!r} evaluates single moments, or another time")
    if not all(has_range(text) for text in texts):
        raise Unpredictable(f"the query of gate {gate.name!r} does not show its time window")
    fixed = [length(one) for text in texts for one in literal_ranges(text)]
    return Window(max(fixed), min(fixed)) if fixed else Window(None, gate.window_max)


def errors_needed(gate: ErrorGate) -> Needed:
    """Raises Unpredictable."""
    maximum, counts, few = _tested(gate)

    def exact(total: int) -> float:
        errors = max(gate.min_errors, floor(total * maximum))
        while errors <= total + MOST:
            whole = max(errors, total)
            if is_unexplained(
                errors, whole, maximum, confidence=gate.confidence, min_errors=gate.min_errors
            ):
                return errors
            errors += 1
        return float("inf")

    def needed(least: float, most: float) -> float:
        if least < few:
            return float("inf")
        total = floor(most)
        return exact(total) if counts else floor(total * maximum) + 1

    return needed


def _tested(gate: ErrorGate) -> tuple[float, bool, int]:
    """The greatest ratio allowed, whether the test is exact, and the requests needed for a verdict.
    Raises Unpredictable."""
    match gate:
        case CounterGate():
            counts = gate.test is Test.EXACT
            return gate.maximum, counts, 0 if counts else gate.min_requests
        case MetricGate(maximum=float() as maximum, is_ratio=True):
            few = gate.min_requests if gate.has_counts or Query.TRAFFIC in gate.queries else 0
            return maximum, gate.has_counts, few
        case _:
            raise Unpredictable(f"gate {gate.name!r} has no limit on an error ratio")
