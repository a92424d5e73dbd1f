"""A changed and unproven member that waits is held out of rotation, whatever put it back (S4).

Mostly that is a reload of a load balancer, while no process watched, or while the step of another
one is let end. It is not drained: clients that hold its cookie would go on meeting it. The floor
comes first all the same (S2).
"""

from controller.core.decide.context import Context, Output
from controller.core.decide.drift import contested, is_forgotten, is_held
from controller.core.decide.floor import has_room, serves
from controller.core.decide.refused import TRIES, refused_often
from controller.core.decide.steps_for import setting_of
from controller.core.phases import FAILED, UNTOUCHED, Phase
from controller.core.state.parts import MemberState
from controller.core.steps import Setting

WAITING = UNTOUCHED | FAILED - {Phase.KEPT}
"""Neither in progress nor meant to be in rotation."""


def hold_out(ctx: Context) -> Output | None:
    if not ctx.plan.holds_out:
        return None
    abort = ctx.state.abort
    is_put_back = abort is not None and abort.restore
    held = held_again if ctx.state.is_winding_down and not is_put_back else _held
    for m in ctx.state.members.values():
        is_open = m.order.setting is not None or ctx.is_pausing(m)
        if m.phase not in WAITING or not m.is_unproven or is_open:
            continue
        if (output := held(ctx, m)) is not None:
            return output
    return None


def held_again(ctx: Context, m: MemberState) -> Output | None:
    """After a halt or a stop, as long as others are brought to rest: only what a reload undid."""
    if not (ctx.plan.holds_out and is_forgotten(ctx, m)) or m.order.tries >= TRIES:
        return None
    return None if serves(ctx, m) and not has_room(ctx, m) else setting_of(m, Setting.HOLD)


def _held(ctx: Context, m: MemberState) -> Output | None:
    if all(is_held(one.line) for _, one in ctx.visible(m)):
        return None
    if m.order.set_at is not None and (output := contested(ctx, m, is_held)):
        return output
    if serves(ctx, m) and not has_room(ctx, m):
        return None
    return refused_often(ctx, m) or setting_of(m, Setting.HOLD)
