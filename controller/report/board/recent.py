"""Recent history for the board: a few samples, a few durations, the last failed requests.

Its size depends on the number of members in progress and of gates, not on the length of the
rollout.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from controller.core.events import (
    Event,
    GateSampled,
    Intended,
    Looked,
    MemberReturned,
    Observation,
    Verdict,
)
from controller.core.gates.gate import CounterGate, Gate, MetricGate, TimingGate
from controller.core.phases import JUDGED, LEAVING, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.core.state.parts import MemberState
from controller.core.state.state import State

SAMPLES: Final = 20
"""Samples kept of a gate."""
COUNTS: Final = 10
"""Numbers of requests in flight kept of a member."""
COUNT_EVERY: Final = timedelta(milliseconds=500)
TURNS: Final = 20
"""Members done whose durations are kept, to estimate those of the next ones."""
LIMIT: Final = 0.5
"""The share that stands for a gate's limit."""
CALM_AFTER: Final = timedelta(seconds=10)
"""After this time without a failed request, the next one begins another failure period."""


@dataclass(frozen=True, slots=True)
class GateMark:
    """One sample of a gate."""

    share: float | None
    """0.5 is the limit, 1 twice as much; None: there was no value."""
    verdict: Verdict
    is_beyond: bool = False
    """The value is above the limit; the verdict says whether that is a failure."""


@dataclass(frozen=True, slots=True)
class FailurePeriod:
    """A time in which requests failed, from the first to the last one seen."""

    since: Instant
    last: Instant
    errors: int


@dataclass(frozen=True, slots=True)
class Recent:
    began: Mapping[str, Instant] = field(default_factory=dict)
    """Member in progress → when it was first touched."""
    took: tuple[timedelta, ...] = ()
    """Durations of members that succeeded, the newest last."""
    marks: Mapping[tuple[str, str], tuple[GateMark, ...]] = field(default_factory=dict)
    """(gate, member; "" for the pool) → its last samples."""
    in_flight: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Member in progress → its last numbers of requests in flight."""
    counted_at: Instant | None = None
    failing: FailurePeriod | None = None
    """The latest period, over or not."""


def remember(
    recent: Recent,
    plan: Plan,
    event: Event | Observation,
    before: State,
    after: State,
    now: Instant,
) -> Recent:
    """With one more event. Called for every look; most change nothing."""
    if isinstance(event, Looked):
        return _failures(_counts(recent, after, now), before, after, now)
    if isinstance(event, GateSampled):
        return _sampled(recent, plan, event, after)
    if isinstance(event, MemberReturned):  # its gates start again
        marks = {key: kept for key, kept in recent.marks.items() if key[1] != event.member}
        recent = replace(recent, marks=marks)
    step = event.step if isinstance(event, Intended) else event
    member = getattr(step, "member", None)
    if isinstance(member, str) and member in after.members:
        return _turned(recent, before.members[member], after.members[member], now)
    return recent


def _counts(recent: Recent, state: State, now: Instant) -> Recent:
    if recent.counted_at is not None and now - recent.counted_at < COUNT_EVERY:
        return recent
    counts = {
        m.name: (*recent.in_flight.get(m.name, ()), state.in_flight(m.name) or 0)[-COUNTS:]
        for m in state.in_progress
    }
    return replace(recent, in_flight=counts, counted_at=now)


def _failures(recent: Recent, before: State, after: State, now: Instant) -> Recent:
    more = after.pool.sum.errors - before.pool.sum.errors
    if more <= 0:
        return recent
    period = recent.failing
    if period is None or now - period.last > CALM_AFTER:
        return replace(recent, failing=FailurePeriod(now, now, more))
    return replace(recent, failing=FailurePeriod(period.since, now, period.errors + more))


def _turned(recent: Recent, former: MemberState, m: MemberState, now: Instant) -> Recent:
    if former.phase is m.phase:
        return recent
    if m.phase in LEAVING:
        return replace(recent, began={m.name: now, **recent.began})
    since = recent.began.get(m.name)
    if m.is_in_progress or since is None:
        return recent
    began = {name: at for name, at in recent.began.items() if name != m.name}
    if m.phase is not Phase.DONE:
        return replace(recent, began=began)
    return replace(recent, began=began, took=(*recent.took, now - since)[-TURNS:])


def _sampled(recent: Recent, plan: Plan, event: GateSampled, state: State) -> Recent:
    gate = next((one for one in plan.policies.gates if one.name == event.gate), None)
    if gate is None:
        return recent
    key = (event.gate, event.member or "")
    marks = {
        (name, member): kept
        for (name, member), kept in recent.marks.items()
        if name != event.gate or not member or _is_judged(state, member)
    }
    share = share_of_limit(gate, event)
    is_beyond = isinstance(gate, CounterGate) and share is not None and share > LIMIT
    mark = GateMark(share, event.verdict, is_beyond)
    return replace(recent, marks={**marks, key: (*recent.marks.get(key, ()), mark)[-SAMPLES:]})


def _is_judged(state: State, member: str) -> bool:
    m = state.members.get(member)
    return m is not None and m.phase in JUDGED


def share_of_limit(gate: Gate, event: GateSampled) -> float | None:
    """The value as a share of twice its limit; of a gate without one, of twice its baseline."""
    if event.value is None:
        return None
    limit = _compared_with(gate, event)
    if limit <= 0:
        return 1.0 if event.value > 0 else 0.0
    return max(0.0, event.value / (2 * limit))


def _compared_with(gate: Gate, event: GateSampled) -> float:
    if isinstance(gate, TimingGate):
        return event.limit or 0.0
    if not isinstance(gate, MetricGate):
        return gate.bound
    baseline = event.baseline or 0.0
    if gate.max_increase is not None and gate.maximum is None:
        return baseline + gate.max_increase
    bounds = (gate.maximum, gate.minimum)
    return next((bound for bound in bounds if bound is not None), baseline)
