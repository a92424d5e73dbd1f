"""Computes the samples of every metric from the state of a rollout. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from controller.core.decide.context import Context
from controller.core.events import Verdict
from controller.core.gates.gate import AlertGate, CounterGate, Gate, MetricGate, TimingGate
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.parts import MemberState
from controller.core.state.state import GateState, Mode, State
from controller.telemetry import catalogue as c
from controller.telemetry.catalogue import Bound, RolloutState
from controller.telemetry.values import Family, Metric, Sample
from controller.telemetry.waits import waits_on


@dataclass(frozen=True, slots=True)
class Subject:
    """The rollout that is measured."""

    plan: Plan
    started: datetime


@dataclass(frozen=True, slots=True)
class LastSeen:
    """Its latest state."""

    state: State
    seen: datetime
    finished: datetime | None = None
    """When this run ended."""


def measure(subject: Subject, last: LastSeen, now: Instant) -> tuple[Family, ...]:
    """A family for every metric of the catalogue, in its order."""
    state, name = last.state, subject.plan.name
    samples: dict[Metric, list[Sample]] = {metric: [] for metric in c.METRICS}
    current = rollout_state(state)
    samples[c.STATE] = [Sample((name, one), float(one is current)) for one in RolloutState]
    samples[c.STARTED] = [Sample((name,), subject.started.timestamp())]
    samples[c.HEARTBEAT] = [Sample((name,), last.seen.timestamp())]
    if last.finished is not None and state.finished is not None:
        samples[c.FINISHED] = [Sample((name,), last.finished.timestamp())]
        samples[c.EXIT_CODE] = [Sample((name,), float(state.finished.exit_code))]
    samples[c.MEMBERS] = list(_members(subject.plan, state))
    skipped = [m.name for m in state.members.values() if m.is_unreached]
    samples[c.UNREACHED] = [Sample((name, one), 1.0) for one in skipped]
    is_prepared = state.whole.is_open or state.whole.is_begun
    samples[c.PREPARED] = [Sample((name,), float(is_prepared))]
    samples[c.PHASE_AGE] = list(_ages(subject.plan, state, now))
    samples[c.GATE_LIMIT] = list(_limits(subject.plan))
    for gate, member, said in _latest(subject.plan, state):
        if said.value is not None:
            samples[c.GATE_VALUE].append(Sample((name, gate, member), said.value))
        samples[c.GATE_VERDICT] += [
            Sample((name, gate, member, one), float(one is said.verdict)) for one in Verdict
        ]
    return tuple(Family(metric, tuple(values)) for metric, values in samples.items())


def rollout_state(state: State) -> RolloutState:
    """The state of a rollout, as one word."""
    if state.finished is not None:
        return RolloutState(_word(state.finished.outcome))
    if state.paused and state.mode is Mode.RUNNING:
        return RolloutState.PAUSED
    return RolloutState(_word(state.mode))


def _word(text: str) -> str:
    """A label value without spaces."""
    return text.replace(" ", "_")


def _members(plan: Plan, state: State) -> Iterator[Sample]:
    counts = Counter(m.phase for m in state.members.values())
    counts[Phase.LEFT] += len(plan.left)
    for phase in Phase:
        yield Sample((plan.name, _word(phase)), float(counts[phase]))


def _is_worked_on(m: MemberState) -> bool:
    return m.is_in_progress or m.phase is Phase.ASKING


def _ages(plan: Plan, state: State, now: Instant) -> Iterator[Sample]:
    """None once the run is over: no member is in progress then."""
    if state.finished is not None:
        return
    ctx = Context(plan, state, now)
    for m in state.members.values():
        if _is_worked_on(m):
            age = max(0.0, (now - m.since).total_seconds())
            yield Sample((plan.name, m.name, _word(m.phase), waits_on(ctx, m)), age)


def _limits(plan: Plan) -> Iterator[Sample]:
    for gate in plan.policies.gates:
        for bound, value in _bounds(gate):
            if value is not None:
                yield Sample((plan.name, gate.name, bound), value)


def _bounds(gate: Gate) -> tuple[tuple[Bound, float | None], ...]:
    match gate:
        case AlertGate():
            return ()
        case CounterGate():
            return ((Bound.MAX, gate.maximum),)
        case TimingGate():
            return ((Bound.MAX_INCREASE, gate.above.total_seconds()),)
        case MetricGate():
            return (
                (Bound.MAX, gate.maximum),
                (Bound.MIN, gate.minimum),
                (Bound.MAX_INCREASE, gate.max_increase),
            )


def _latest(plan: Plan, state: State) -> Iterator[tuple[str, str, GateState]]:
    """The last sample of each gate on the pool, on members in progress, and on the failed one."""
    shown = {"", *(m.name for m in state.members.values() if _is_worked_on(m))}
    if state.halt is not None and state.halt.member is not None:
        shown.add(state.halt.member)
    for (gate, member), said in state.gates.items():
        if member in shown:
            yield gate, member, said
