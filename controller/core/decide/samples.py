"""Samples of the gates on what looks at the load balancers show: when they are due, and of what."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from controller.core.decide.context import FRESH, Context
from controller.core.decide.quiet import beside_users, own_note
from controller.core.decide.through import through_note
from controller.core.events import GateSampled, Verdict
from controller.core.gates.counters import judge
from controller.core.gates.evidence import Missing
from controller.core.gates.figures import percent, requests, span
from controller.core.gates.gate import AskedGate, CounterGate, Gate, SeenGate
from controller.core.gates.judgement import Judgement, inconclusive, sampled
from controller.core.gates.quiet import Quiet
from controller.core.gates.slowness import judge_pace, limit_beside
from controller.core.gates.tally import Tally
from controller.core.pool import Counters
from controller.core.state.counts import (
    counted,
    measured,
    pool_counted,
    pool_watched,
)
from controller.core.state.failures import not_counted_at
from controller.core.state.ours import LATE, without
from controller.core.state.racing import races_of

FIRST_LOOK: Final = timedelta(seconds=5)
"""A pool gate on counters watches this long, or its window where that is shorter, before it says
pass for the first time: half a second of a sick pool looks well by chance."""


def sample_due(ctx: Context, gate: Gate, member: str | None) -> GateSampled | None:
    if isinstance(gate, AskedGate):
        return None  # a metrics system is asked beside the decisions
    former = ctx.state.gate(gate.name, member)
    if former is not None and ctx.now - former.sampled_at < gate.every:
        return None
    seen = [snapshot.at for snapshot in ctx.state.snapshots.values()]
    if any(then is None for then in seen):
        return None
    last = max((then for then in seen if then is not None), default=ctx.now)
    if former is not None and last <= former.sampled_at and ctx.now - last <= FRESH:
        return None  # nothing new to judge yet; a look is on its way
    if ctx.is_blind or any(then is None or ctx.now - then > FRESH for then in seen):
        why = next(
            (s.lost_why for s in ctx.state.snapshots.values() if s.lost_why), "no fresh look"
        )
        return sampled(gate, member, inconclusive(Missing.STALE, why))
    if where := _uncounted(ctx, member):
        return sampled(gate, member, inconclusive(Missing.NO_DATA, not_counted_at(where)))
    if member is None:
        return _of_the_pool(ctx, gate)
    if isinstance(gate, CounterGate):
        counts = _counts(ctx, gate, member)
        judgement = beside_users(ctx, gate, member, counts, judge(gate, counts))
        return sampled(gate, member, judgement)
    counts = counted(ctx.state, member)
    judgement = judge_pace(gate, races_of(ctx.state, member, gate), counts.total)
    judgement = beside_users(ctx, gate, member, counts, judgement)
    others = judgement.baseline
    beyond = None if others is None else limit_beside(gate, others)
    return replace(sampled(gate, member, judgement), limit=beyond)


def _counts(ctx: Context, gate: CounterGate, member: str) -> Counters:
    if gate.measure:
        return measured(ctx.state, member, gate.measure)
    return counted(ctx.state, member)


def _of_the_pool(ctx: Context, gate: SeenGate) -> GateSampled | None:
    if not isinstance(gate, CounterGate):
        return None  # it compares members
    counts = pool_counted(ctx.state, ctx.now - gate.window)
    ours = min(counts.total, ctx.state.ours.between(ctx.now - gate.window - LATE, ctx.now))
    judgement = judge(gate, without(counts, ours))
    if ours and judgement.total:
        reason = f"{judgement.reason}, {requests(ours)} of our own left out"
        judgement = replace(judgement, reason=reason)
    return sampled(gate, None, _over_some_time(ctx, gate, judgement))


def _uncounted(ctx: Context, member: str | None) -> tuple[str, ...]:
    """Load balancers that do not count requests: none of theirs are in any sum, so a sum proves
    nothing (S5)."""
    tally = ctx.state.pool if member is None else ctx.state.tallies.get(member, Tally())
    return tuple(instance for instance, _ in tally.uncounted)


def _over_some_time(ctx: Context, gate: CounterGate, judgement: Judgement) -> Judgement:
    """The pool must have been watched for a while before a pass lets the first member go. A fail
    needs no such time."""
    watched = pool_watched(ctx.state, gate.window, ctx.now)
    needed = first_look(gate)
    if judgement.verdict is not Verdict.PASS or watched >= needed:
        return judgement
    reason = (
        f"{Missing.TOO_EARLY}: {judgement.reason} in the first {span(watched)}; a pass counts "
        f"from {span(needed)} on"
    )
    return replace(judgement, verdict=Verdict.INCONCLUSIVE, reason=reason)


def first_look(gate: Gate) -> timedelta:
    """Over how long a pool gate must have watched to pass. A metrics system remembers the time
    before."""
    return min(gate.window, FIRST_LOOK) if isinstance(gate, CounterGate) else timedelta(0)


def quiet_note(ctx: Context, member: str) -> str:
    """What the soak proved, for the report: `quiet: 3 requests` for a member hardly used."""
    counts, trial = counted(ctx.state, member), ctx.state.members[member].trial
    if where := _uncounted(ctx, member):
        return not_counted_at(where)
    is_through = ctx.plan.policies.quiet is Quiet.THROUGH
    if is_through and trial.own.total and not trial.met_users:
        return through_note(ctx.state, member)
    if not counts.total and trial.own.total:
        return own_note(trial.own)
    if not counts.total and ctx.plan.policies.gates:
        return f"{requests(0)}: passed without evidence"
    share = f", {percent(counts.errors / counts.total)} failed" if counts.errors else ""
    few = min((g.min_requests for g in ctx.plan.policies.gates), default=0)
    quiet = "quiet: " if counts.total < few and not counts.errors else ""
    own = min(trial.own.total, counts.total)  # one may be answered before it is counted
    ours = f", {own} of them our own" if is_through and own else ""
    return f"{quiet}{requests(counts.total)}{share}{ours}"
