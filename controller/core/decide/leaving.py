"""Where members come and go, one may have been taken away when something goes wrong with it: it is
not held against it before a look has shown that it is still there.
"""

from controller.core.decide.context import Context
from controller.core.state.parts import ORIGIN, MemberState


def may_have_left(ctx: Context, m: MemberState) -> bool:
    """Whether what went wrong is newer than the last look at the whole pool, or somebody is taking
    it away."""
    if not ctx.plan.joins or ctx.state.is_winding_down:
        return False
    since = max(m.since, m.progress.ended_at or ORIGIN, m.order.tried_at or ORIGIN)
    return not ctx.is_full_fresh(since=since) or is_going(ctx, m)


def is_going(ctx: Context, m: MemberState) -> bool:
    """Whether somebody is taking away what sits in its place. What follows is waited for as long
    as for a return."""
    within = ctx.plan.policies.comeback.within
    return any(
        one.going_since is not None and ctx.seen_for(one.going_since) < within
        for _, one in ctx.visible(m)
    )
