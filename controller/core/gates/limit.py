"""The limit of a gate, in words."""

from controller.core.gates.evidence import Query
from controller.core.gates.figures import milliseconds, percent
from controller.core.gates.gate import AlertGate, CounterGate, Gate, MetricGate, Test, TimingGate


def figure(gate: Gate, value: float) -> str:
    """A value in the unit of the limit: a percentage where the file has one."""
    if isinstance(gate, TimingGate):
        return milliseconds(value)
    return percent(value) if gate.is_ratio else f"{value:g}"


def limit(gate: Gate) -> str:
    """What the gate allows, in words."""
    if isinstance(gate, AlertGate):
        return "no alert that it matches may fire"
    if isinstance(gate, TimingGate):
        return _timing_limit(gate)
    return _metric_limit(gate) if isinstance(gate, MetricGate) else _counter_limit(gate)


def _timing_limit(gate: TimingGate) -> str:
    above = milliseconds(gate.above.total_seconds())
    take, wait = "requests may not take more than", "requests may not wait more than"
    return (
        f"{wait if gate.measure else take} {gate.times:g} times as long as at the members not yet "
        f"upgraded, and {above} longer, beyond chance ({gate.confidence * 100:g} % sure)"
    )


def _counter_limit(gate: CounterGate) -> str:
    words = f"at most {percent(gate.maximum)} of the requests may fail"
    if gate.measure:
        words = f"{gate.measure} may be at most {percent(gate.maximum)} of the requests"
    if gate.test is Test.THRESHOLD:
        return words
    sure = f"{gate.confidence * 100:g} % sure, from {gate.min_errors} errors on"
    return f"{words}, beyond chance ({sure})"


def _metric_limit(gate: MetricGate) -> str:
    limits = [] if gate.maximum is None else [f"at most {figure(gate, gate.maximum)}"]
    limits += [] if gate.minimum is None else [f"at least {figure(gate, gate.minimum)}"]
    beside = Query.BASELINE_ERRORS in gate.queries
    sure = f" ({gate.confidence * 100:g} % sure)" if beside else ""
    if gate.max_increase is not None:
        limits.append(f"at most {figure(gate, gate.max_increase)} above the baseline{sure}")
    elif beside:
        limits.append(f"not worse than the baseline{sure}")
    return " and ".join(limits)
