"""How much time is left for a planned outage, on the board."""

from datetime import timedelta

from controller.core.decide.context import Context
from controller.core.gates.figures import span, whole
from controller.core.state.parts import MemberState


def time_left(ctx: Context, m: MemberState) -> str:
    """Counting down, before what the member is doing; empty where there is no such limit."""
    budget = ctx.plan.policies.outage
    if budget is None or m.outage.since is None:
        return ""
    left = budget - (ctx.now - m.outage.since)
    if left <= timedelta(0):
        return f"OVER BUDGET by {span(whole(-left))}: "
    return f"{span(whole(left))} left: "
