"""The pool as a whole: prepared before the first member is taken out, put back at the end.

Only where the balancer asks for it (`Plan.opens`). A rollout that will go on leaves it open.
"""

from typing import Final

from controller.core.decide.context import RETRY_AFTER, Context, Output
from controller.core.events import Cause, Halted
from controller.core.plan.plan import Purpose
from controller.core.steps import ClosePool, Course, OpenPool

PREPARED: Final = "poolroll stops when somebody else changes what it has prepared"
TRIES: Final = 5
"""Failures in a row after which it is given up."""


_COURSES: Final = {
    Purpose.UPGRADE: Course.UPGRADE,
    Purpose.ROLLBACK: Course.ROLLBACK,
    Purpose.REHEARSAL: None,
}


def watch_whole(ctx: Context) -> Output | None:
    """The halt when somebody else changed what we have prepared (S14)."""
    if ctx.state.is_winding_down or not ctx.state.whole.is_open:
        return None
    for instance, snapshot in ctx.state.snapshots.items():
        if snapshot.rival:
            return Halted(Cause.FOREIGN, f"{instance}: {snapshot.rival}", PREPARED)
    return None


def is_contested(ctx: Context) -> bool:
    """Whether the rollout halted because of that: what is still as we set it is put back then."""
    halt = ctx.state.halt
    return halt is not None and halt.cause is Cause.FOREIGN and halt.limit == PREPARED


def is_ready(ctx: Context) -> bool:
    """Whether members may be taken out, as far as the pool as a whole is concerned."""
    return ctx.state.whole.is_open or not ctx.plan.opens


def open_pool(ctx: Context) -> Output | None:
    """Prepare it; None while that is under way."""
    whole = ctx.state.whole
    if whole.tries >= TRIES:
        return Halted(
            Cause.BALANCER,
            f"the pool could not be prepared: {whole.why}",
            f"at most {TRIES} attempts in a row may fail",
        )
    return None if _is_busy(ctx) else OpenPool(_COURSES[ctx.plan.purpose])


def close_pool(ctx: Context) -> Output | None:
    """Put it back; None while that is under way, and when there is nothing more to try."""
    whole = ctx.state.whole
    if not is_to_close(ctx) or is_given_up(ctx) or _is_busy(ctx):
        return None
    return ClosePool(whole.kept if whole.kept is not None else {})


def is_to_close(ctx: Context) -> bool:
    """Whether something of it may be as we have set it, or as a rollout before us has, which this
    one replaces."""
    whole = ctx.state.whole
    if whole.is_open or whole.is_begun or whole.is_closed or not ctx.plan.opens:
        return whole.is_open or whole.is_begun
    return any(snapshot.held for snapshot in ctx.state.snapshots.values())


def is_given_up(ctx: Context) -> bool:
    """Whether it is open still, and could not be put back."""
    return ctx.state.whole.is_open and ctx.state.whole.tries >= TRIES


def not_put_back(ctx: Context) -> Halted:
    return Halted(
        Cause.BALANCER,
        f"the pool could not be put back as it was found: {ctx.state.whole.why}",
        f"at most {TRIES} attempts in a row may fail",
    )


def _is_busy(ctx: Context) -> bool:
    whole = ctx.state.whole
    since = whole.tried_at
    return whole.work is not None or (since is not None and ctx.now - since < RETRY_AFTER)
