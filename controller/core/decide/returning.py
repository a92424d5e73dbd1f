"""Return and soak: the load balancer's own health check, back into rotation, and after that."""

from datetime import timedelta
from typing import Final

from controller.core.decide.ailment import ailment
from controller.core.decide.context import Context, Output
from controller.core.decide.drift import (
    contested,
    is_away,
    is_held,
    is_in,
    is_ready,
    misplaced,
)
from controller.core.decide.floor import has_room, serves
from controller.core.decide.gates import gates_hold, is_overridden
from controller.core.decide.leaving import is_going
from controller.core.decide.ramp import climb, first_share, put_back
from controller.core.decide.samples import quiet_note
from controller.core.decide.steps_for import setting_of
from controller.core.decide.unresolved import unresolved_at
from controller.core.decide.upgrade import failed, waited_for
from controller.core.events import Cause, Halted, MemberReturned, SoakEnded
from controller.core.gates.figures import span
from controller.core.gates.gate import Scope, tells_itself
from controller.core.phases import Phase
from controller.core.pool import Health, Line
from controller.core.state.parts import MemberState
from controller.core.steps import Course, Setting

TELLS_WITHIN: Final = timedelta(seconds=3)
"""How long it is waited for what the pool itself says of a member that fails its health check."""
NOT_BACK: Final = "it did not come back into rotation"


def _is_coming(line: Line) -> bool:
    return line.is_coming


def _is_healthy(line: Line) -> bool:
    """Of one that could not be held out: nothing keeps users from it but its own health."""
    return line.health is not Health.FAILING


def _has_passed(line: Line) -> bool:
    return line.has_passed


def checking(ctx: Context, m: MemberState) -> Output | None:
    if where := unresolved_at(ctx, m):
        return _held_without_a_name(ctx, m, where)
    if m.order.set_at is None:
        wish = contested(ctx, m, is_away) or setting_of(m, Setting.CHECK)
        return None if ctx.is_blind else wish
    if output := misplaced(ctx, m, _is_coming, Setting.CHECK):
        return output
    if ctx.shows(m, _has_passed if ctx.plan.holds_out else _is_healthy):
        return put_back(ctx, m, first_share(ctx, m))
    return _late(ctx, m, "its health check did not pass")


def _held_without_a_name(ctx: Context, m: MemberState, where: str) -> Output | None:
    """Held out, it is proven anew once its name has an address."""
    if output := contested(ctx, m, is_away):
        return output
    if all(is_held(one.line) for _, one in ctx.visible(m)):
        return waited_for(ctx, m, where)
    return None if ctx.is_blind else setting_of(m, Setting.HOLD)


def _late(ctx: Context, m: MemberState, what: str) -> Output | None:
    within = ctx.plan.policies.comeback.within
    if ctx.seen_for(m.since) < within or ctx.is_blind:
        return None
    limit = span(within)
    shown = "; ".join(
        f"{one.line.backend} at {instance}: {one.line.standing}" for instance, one in ctx.visible(m)
    )
    return failed(ctx, m, f"{what} within {limit} ({shown})", f"return.within is {limit}")


def returning(ctx: Context, m: MemberState) -> Output | None:
    if m.order.set_at is None:
        return _unknown_return(ctx, m)
    if output := misplaced(ctx, m, is_ready, Setting.CHECK):
        return output if isinstance(output, Halted) else _checked_again(ctx, m)
    if is_back(ctx, m):
        return MemberReturned(m.name)
    return _late(ctx, m, NOT_BACK)


def is_back(ctx: Context, m: MemberState) -> bool:
    """Whether it is in rotation and healthy, everywhere."""
    return ctx.shows(m, lambda line: not line.is_out and line.health is not Health.FAILING)


def _checked_again(ctx: Context, m: MemberState) -> Output | None:
    """Out of rotation once more until its check has passed: where users meet it at some load
    balancer already, only when the floor holds without it (S2)."""
    if serves(ctx, m) and not has_room(ctx, m):
        return _late(ctx, m, NOT_BACK)
    return setting_of(m, Setting.CHECK)


def _unknown_return(ctx: Context, m: MemberState) -> Output | None:
    """After a crash, or a failed try, whether it was put back is not known. Where its check has
    passed, or it is in rotation already, it is put back; else it is checked again."""
    if ctx.seen(m) is None:
        return None
    is_safe = ctx.shows(m, lambda line: is_ready(line) or line.has_passed)
    if is_safe:
        return put_back(ctx, m, first_share(ctx, m))
    return _checked_again(ctx, m)


def ramping(ctx: Context, m: MemberState) -> Output | None:
    if output := contested(ctx, m, is_ready):
        return output
    if ctx.seen(m) is None or is_going(ctx, m) or _may_tell(ctx, m):
        return None
    return _ailing(ctx, m) or climb(ctx, m)


def soaking(ctx: Context, m: MemberState) -> Output | None:
    if output := contested(ctx, m, is_in):
        return output
    if ctx.seen(m) is None or is_going(ctx, m) or _may_tell(ctx, m):
        return None
    if output := _ailing(ctx, m):
        return output
    if m.trial.mark is None:  # after a crash the soak starts again
        return MemberReturned(m.name)
    if ctx.state.abort is not None:
        return SoakEnded(m.name, f"{_put_back_as(ctx, m)}, its soak cut short by the abort")
    if m.trial.warmed_at is None or ctx.seen_for(m.trial.warmed_at) < ctx.plan.policies.soak:
        return None
    if not gates_hold(ctx, m.name, Scope.MEMBER) or not gates_hold(ctx, None, Scope.POOL):
        return None
    return SoakEnded(m.name, quiet_note(ctx, m.name))


def _put_back_as(ctx: Context, m: MemberState) -> str:
    if m.progress.as_before:
        values = ctx.plan.before.get(m.name, {}).items()
        runs = ", ".join(
            value if name == "version" else f"{name}={value}" for name, value in values
        )
        return f"runs {runs} as before the rollout"
    return "the former version passed" if m.progress.course is Course.ROLLBACK else "in rotation"


def _may_tell(ctx: Context, m: MemberState) -> bool:
    """Whether a gate on the pool's own evidence may soon say why it fails its health check: then
    that is the cause of the halt."""
    since = m.trial.ailing_since
    if since is None or ctx.now - since >= TELLS_WITHIN:
        return False
    return any(tells_itself(one) and not is_overridden(ctx, one) for one in ctx.plan.policies.gates)


def _ailing(ctx: Context, m: MemberState) -> Output | None:
    is_ramping = m.phase is Phase.RAMPING
    stage, is_there = ("ramp", is_ready) if is_ramping else ("soak", is_in)  # a ramp sets weights
    for instance, one in ctx.visible(m):
        if not is_there(one.line):
            return Halted(
                Cause.BALANCER,
                f"{instance} shows {m.name} out of rotation since it was reloaded",
                "a member must stay in rotation through its soak",
                m.name,
            )
        if one.line.is_unresolved:
            return Halted(
                Cause.MEMBER,
                f"{instance} has no address for the name of {m.name} any more, in its {stage}",
                "a member must stay in rotation through its soak",
                m.name,
                condemned=(m.name,),
            )
        if one.line.health is Health.FAILING or m.trial.ailing_since is not None:
            return Halted(
                Cause.MEMBER,
                f"{m.name} failed the health check of {instance} during its {stage}"
                f"{ailment(ctx, m.name)}",
                "a member must stay healthy through its soak",
                m.name,
                condemned=(m.name,),
            )
    return None
