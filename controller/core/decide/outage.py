"""A planned outage: nothing serves in place of a member that is out, so its time is limited.

It is counted from when the member is taken out until it is proven, whatever cannot be seen
meanwhile. When it is used up, that is told, and the rollout halts as when the member had failed:
what follows is for `on_failure` to say. A step that runs is let end all the same.
"""

from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.events import Cause, Halted, OutageSpent
from controller.core.gates.figures import span
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode

ALL: Final = 100
MARKS: Final = (0, 50, 80, ALL)
"""Per cent of the time at which it is told."""


def watch_outage(ctx: Context) -> Output | None:
    budget = ctx.plan.policies.outage
    if budget is None:
        return None
    for m in ctx.state.members.values():
        if m.outage.since is None:
            continue
        lasted = ctx.now - m.outage.since
        mark = max(mark for mark in MARKS if ALL * lasted >= mark * budget)
        if mark > m.outage.spent:
            return OutageSpent(m.name, mark, budget, lasted)
        if mark == ALL and _goes_on(ctx, m):
            limit = span(budget)
            seen = f"{m.name}: its planned outage has used up its {limit}, and it is not proven yet"
            return Halted(Cause.MEMBER, seen, f"downtime.budget is {limit}", m.name)
    return None


def _goes_on(ctx: Context, m: MemberState) -> bool:
    """Whether it is still on its way to the new version."""
    return ctx.state.mode is Mode.RUNNING and m.is_in_progress
