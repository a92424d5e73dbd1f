"""What is watched in every phase: load balancers that fall silent or start anew, and gates."""

from collections.abc import Iterator

from controller.core.context import FRESH, Context, Output
from controller.core.events import (
    Cause,
    GateSampled,
    Halted,
    Verdict,
    WorkerReplaced,
)
from controller.core.gate import judge, limit, percent
from controller.core.phases import JUDGED
from controller.core.pool import Counters
from controller.core.rollout import GateState, Mode, counted, peers_counted, pool_counted
from controller.core.settings import Gate, Scope, Then
from controller.core.statistics import is_worse


def watch_balancers(at: Context) -> Output | None:
    for instance, sight in at.state.sights.items():
        known = at.state.known.get(instance)
        if sight.worker is not None and known is not None and not known.is_same(sight.worker):
            return WorkerReplaced(instance, known, sight.worker)
    if at.state.mode is Mode.HALTED:
        return None
    patience = at.plan.policies.lost_after
    for instance, sight in at.state.sights.items():
        if sight.lost_since is not None and at.now - sight.lost_since >= patience:
            return Halted(
                Cause.BALANCER,
                f"{instance} has not answered for {patience.total_seconds():g}s: {sight.lost_why}",
                f"a load balancer may be unreadable for {patience.total_seconds():g}s",
            )
    return _vanished(at)


def _vanished(at: Context) -> Output | None:
    """A member in hand that a load balancer no longer has will never be seen as we set it."""
    for instance, sight in at.state.sights.items():
        for m in at.state.in_hand:
            if sight.full_at is not None and not sight.lines.get(m.name):
                return Halted(
                    Cause.BALANCER,
                    f"{instance} no longer has {m.name}",
                    "a member in hand must stay in the configuration of every load balancer",
                    m.name,
                )
    return None


# --- gates -----------------------------------------------------------------------------------


def watch_gates(at: Context) -> Output | None:
    for gate in at.plan.policies.gates:
        for member in subjects(at, gate):
            output = _sample_due(at, gate, member) or _tripped(at, gate, member)
            if output is not None:
                return output
    return None


def subjects(at: Context, gate: Gate) -> tuple[str | None, ...]:
    """What a gate judges now: the members that are back and not proven yet, or the pool (None)."""
    if gate.scope is Scope.POOL:
        return (None,)
    return tuple(
        m.name
        for m in at.state.members.values()
        if m.phase in JUDGED and m.mark is not None and not m.condemned
    )


def is_overridden(at: Context, gate: Gate) -> bool:
    return at.state.run is not None and gate.name in at.state.run.overrides


def _sample_due(at: Context, gate: Gate, member: str | None) -> GateSampled | None:
    if not gate.is_counted:
        return None  # a metrics system is asked beside the decisions
    former = at.state.gate(gate.name, member)
    if former is not None and at.now - former.sampled_at < gate.every:
        return None
    seen = [sight.at for sight in at.state.sights.values()]
    if any(then is None for then in seen):
        return None
    last = max((then for then in seen if then is not None), default=at.now)
    if former is not None and last <= former.sampled_at and at.now - last <= FRESH:
        return None  # nothing new to judge yet; a look is on its way
    if at.is_blind or any(then is None or at.now - then > FRESH for then in seen):
        why = next((s.lost_why for s in at.state.sights.values() if s.lost_why), "no fresh look")
        return GateSampled(
            gate.name, member, Verdict.INCONCLUSIVE, f"stale: {why}", 0, 0, None, gate.maximum
        )
    counts = counts_of(at, gate, member)
    judgement = judge(gate, counts)
    value = counts.errors / counts.total if counts.total else None
    return GateSampled(
        gate.name,
        member,
        judgement.verdict,
        judgement.reason,
        counts.errors,
        counts.total,
        value,
        gate.maximum,
    )


def counts_of(at: Context, gate: Gate, member: str | None) -> Counters:
    """Errors and requests under judgement: since the member's return, or in the window."""
    if member is not None:
        return counted(at.state, member)
    return pool_counted(at.state, at.now - gate.window)


def _tripped(at: Context, gate: Gate, member: str | None) -> Halted | None:
    last = at.state.gate(gate.name, member)
    if last is None or is_overridden(at, gate) or at.state.mode is Mode.HALTED:
        return None
    if last.verdict is Verdict.FAIL and last.failures >= gate.failures:
        if at.state.mode is Mode.ROLLING_BACK and member is None:
            return None  # the pool may still be failing: the way back goes on
        failed = (member,) if member is not None else worse_than_peers(at, gate)
        condemned = (*failed, *unproven(at, failed))
        who = f"since the return of {member}" if member else _window(gate)
        return Halted(
            Cause.GATE,
            f"gate {gate.name!r}: {last.reason} {who}",
            limit(gate),
            member if member is not None else next(iter(condemned), None),
            gate.name,
            condemned,
        )
    return _silent(at, gate, member, last)


def unproven(at: Context, failed: tuple[str, ...]) -> Iterator[str]:
    """Others that meet users with the version of those that failed, and are not proven either:
    after the halt nobody would watch them."""
    members = at.state.members
    courses = {members[name].course for name in failed}
    for m in members.values():
        is_new = m.phase in JUDGED and m.course in courses
        if is_new and not m.condemned and m.name not in failed:
            yield m.name


def _silent(at: Context, gate: Gate, member: str | None, last: GateState) -> Halted | None:
    """Evidence that stays missing halts, unless the operator chose `then: pass`."""
    since = last.inconclusive_since
    if since is None or gate.then is Then.PASS or at.state.mode is Mode.ROLLING_BACK:
        return None
    if member is not None:
        warmed = at.state.members[member].warmed_at
        if warmed is None:
            return None
        since = max(since, warmed + at.plan.policies.soak)
    if at.now - since < gate.hold:
        return None
    hold = f"{gate.hold.total_seconds():g}s"
    return Halted(
        Cause.GATE,
        f"gate {gate.name!r} has been inconclusive for {hold}: {last.reason}",
        f"evidence may be missing for {hold} (inconclusive.hold), then the rollout halts",
        member,
        gate.name,
    )


def _window(gate: Gate) -> str:
    if not gate.is_counted:
        return "in the pool"
    return f"in the pool, over the last {gate.window.total_seconds():g}s"


def worse_than_peers(at: Context, gate: Gate) -> tuple[str, ...]:
    """Members under judgement that fail more than those not yet upgraded did meanwhile. Without
    that difference it is somebody else's incident, and taking capacity away would make it worse.
    """
    worse = []
    for m in at.state.members.values():
        if m.phase not in JUDGED or m.mark is None:
            continue
        own, others = counted(at.state, m.name), peers_counted(at.state, m.name)
        if is_worse(own.errors, own.total, others.errors, others.total, confidence=gate.confidence):
            worse.append(m.name)
    return tuple(worse)


def gates_hold(at: Context, member: str | None, scope: Scope) -> bool:
    """Whether every gate of a scope has its last word in favour (S5)."""
    return all(
        gate_holds(at, gate, member) for gate in at.plan.policies.gates if gate.scope is scope
    )


def gate_holds(at: Context, gate: Gate, member: str | None) -> bool:
    last = at.state.gate(gate.name, member)
    verdict = last.verdict if last is not None else Verdict.INCONCLUSIVE
    if verdict is Verdict.PASS or is_overridden(at, gate):
        return True
    if at.state.mode is Mode.ROLLING_BACK:  # the way back needs no proof, only no failure
        return verdict is not Verdict.FAIL or member is None
    since = last.inconclusive_since if last is not None else None
    return gate.then is Then.PASS and since is not None and at.now - since >= gate.hold


def quiet_note(at: Context, member: str) -> str:
    """What the soak proved, for the report: `quiet: 3 requests` for a member hardly used."""
    counts = counted(at.state, member)
    share = f", {percent(counts.errors / counts.total)} failed" if counts.errors else ""
    few = min((g.min_requests for g in at.plan.policies.gates), default=0)
    quiet = "quiet: " if counts.total < few and not counts.errors else ""
    return f"{quiet}{counts.total} requests{share}"
