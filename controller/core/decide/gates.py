"""Gates at run time: which are due, which trip, who is to blame, and what holds the rollout."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from controller.core.decide.ailment import ailment
from controller.core.decide.context import FRESH, Context, Output
from controller.core.decide.samples import first_look, sample_due
from controller.core.events import Cause, Halted, Verdict
from controller.core.gates.figures import span
from controller.core.gates.gate import CounterGate, Gate, Scope, Then
from controller.core.gates.limit import limit
from controller.core.gates.statistics import is_worse
from controller.core.phases import EXPOSED, JUDGED
from controller.core.state.counts import counted, ours_beside, peers_counted, pool_watched
from controller.core.state.ours import without
from controller.core.state.parts import ORIGIN, MemberState
from controller.core.state.state import GateState, Mode

BLAME: Final = timedelta(seconds=1)
"""How long members in rotation are watched after a gate on the pool has failed, to say which of
them is to blame."""


def watch_gates(ctx: Context) -> Output | None:
    for gate in ctx.plan.policies.gates:
        for member in subjects(ctx, gate):
            output = sample_due(ctx, gate, member) or _tripped(ctx, gate, member)
            if output is not None:
                return output
    return None


def subjects(ctx: Context, gate: Gate) -> tuple[str | None, ...]:
    """What a gate judges now: the members that are back and not proven yet, or the pool (None)."""
    if gate.scope is Scope.POOL:
        return (None,)
    return tuple(
        m.name
        for m in ctx.state.members.values()
        if m.phase in JUDGED and m.trial.mark is not None and not m.trial.condemned
    )


def is_overridden(ctx: Context, gate: Gate) -> bool:
    return ctx.state.run is not None and gate.name in ctx.state.run.overrides


def _tripped(ctx: Context, gate: Gate, member: str | None) -> Halted | None:
    last = ctx.state.gate(gate.name, member)
    if last is None or is_overridden(ctx, gate):
        return None
    has_failed = last.verdict is Verdict.FAIL and last.failures >= gate.failures
    if ctx.state.mode is Mode.HALTED:
        return _failed_too(ctx, gate, member, last) if has_failed else None
    if has_failed:
        if ctx.state.mode is Mode.ROLLING_BACK and member is None:
            return None  # the pool may still be failing: the way back goes on
        failed = (member,) if member is not None else worse_than_peers(ctx, gate)
        condemned = (*failed, *unproven(ctx, failed))
        who = f"since the return of {member}" if member else _window(ctx, gate)
        return Halted(
            Cause.GATE,
            f"gate {gate.name!r}: {last.reason} {who}{ailment(ctx, member)}",
            limit(gate),
            member if member is not None else next(iter(condemned), None),
            gate.name,
            condemned,
        )
    return _silent(ctx, gate, member, last)


def unproven(ctx: Context, failed: tuple[str, ...]) -> Iterator[str]:
    """Others that meet users with the version of those that failed, and are not proven either:
    after the halt nobody would watch them."""
    members = ctx.state.members
    courses = {members[name].progress.course for name in failed}
    for m in members.values():
        is_new = m.phase in EXPOSED and m.progress.course in courses
        if is_new and not m.trial.condemned and m.name not in failed:
            yield m.name


def _failed_too(ctx: Context, gate: Gate, member: str | None, last: GateState) -> Halted | None:
    """After a halt who is in rotation still is judged on: what fails then goes out as well."""
    failed = (member,) if member is not None else _to_blame(ctx, gate)
    if not failed:
        return None
    return Halted(
        Cause.GATE,
        f"gate {gate.name!r}: {last.reason} since the return of {member}"
        if member is not None
        else f"{failed[0]} fails more of its requests than the members not yet upgraded",
        limit(gate),
        failed[0],
        gate.name,
        (*failed, *unproven(ctx, failed)),
    )


def _to_blame(ctx: Context, gate: Gate) -> tuple[str, ...]:
    """Whose fault it is that a gate on the pool fails. At the moment of the halt a few requests
    tell little of that, and those of the other members are seen once a second."""
    if ctx.state.rollback_began or ctx.state.halted_at is None:
        return ()
    members = ctx.state.members
    return tuple(
        name
        for name in worse_than_peers(ctx, gate)
        if not members[name].trial.condemned and is_compared(ctx, members[name])
    )


def is_compared(ctx: Context, m: MemberState) -> bool:
    """Whether it is still compared with the others: for a while from the halt, and from its
    return where that came after it."""
    since = max(ctx.state.halted_at or ORIGIN, m.trial.returned_at or ORIGIN)
    return ctx.now - since < BLAME


def _silent(ctx: Context, gate: Gate, member: str | None, last: GateState) -> Halted | None:
    """Evidence that stays missing halts, unless the operator chose `then: pass`."""
    left = hold_left(ctx, gate, member)
    if left is None or gate.then is Then.PASS or ctx.state.mode is Mode.ROLLING_BACK:
        return None
    if left > timedelta(0):
        return None
    hold = span(gate.hold)
    return Halted(
        Cause.GATE,
        f"gate {gate.name!r} has been inconclusive for {hold}: {last.reason}",
        f"evidence may be missing for {hold} (inconclusive.hold), then the rollout halts",
        member,
        gate.name,
    )


def hold_left(ctx: Context, gate: Gate, member: str | None) -> timedelta | None:
    """How much longer evidence may be missing: not counted while it is too early for any, in a soak
    that would go on anyway, nor while a load balancer does not answer. None: it is not missing."""
    last = ctx.state.gate(gate.name, member)
    if last is None or last.inconclusive_since is None:
        return None
    missing_for = ctx.seen_for(last.inconclusive_since)
    if member is None:
        judged_for = ctx.seen_for(ctx.state.began_at) - first_look(gate)
        return gate.hold - min(missing_for, judged_for)
    if gate.then is Then.PASS:
        return gate.hold - missing_for
    warmed = ctx.state.members[member].trial.warmed_at
    if warmed is None:
        return None
    return gate.hold - min(missing_for, ctx.seen_for(warmed) - ctx.plan.policies.soak)


def _window(ctx: Context, gate: Gate) -> str:
    if not isinstance(gate, CounterGate):
        return "in the pool"
    return f"in the pool, over the last {span(pool_watched(ctx.state, gate.window, ctx.now))}"


def worse_than_peers(ctx: Context, gate: Gate) -> tuple[str, ...]:
    """Members under judgement that fail more than those not yet upgraded did meanwhile. Without
    that difference it is somebody else's incident, and taking capacity away would make it worse.
    Told only of looks that showed all at once: else they would be compared over different times.
    """
    if any(
        snapshot.full_at is None or snapshot.full_at != snapshot.at
        for snapshot in ctx.state.snapshots.values()
    ):
        return ()
    worse = []
    for m in ctx.state.members.values():
        if m.phase not in EXPOSED or m.trial.mark is None:
            continue
        own = without(counted(ctx.state, m.name), ours_beside(ctx.state, m.name))
        others = peers_counted(ctx.state, m.name)
        if is_worse(own.errors, own.total, others.errors, others.total, confidence=gate.confidence):
            worse.append(m.name)
    return tuple(worse)


def gates_hold(ctx: Context, member: str | None, scope: Scope) -> bool:
    """Whether every gate of a scope has its last word in favour (S5)."""
    return all(
        gate_holds(ctx, gate, member) for gate in ctx.plan.policies.gates if gate.scope is scope
    )


def gate_holds(ctx: Context, gate: Gate, member: str | None) -> bool:
    last = ctx.state.gate(gate.name, member)
    verdict = last.verdict if last is not None else Verdict.INCONCLUSIVE
    if (verdict is Verdict.PASS and _was_watched(ctx, last)) or is_overridden(ctx, gate):
        return True
    if ctx.state.mode is Mode.ROLLING_BACK:  # the way back needs no proof, only no failure
        return verdict is not Verdict.FAIL or member is None
    left = hold_left(ctx, gate, member)
    return gate.then is Then.PASS and left is not None and left <= timedelta(0)


def _was_watched(ctx: Context, last: GateState | None) -> bool:
    """What a gate said before nobody looked for a while, it has to say again."""
    return last is not None and ctx.now - last.sampled_at - ctx.seen_for(last.sampled_at) <= FRESH
