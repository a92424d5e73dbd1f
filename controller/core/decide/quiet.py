"""Members that no user comes to: judged by requests of our own, or passed, if the file says so."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from controller.core.decide.context import Context
from controller.core.decide.through import judged_through
from controller.core.events import Verdict
from controller.core.gates.counters import judge
from controller.core.gates.evidence import Missing
from controller.core.gates.figures import requests
from controller.core.gates.gate import CounterGate, Scope, SeenGate
from controller.core.gates.judgement import Judgement, inconclusive
from controller.core.gates.quiet import OWN, Quiet
from controller.core.phases import JUDGED
from controller.core.pool import Counters
from controller.core.settings import Policies
from controller.core.state.counts import counted
from controller.core.state.parts import ORIGIN, MemberState

NOBODY: Final = "no user came"
SHORTEST, LONGEST = timedelta(milliseconds=20), timedelta(milliseconds=500)
"""Between two requests of our own."""
SPARE: Final = 1.25
"""They take their time, too, and are to be there when the soak is over."""


def pace_of(policies: Policies) -> timedelta:
    """The time between two requests of our own, so that enough of them fit into a soak."""
    return max(SHORTEST, min(LONGEST, policies.soak / (OWN * SPARE)))


def lonely(ctx: Context) -> tuple[str, ...]:
    """Members to send requests of our own to: they are back for a moment, and nobody has come."""
    policies = ctx.plan.policies
    gates = [g for g in policies.gates if isinstance(g, SeenGate) and g.scope is Scope.MEMBER]
    if policies.quiet not in (Quiet.PROBE, Quiet.THROUGH) or not gates:
        return ()
    patience = min(LONGEST, policies.soak / 4)
    return tuple(
        m.name
        for m in ctx.state.members.values()
        if m.phase in JUDGED
        and m.trial.mark is not None
        and not (m.trial.condemned or m.progress.as_before)
        and ctx.now - (m.trial.returned_at or ORIGIN) >= patience
        and not _is_visited(ctx, m)
    )


def _is_visited(ctx: Context, m: MemberState) -> bool:
    if ctx.plan.policies.quiet is Quiet.THROUGH:
        return m.trial.met_users
    return counted(ctx.state, m.name).total > 0


def beside_users(
    ctx: Context, gate: SeenGate, member: str, counts: Counters, judgement: Judgement
) -> Judgement:
    """The judgement of what users met, with what requests of our own met besides; or in the place
    of it, where no user came. `counts`: what it judges."""
    if ctx.plan.policies.quiet is Quiet.THROUGH:
        return judged_through(ctx, gate, member, counts, judgement)
    users, trial = counted(ctx.state, member), ctx.state.members[member].trial
    if users.total:
        return _of_all(gate, users, trial.own, judgement)
    match ctx.plan.policies.quiet:
        case Quiet.PASS:
            return Judgement(Verdict.PASS, f"{NOBODY}: passed unjudged (quiet: pass)")
        case Quiet.PROBE if trial.own.total:
            return _of_our_own(gate, trial.own, trial.own_fault)
        case _:
            return judgement


def _of_all(gate: SeenGate, users: Counters, own: Counters, judgement: Judgement) -> Judgement:
    if not own.total or not isinstance(gate, CounterGate) or gate.measure:
        return judgement
    if judgement.verdict is Verdict.FAIL:  # what we ask for may be a page that works
        return judgement
    both = judge(gate, users + own)
    return replace(both, reason=f"{both.reason}, {own.total} of them our own")


def _of_our_own(gate: SeenGate, own: Counters, fault: str) -> Judgement:
    if not isinstance(gate, CounterGate) or gate.measure:
        words = f"{NOBODY}: nothing to judge"
        verdict = Verdict.PASS if own.total >= OWN else Verdict.INCONCLUSIVE
        return Judgement(verdict, words)
    judged = judge(gate, own)
    why = f": {fault}" if fault else ""
    words = f"{NOBODY}; of our own requests, {judged.reason}{why}"
    if judged.verdict is Verdict.PASS and own.total < OWN:
        return inconclusive(Missing.LITTLE_TRAFFIC, f"{words}; {OWN} are needed")
    return replace(judged, reason=words)


def own_note(own: Counters) -> str:
    """For the report."""
    share = f", {own.errors} of them failed" if own.errors else ""
    return f"judged by {requests(own.total)} of our own, {NOBODY}{share}"
