"""Gates on what a load balancer may not measure: how long requests take."""

from collections.abc import Sequence

from controller.core.gates.gate import CounterGate, Gate, TimingGate
from controller.core.pool import InstanceView


def measured(gates: Sequence[Gate], views: Sequence[InstanceView]) -> tuple[Gate, ...]:
    """A gate that nobody wrote is left out where it would see nothing."""
    if _is_measured(views):
        return tuple(gates)
    return tuple(one for one in gates if not isinstance(one, TimingGate) or not one.is_builtin)


def unmeasured(gates: Sequence[Gate], views: Sequence[InstanceView]) -> list[str]:
    """Why to refuse one that somebody wrote."""
    known = {measure for view in views for line in view.lines for measure in line.measures}
    blind = [
        f"gate {gate.name!r} needs {gate.measure}, which no load balancer counts here (in mode tcp "
        "there are no statuses); remove it"
        for gate in gates
        if isinstance(gate, CounterGate) and gate.measure and gate.measure not in known
    ]
    return (
        [*blind, *_never_waiting(gates, views)]
        if _is_measured(views)
        else [*blind, *_untimed(gates)]
    )


def _never_waiting(gates: Sequence[Gate], views: Sequence[InstanceView]) -> list[str]:
    """Where nothing ever waits, the gate could not fail."""
    if any(line.waiting is not None for view in views for line in view.lines):
        return []
    return [
        f"gate {gate.name!r} needs requests that wait for a member, and no load balancer makes "
        "them wait here (no server has a limit of connections); remove it"
        for gate in gates
        if isinstance(gate, TimingGate) and gate.measure
    ]


def _untimed(gates: Sequence[Gate]) -> list[str]:
    return [
        f"gate {gate.name!r} needs to know how long requests take, and no load balancer measures "
        "that here (in mode tcp there are no requests); remove it"
        for gate in gates
        if isinstance(gate, TimingGate) and not gate.is_builtin
    ]


def _is_measured(views: Sequence[InstanceView]) -> bool:
    return any(line.timing is not None for view in views for line in view.lines)
