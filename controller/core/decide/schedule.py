"""Scheduling: which member is next, within max_unavailable, canaries first."""

from controller.core.decide.context import Context, Output
from controller.core.decide.gates import gates_hold
from controller.core.decide.same_machine import another_came, is_another
from controller.core.decide.steps_for import guard_of
from controller.core.decide.unwritten import reclaimed
from controller.core.decide.window import fits
from controller.core.events import Cause, Halted, MemberCalled, RestoreBegan
from controller.core.gates.gate import Scope
from controller.core.phases import LEFT_OUT, OVER, Phase
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode


def in_scope(ctx: Context) -> tuple[MemberState, ...]:
    """The members that this run may touch, in the order of their turn."""
    only = ctx.state.run.only if ctx.state.run is not None else ()
    members = (*ctx.plan.members, *ctx.state.joined)
    names = dict.fromkeys(member.name for member in members)  # one may have left and come back
    return tuple(ctx.state.members[name] for name in names if not only or name in only)


def begin(ctx: Context) -> Output | None:
    """Take up the next member when nothing speaks against it (S1, S5)."""
    if ctx.state.mode is Mode.STOPPING:
        return _put_back_next(ctx)
    if not ctx.is_running or ctx.is_blind:
        return None
    m = _next(ctx)
    if m is None:
        return None
    if not _has_room(ctx, m):
        return _crowded_out(ctx)
    if not fits(ctx, m):
        return None
    if ctx.state.mode is Mode.RUNNING and not gates_hold(ctx, None, Scope.POOL):
        return None
    if is_another(ctx, m):
        return another_came(ctx, m)
    if (
        ctx.shape(m).has_guard and not m.progress.unfinished
    ):  # what may run still is joined first (S7)
        return guard_of(ctx, m)
    return MemberCalled(m.name)


def _next(ctx: Context) -> MemberState | None:
    """Who is out because of us comes first: it uses up max_unavailable."""
    if ctx.state.mode is Mode.ROLLING_BACK:
        turns = [ctx.state.members[name] for name in ctx.state.rolling]
        waiting = [m for m in turns if m.phase is Phase.WAITING]
    else:
        scope = in_scope(ctx)
        canaries = [m for m in scope if m.name in ctx.plan.canaries]
        are_proven = all(m.phase in OVER for m in canaries)
        waiting = [
            m
            for m in scope
            if m.phase is Phase.WAITING and (are_proven or m in canaries or m.is_away)
        ]
    return min(waiting, key=lambda m: not m.is_away, default=None)


def _has_room(ctx: Context, m: MemberState) -> bool:
    """S1. A member that we have out already uses up its own share."""
    most = ctx.plan.max_unavailable
    return _busy(ctx) < most and (m.is_away or ctx.away < most)


def _busy(ctx: Context) -> int:
    return sum(1 for m in ctx.state.members.values() if m.is_in_progress or m.phase is Phase.ASKING)


def _crowded_out(ctx: Context) -> Output | None:
    """With no member in progress, no room will become free."""
    if _busy(ctx):
        return None
    away = ", ".join(m.name for m in ctx.state.members.values() if m.is_away)
    return Halted(
        Cause.FLOOR,
        f"still out of rotation because of poolroll, and not part of this run: {away}",
        f"max_unavailable is {ctx.plan.max_unavailable}",
    )


def _put_back_next(ctx: Context) -> Output | None:
    """`abort --restore`: one after the other, what is still out."""
    abort = ctx.state.abort
    if abort is None or not abort.restore or ctx.is_blind:
        return None
    members = ctx.state.members.values()
    if any(m.is_in_progress and m.progress.restore_tried for m in members):
        return None
    if output := reclaimed(ctx):
        return output
    for m in members:
        is_idle = m.phase in LEFT_OUT and m.progress.work is None and not m.progress.unfinished
        if m.phase is Phase.KEPT and ctx.without().serving < ctx.plan.min_available:
            continue  # half-way back it serves: validating it again would take it out (S2)
        if is_idle and m.placement.found is not None and not m.progress.restore_tried:
            return RestoreBegan(m.name)
    return None
