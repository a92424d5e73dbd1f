"""A changed and unproven member that waits is held out of rotation, whatever put it back (S4).

Mostly that is a reload of a load balancer while no process watched. It is not drained: clients
that hold its cookie would go on meeting it. The floor comes first all the same (S2).
"""

from controller.core.decide.context import Context, Output
from controller.core.decide.drift import contested, is_held
from controller.core.decide.floor import has_room, serves
from controller.core.decide.refused import refused_often
from controller.core.decide.steps_for import setting_of
from controller.core.phases import FAILED, UNTOUCHED, Phase
from controller.core.state.parts import MemberState
from controller.core.steps import Setting

WAITING = UNTOUCHED | FAILED - {Phase.KEPT}
"""Neither in progress nor meant to be in rotation. After a halt, nothing but what was in progress
is touched; after a stop nothing, unless what is out is put back."""


def hold_out(ctx: Context) -> Output | None:
    abort = ctx.state.abort
    is_put_back = abort is not None and abort.restore
    if not ctx.plan.holds_out or (ctx.state.is_winding_down and not is_put_back):
        return None
    for m in ctx.state.members.values():
        is_open = m.order.setting is not None or ctx.is_pausing(m)
        if m.phase not in WAITING or not m.is_unproven or is_open:
            continue
        if (output := _held(ctx, m)) is not None:
            return output
    return None


def _held(ctx: Context, m: MemberState) -> Output | None:
    if all(is_held(one.line) for _, one in ctx.visible(m)):
        return None
    if m.order.set_at is not None and (output := contested(ctx, m, is_held)):
        return output
    if serves(ctx, m) and not has_room(ctx, m):
        return None
    return refused_often(m) or setting_of(m, Setting.HOLD)
