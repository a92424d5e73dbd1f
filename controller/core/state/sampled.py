"""What a sample of a gate changes."""

from controller.core import events as e
from controller.core.gates.gate import AlertGate
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.core.state.state import GateState, State


def sampled(plan: Plan, state: State, event: e.GateSampled, now: Instant) -> State:
    key = (event.gate, event.member or "")
    former = state.gates.get(key)
    failures = former.failures + 1 if former is not None else 1
    since = former.inconclusive_since if former is not None else None
    is_inconclusive = event.verdict is e.Verdict.INCONCLUSIVE
    gate = GateState(
        sampled_at=now,
        verdict=event.verdict,
        reason=event.reason,
        value=event.value,
        failures=failures if event.verdict is e.Verdict.FAIL else 0,
        inconclusive_since=(since if since is not None else now) if is_inconclusive else None,
    )
    state = replace(state, gates={**state.gates, key: gate})
    asks_alerts = any(
        one.name == event.gate and isinstance(one, AlertGate) for one in plan.policies.gates
    )
    if not asks_alerts or is_inconclusive:
        return state
    firing = frozenset(event.alerts)  # one that was seen resolved is new when it fires again
    known = state.known_alerts.get(event.gate, firing) & firing
    return replace(state, known_alerts={**state.known_alerts, event.gate: known})
