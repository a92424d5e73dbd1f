"""What the board remembers of what went by: a few samples, a few durations, the last failures.

Bounded by the number of members in hand and of gates, whatever the length of the rollout.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
from controller.core.gates.gate import CounterGate, Gate, MetricGate
from controller.core.phases import JUDGED, LEAVING, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.parts import MemberState
from controller.core.state.state import State

SAMPLES: Final = 20
"""Of a gate."""
COUNTS: Final = 10
"""Of the requests in flight at a member."""
COUNT_EVERY: Final = timedelta(milliseconds=500)
TURNS: Final = 20
"""Members whose time tells how long the next ones take."""
LIMIT: Final = 0.5
"""Where the limit of a gate stands in its history."""
CALM_AFTER: Final = timedelta(seconds=10)
"""Without a failed request for so long, the next one begins another spell of failures."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One sample of a gate."""

    share: float | None
    """0.5 is the limit, 1 twice as much; None: there was no value."""
    verdict: Verdict
    is_beyond: bool = False
    """More than the limit; what that means is for the verdict to say."""


@dataclass(frozen=True, slots=True)
class Spell:
    """Users failed, from the first failed request to the last one seen."""

    since: Instant
    last: Instant
    errors: int


@dataclass(frozen=True, slots=True)
class Past:
    began: Mapping[str, Instant] = field(default_factory=dict)
    """Member in its turn → when it was first touched."""
    took: tuple[timedelta, ...] = ()
    """Turns that ended well, the newest last."""
    marks: Mapping[tuple[str, str], tuple[Mark, ...]] = field(default_factory=dict)
    """(gate, member; "" for the pool) → its last samples."""
    in_flight: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Member in hand → its last counts."""
    counted_at: Instant | None = None
    spell: Spell | None = None
    """The last one, over or not."""


def remember(
    past: Past,
    plan: Plan,
    event: Event | Observation,
    before: State,
    after: State,
    now: Instant,
) -> Past:
    """The past with one more event in it. Called for every look: most change nothing."""
    if isinstance(event, Looked):
        return _failures(_counts(past, after, now), before, after, now)
    if isinstance(event, GateSampled):
        return _sampled(past, plan, event, after)
    if isinstance(event, MemberReturned):  # its gates begin anew
        marks = {key: kept for key, kept in past.marks.items() if key[1] != event.member}
        past = replace(past, marks=marks)
    step = event.step if isinstance(event, Intended) else event
    member = getattr(step, "member", None)
    if isinstance(member, str) and member in after.members:
        return _turned(past, before.members[member], after.members[member], now)
    return past


def _counts(past: Past, state: State, now: Instant) -> Past:
    if past.counted_at is not None and now - past.counted_at < COUNT_EVERY:
        return past
    counts = {
        m.name: (*past.in_flight.get(m.name, ()), state.in_flight(m.name) or 0)[-COUNTS:]
        for m in state.in_progress
    }
    return replace(past, in_flight=counts, counted_at=now)


def _failures(past: Past, before: State, after: State, now: Instant) -> Past:
    more = after.pool.sum.errors - before.pool.sum.errors
    if more <= 0:
        return past
    spell = past.spell
    if spell is None or now - spell.last > CALM_AFTER:
        return replace(past, spell=Spell(now, now, more))
    return replace(past, spell=Spell(spell.since, now, spell.errors + more))


def _turned(past: Past, former: MemberState, m: MemberState, now: Instant) -> Past:
    if former.phase is m.phase:
        return past
    if m.phase in LEAVING:
        return replace(past, began={m.name: now, **past.began})
    since = past.began.get(m.name)
    if m.is_in_progress or since is None:
        return past
    began = {name: at for name, at in past.began.items() if name != m.name}
    if m.phase is not Phase.DONE:
        return replace(past, began=began)
    return replace(past, began=began, took=(*past.took, now - since)[-TURNS:])


def _sampled(past: Past, plan: Plan, event: GateSampled, state: State) -> Past:
    gate = next((one for one in plan.policies.gates if one.name == event.gate), None)
    if gate is None:
        return past
    key = (event.gate, event.member or "")
    marks = {
        (name, member): kept
        for (name, member), kept in past.marks.items()
        if name != event.gate or not member or _is_judged(state, member)
    }
    share = share_of_limit(gate, event)
    is_beyond = isinstance(gate, CounterGate) and share is not None and share > LIMIT
    mark = Mark(share, event.verdict, is_beyond)
    return replace(past, marks={**marks, key: (*past.marks.get(key, ()), mark)[-SAMPLES:]})


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
    if not isinstance(gate, MetricGate):
        return gate.bound
    baseline = event.baseline or 0.0
    if gate.max_increase is not None and gate.maximum is None:
        return baseline + gate.max_increase
    bounds = (gate.maximum, gate.minimum)
    return next((bound for bound in bounds if bound is not None), baseline)
