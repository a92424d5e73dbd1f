"""From how many errors on a gate fails, and over what time it looks: what can be foretold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import floor
from re import compile as pattern
from typing import Final

from controller.core.gates.evidence import Query
from controller.core.gates.gate import AlertGate, CounterGate, Gate, MetricGate, Scope, Test
from controller.core.gates.promql import asks_irate, has_range, literal_ranges, looks_elsewhen
from controller.core.gates.statistics import is_unexplained

_PART = pattern(r"(\d+)(ms|[smhdwy])")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
JUDGED: Final = (Query.VALUE, Query.ERRORS, Query.REQUESTS)
"""Queries about what is judged itself, not about what it is compared with."""

SPARE: Final = 3.3
"""Standard deviations: fewer requests than expected by this much come in one of 2,000 cases."""

MOST = 500
"""Errors without a single success that are followed: more prove nothing that these did not."""

Needed = Callable[[float, float], float]
"""(Requests at least, and at most) → errors from which on the gate fails."""


class Unforeseen(Exception):
    """What a gate will say cannot be known before; says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Span:
    """Over what time a gate looks."""

    before: timedelta | None
    """Traffic of so long before the return counts as well; None: nothing of before."""
    least: timedelta | None
    """It sees no more than this at once; None: all since the return."""


def span_of(gate: Gate) -> Span:
    """Raises Unforeseen."""
    if isinstance(gate, AlertGate):
        raise Unforeseen(f"when an alert of gate {gate.name!r} fires is not known here")
    if isinstance(gate, CounterGate):
        whole = gate.window if gate.scope is Scope.POOL else None
        return Span(whole, whole)
    if gate.scope is Scope.POOL:
        raise Unforeseen(f"gate {gate.name!r} may see more than this pool")
    texts = [gate.queries[kind] for kind in JUDGED if kind in gate.queries]
    if any(asks_irate(text) or looks_elsewhen(text) for text in texts):
        raise Unforeseen(f"gate {gate.name!r} looks at single moments, or at another time")
    if not all(has_range(text) for text in texts):
        raise Unforeseen(f"over what time gate {gate.name!r} looks does not show in its query")
    fixed = [_length(one) for text in texts for one in literal_ranges(text)]
    return Span(max(fixed), min(fixed)) if fixed else Span(None, gate.window_max)


def _length(text: str) -> timedelta:
    """`1m30s`, as Prometheus writes it (its documentation, "Time durations")."""
    return timedelta(seconds=sum(int(n) * _SECONDS[unit] for n, unit in _PART.findall(text)))


def errors_needed(gate: Gate) -> Needed:
    """Raises Unforeseen."""
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


def _tested(gate: Gate) -> tuple[float, bool, int]:
    """The greatest ratio that is fine, whether counts are judged exactly, and the requests
    without which nothing is judged. Raises Unforeseen."""
    match gate:
        case CounterGate():
            counts = gate.test is Test.EXACT
            return gate.maximum, counts, 0 if counts else gate.min_requests
        case MetricGate(maximum=float() as maximum, is_ratio=True):
            few = gate.min_requests if gate.has_counts or Query.TRAFFIC in gate.queries else 0
            return maximum, gate.has_counts, few
        case _:
            raise Unforeseen(f"gate {gate.name!r} has no limit for a ratio of errors")
