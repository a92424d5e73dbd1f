"""How long a gate on a metrics system takes to pass, and whether it is given that time."""

from collections.abc import Mapping
from datetime import timedelta

from controller.core.gates.figures import span
from controller.core.gates.gate import Gate, MetricGate, Scope, SeenGate, Then
from controller.core.gates.metrics import PASS_FROM
from controller.core.settings import Policies


def passes_from(gate: Gate, interval: timedelta) -> timedelta | None:
    """From when on after a member's return it can pass; None: it has no return to wait for."""
    if not isinstance(gate, MetricGate) or gate.scope is Scope.POOL:
        return None
    return interval * PASS_FROM


def slowest_pass(policies: Policies, intervals: Mapping[str, timedelta]) -> timedelta:
    """How long after a return the last of the gates can pass. `intervals`: gate → its scrape
    interval, where it is known."""
    found = (
        passes_from(gate, intervals[gate.name])
        for gate in policies.gates
        if gate.name in intervals and gate.then is not Then.PASS
    )
    return max((one for one in found if one is not None), default=timedelta(0))


def cannot_pass(gate: Gate, policies: Policies, interval: timedelta) -> str | None:
    """Why a gate that is scraped so seldom halts every rollout, and what to write."""
    needed = passes_from(gate, interval)
    if needed is None or gate.then is Then.PASS:
        return None
    given = _given(gate, policies)
    if needed + gate.every <= given:
        return None
    soak = policies.soak + (needed + gate.every - given)
    return (
        f"cannot pass in its time: it is scraped every {span(interval)}, so a pass counts from "
        f"{span(needed)} after the return, but soak and inconclusive.hold end after {span(given)}; "
        f"write soak: {span(soak)} or longer, or scrape more often"
    )


def sampled_too_seldom(gate: Gate, policies: Policies) -> str | None:
    """Why a gate on the load balancers' own evidence halts every rollout, and what to write: its
    first sample, at the return, sees nothing yet."""
    if not isinstance(gate, SeenGate) or gate.scope is Scope.POOL or gate.then is Then.PASS:
        return None
    given = _given(gate, policies)
    if gate.every <= given:
        return None
    return (
        f"cannot pass in its time: it is sampled every {span(gate.every)}, but soak and "
        f"inconclusive.hold end {span(given)} after the return; write every: {span(given)} or less"
    )


def _given(gate: Gate, policies: Policies) -> timedelta:
    """How long after a return it may go on without a pass, at the most."""
    steps = len(policies.comeback.ramp)
    return (policies.comeback.hold + gate.hold) * steps + policies.soak + gate.hold
