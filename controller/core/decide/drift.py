"""Drift: does a member's observed state match what we set? Decided by observation, not memory.

A difference is either a reload (set it again, S9) or an out-of-band change (stop, S14): the same
incarnation that confirmed our setting cannot have forgotten it.
"""

from collections.abc import Callable
from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.decide.steps_for import setting_of
from controller.core.decide.unwritten import is_still_awaited, who_changed
from controller.core.events import Cause, ForeignHandSeen, Halted
from controller.core.phases import JUDGED, Phase
from controller.core.pool import Admin, Line
from controller.core.state.parts import MemberState
from controller.core.steps import Setting

OURS_ALONE: Final = "poolroll stops when somebody else changes a member that it is working on"


def is_held(line: Line) -> bool:
    return line.admin is Admin.OUT


def is_away(line: Line) -> bool:
    return line.admin is not Admin.READY


def is_ready(line: Line) -> bool:
    return line.admin is Admin.READY


def is_in(line: Line) -> bool:
    """Whether users are led to it: weight 0 keeps them away just as well, and what nobody meets
    proves nothing in its soak."""
    return is_ready(line) and not line.is_weightless


def misplaced(
    ctx: Context, m: MemberState, is_ours: Callable[[Line], bool], again: Setting
) -> Output | None:
    """What follows when a member is not as we set it; None when it is, as far as can be seen.
    While its step runs, it is taken out once more (S4) and the halt waits for the step's end."""
    if not ctx.plan.holds_out or all(is_ours(one.line) for _, one in ctx.visible(m)):
        return None  # what cannot be held out is not judged by where it is
    instance = ctx.foreign_at(m, is_ours)
    if instance is None:
        return setting_of(m, again)
    if m.phase is Phase.UPGRADING:
        return None if m.placement.foreign else ForeignHandSeen(m.name, instance)
    return contested(ctx, m, is_ours)


def contested(ctx: Context, m: MemberState, is_ours: Callable[[Line], bool]) -> Output | None:
    """The halt when somebody else changed it."""
    if not ctx.plan.holds_out and m.phase not in JUDGED:
        return None
    instance = ctx.foreign_at(m, is_ours)
    if instance is None or is_still_awaited(ctx, m):
        return None
    return Halted(
        Cause.FOREIGN,
        who_changed(ctx, m, instance),
        OURS_ALONE,
        m.name,
    )


def is_contested(ctx: Context, m: MemberState) -> bool:
    """Whether somebody else has it in rotation, and we no longer fight that."""
    return m.placement.foreign and any(is_ready(one.line) for _, one in ctx.visible(m))


def is_forgotten(ctx: Context, m: MemberState) -> bool:
    """Whether a load balancer holds it out no longer since it was reloaded, and nobody else had a
    hand in it: what may be set again even after a halt."""
    if m.placement.foreign or ctx.foreign_at(m, is_held) is not None:
        return False
    return any(
        not is_held(one.line) and ctx.state.is_reloaded(m, instance)
        for instance, one in ctx.visible(m)
    )
