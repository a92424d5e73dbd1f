"""What the figures of a gate mean: how they are written, where its limits are."""

from bisect import bisect_left
from collections.abc import Sequence

from controller.core.events import GateSampled
from controller.core.gates.counters import percent
from controller.core.gates.gate import Gate, Test
from controller.core.gates.statistics import is_unexplained


def figure(gate: Gate, value: float) -> str:
    """A value of this gate for people: a ratio as a percentage."""
    is_ratio = gate.is_counted or (gate.metric is not None and gate.metric.is_ratio)
    return percent(value) if is_ratio else f"{value:.4g}"


def limits_of(gate: Gate, last: GateSampled) -> list[tuple[str, float]]:
    """What is drawn as a line, with a word for each."""
    metric = gate.metric
    given: list[tuple[str, float | None]] = []
    if metric is not None:
        given = [("max", metric.maximum), ("min", metric.minimum)]
    if all(value is None for _, value in given):
        given = [("limit", last.limit)]
    return [(word, value) for word, value in given if value is not None]


def range_of(gate: Gate, values: Sequence[float]) -> str:
    """What the values reached, on the side that matters."""
    if not values:
        return "no value"
    if gate.metric is not None and gate.metric.minimum is not None:
        return f"{figure(gate, min(values))} to {figure(gate, max(values))}"
    return f"highest {figure(gate, max(values))}"


def is_exact(gate: Gate) -> bool:
    """Whether it judges counts, so that few of them prove little."""
    is_of_counts = gate.is_counted or (gate.metric is not None and bool(gate.metric.errors))
    return gate.test is Test.EXACT and is_of_counts


def trip_ratio(gate: Gate, total: int) -> float | None:
    """The least error ratio that fails an exact gate after `total` requests; None when no
    number of errors would."""

    def fails(errors: int) -> bool:
        return is_unexplained(
            errors,
            total,
            gate.maximum,
            confidence=gate.confidence,
            min_errors=gate.min_errors,
        )

    if total == 0 or not fails(total):
        return None
    return bisect_left(range(total + 1), True, key=fails) / total
