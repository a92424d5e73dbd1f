"""Members that `unless` or `preflight` does not reach: skipped as they were found, as far as the
budget allows.

Nothing was done to such a member. A canary is never skipped: others would go on without it having
been tried; nor is one that is out because of us, or that a step may have changed.
"""

from controller.core.decide.context import Context, Output
from controller.core.events import Cause, Halted, MemberLeft
from controller.core.plan.budget import budget_of
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode


def not_reached(ctx: Context, m: MemberState, detail: str) -> Output:
    """Left as found, or the halt. `detail`: what came instead of an answer."""
    limit = _limit(ctx, m)
    if not limit:
        return MemberLeft(m.name, f"not reached: {detail}", is_unreached=True)
    return Halted(Cause.MEMBER, f"{m.name} was not reached: {detail}", limit, m.name)


def _limit(ctx: Context, m: MemberState) -> str:
    """What forbids to skip it; empty: nothing does."""
    most = budget_of(ctx.plan)
    if most is None:
        return "`unless` and `preflight` must be answered; `failures` may let it be skipped"
    if m.is_away or m.progress.begun or m.progress.unfinished:
        return "only a member to which nothing was done is skipped"
    if m.name in ctx.plan.canaries:
        return "a canary is never skipped"
    if ctx.state.mode is not Mode.RUNNING:
        return "none is skipped on the way back"
    skipped = [one.name for one in ctx.state.members.values() if one.is_unreached]
    if len(skipped) < most:
        return ""
    said = f" ({', '.join(skipped)})" if skipped else ""
    return f"failures.max lets {most} be skipped, and {len(skipped)} are already{said}"
