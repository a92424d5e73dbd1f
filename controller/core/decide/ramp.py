"""The ramp: a returned member gets its weight in steps, and its gates are watched at each.

From its first step on a member is judged like one that soaks; until it has its full weight it
counts as out because of us, and what was found is kept.
"""

from controller.core.decide.context import Context, Output
from controller.core.decide.drift import OURS_ALONE
from controller.core.decide.gates import gate_holds
from controller.core.decide.steps_for import setting_of
from controller.core.events import Cause, Halted, MemberKept, RampEnded, Verdict
from controller.core.gates.gate import Scope
from controller.core.pool import FULL, LineKey
from controller.core.state.parts import MemberState
from controller.core.steps import SetMember, Setting


def first_share(ctx: Context, m: MemberState) -> int:
    """Per cent of its found weight at which a member comes back."""
    return _next_share(ctx, m, 0)


def _next_share(ctx: Context, m: MemberState, former: int) -> int:
    """The lowest step above `former`; steps that come to the same weights are one, and those that
    come to the full weight are none."""
    if ctx.state.ramp_refused:
        return FULL
    lines = m.placement.found.lines if m.placement.found is not None else ()

    def weights(share: int) -> list[int]:
        return [line.weighing(share) for line in lines]

    reached = weights(former) if former else []
    steps = (share for share in sorted(ctx.plan.policies.comeback.ramp) if share > former)
    return next((one for one in steps if weights(one) not in (reached, weights(FULL))), FULL)


def put_back(ctx: Context, m: MemberState, share: int) -> SetMember:
    return setting_of(m, Setting.PUT_BACK, share)


def climb(ctx: Context, m: MemberState) -> Output | None:
    """What follows for a member in rotation and healthy. After a crash, it is ramped again."""
    if m.trial.mark is None:
        return put_back(ctx, m, first_share(ctx, m))
    if m.order.set_at is None:
        return put_back(ctx, m, FULL if ctx.state.ramp_refused else m.placement.share)
    if m.placement.share == FULL:
        return RampEnded(m.name)
    if output := _reweighed(ctx, m):
        return output
    abort = ctx.state.abort
    if abort is not None and not abort.restore:
        return MemberKept(m.name, f"{at_share(m)}, its ramp cut short by the abort")
    return put_back(ctx, m, _next_share(ctx, m, m.placement.share)) if _is_held(ctx, m) else None


def at_share(m: MemberState) -> str:
    """For people."""
    return (
        "in rotation"
        if m.placement.share == FULL
        else f"in rotation at {m.placement.share} % of its weight"
    )


def _reweighed(ctx: Context, m: MemberState) -> Output | None:
    """Its weight is not what we set: lost in a reload it is set again (S9); changed by somebody
    else it is left alone (S14)."""
    for instance, one in ctx.visible(m):
        was = (
            m.placement.found.at(LineKey(instance, one.line.backend))
            if m.placement.found is not None
            else None
        )
        if was is None or one.line.weight == was.weighing(m.placement.share):
            continue
        if ctx.state.is_reloaded(m, instance) is not False:
            return put_back(ctx, m, m.placement.share)
        return Halted(
            Cause.FOREIGN,
            f"somebody else changed the weight of {m.name} at {instance} to {one.line.weight} "
            "while it was in progress",
            OURS_ALONE,
            m.name,
        )
    return None


def _is_held(ctx: Context, m: MemberState) -> bool:
    """Whether a step was held for its time. A gate that does not say yes holds it longer: as long
    as it fails, or, where evidence is missing, for as long as it may be."""
    held = ctx.seen_for(m.order.set_at or ctx.now)
    policies = ctx.plan.policies
    for gate in policies.gates:
        subject = m.name if gate.scope is Scope.MEMBER else None
        if gate_holds(ctx, gate, subject):
            continue
        last = ctx.state.gate(gate.name, subject)
        is_failing = last is not None and last.verdict is Verdict.FAIL
        if is_failing or held < policies.comeback.hold + gate.hold:
            return False
    return held >= policies.comeback.hold
