"""Figures of a gate: how its values are written, and where its limits are."""

from bisect import bisect_left
from collections.abc import Sequence

from controller.core.events import GateSampled
from controller.core.gates.figures import milliseconds, percent
from controller.core.gates.gate import CounterGate, Gate, MetricGate, Test, TimingGate
from controller.core.gates.statistics import is_unexplained


def figure(gate: Gate, value: float) -> str:
    """A value of this gate as text; a ratio as a percentage."""
    if isinstance(gate, TimingGate):
        return milliseconds(value)
    return percent(value) if gate.is_ratio else f"{value:.4g}"


def limits_of(gate: Gate, last: GateSampled) -> list[tuple[str, float]]:
    """The limits to draw as lines, each with a label."""
    given: list[tuple[str, float | None]] = []
    if isinstance(gate, MetricGate):
        given = [("max", gate.maximum), ("min", gate.minimum)]
    if all(value is None for _, value in given):
        given = [("limit", last.limit)]
    return [(word, value) for word, value in given if value is not None]


def range_of(gate: Gate, values: Sequence[float]) -> str:
    """The highest value, and the lowest where the gate has a minimum."""
    if not values:
        return "no value"
    if isinstance(gate, MetricGate) and gate.minimum is not None:
        return f"{figure(gate, min(values))} to {figure(gate, max(values))}"
    return f"highest {figure(gate, max(values))}"


def trip_ratio(gate: Gate, total: int) -> float | None:
    """The lowest error ratio at which a gate with an exact test fails after `total` requests; None
    when no number of errors would fail it, and for other gates."""
    maximum = _exact_maximum(gate)
    if maximum is None:
        return None

    def fails(errors: int) -> bool:
        return is_unexplained(
            errors,
            total,
            maximum,
            confidence=gate.confidence,
            min_errors=gate.min_errors,
        )

    if total == 0 or not fails(total):
        return None
    return bisect_left(range(total + 1), True, key=fails) / total


def _exact_maximum(gate: Gate) -> float | None:
    match gate:
        case CounterGate(test=Test.EXACT) | MetricGate(has_counts=True):
            return gate.maximum
        case _:
            return None
