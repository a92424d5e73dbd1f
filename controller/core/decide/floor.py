"""The floor (S2), asked of a member that users may meet already: half-way back it is capacity.

What was validated is taken out again only where the others suffice, whatever the reason: else it
stays as it is, and that is said.
"""

from controller.core.decide.context import Context, Output
from controller.core.decide.steps_for import setting_of
from controller.core.events import MemberKept
from controller.core.state.parts import MemberState
from controller.core.steps import Setting


def serves(ctx: Context, m: MemberState) -> bool:
    """Whether users may reach it at some load balancer, as seen since it was set."""
    return any(one.line.is_serving for _, one in ctx.visible(m))


def has_room(ctx: Context, m: MemberState) -> bool:
    """Whether the floor holds without it, as every load balancer shows it now."""
    return ctx.is_full_fresh() and ctx.without(m.name).serving >= ctx.plan.min_available


def needed(ctx: Context, m: MemberState) -> str:
    """Why the floor keeps it in rotation; empty when it need not."""
    room = ctx.without(m.name)
    if room.serving >= ctx.plan.min_available:
        return ""
    return (
        f"without it {room.serving} would serve ({room.where}), and min_available is "
        f"{ctx.plan.min_available}"
    )


def taken_out(ctx: Context, m: MemberState, setting: Setting) -> Output:
    """Out of rotation again, unless it serves and the floor needs it."""
    why = needed(ctx, m) if serves(ctx, m) else ""
    if why:
        how = "failed" if m.trial.condemned else "it was half-way back"
        return MemberKept(m.name, f"{how}, but stays in rotation: {why}")
    return setting_of(m, setting)
