"""Guard, capacity, drain: from the question whether to begin to a member that is out and quiet."""

from datetime import timedelta
from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.decide.drift import contested, is_away, is_held, is_ready, misplaced
from controller.core.decide.gates import gates_hold
from controller.core.decide.in_flight import (
    former_stays,
    is_clear,
    still_busy,
    still_in_flight,
)
from controller.core.decide.inquiry import asked
from controller.core.decide.occupants import replaced
from controller.core.decide.same_machine import another_came, is_another
from controller.core.decide.schedule import in_scope
from controller.core.decide.steps_for import guard_of, setting_of, step_of
from controller.core.decide.traffic import is_borne_out, is_measured
from controller.core.decide.upgrade import next_step
from controller.core.decide.whole import is_ready as is_ready_as_a_whole
from controller.core.decide.whole import open_pool
from controller.core.decide.window import fits
from controller.core.events import (
    CapacityBack,
    CapacityShort,
    Cause,
    Halted,
    MemberFoundOut,
    MemberLeft,
    MemberStoodDown,
)
from controller.core.gates.gate import Scope
from controller.core.phases import BACK, Phase
from controller.core.pool import Admin, Found, found_in
from controller.core.pool.copies import replace
from controller.core.settings import OnTimeout
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode
from controller.core.steps import AskOperator, SetMember, Setting

RECENT: Final = timedelta(milliseconds=500)
"""A take-out is decided on a look at the whole pool no older than this, and begun when the turn
of the member had come."""

TAKEN_OUT: Final = "was taken out of rotation by somebody else"
SETTLED: Final = timedelta(seconds=1)
"""Whose clients came as long as it drained is watched for so long when it is out: they must not
come any more."""


def asking(ctx: Context, m: MemberState) -> Output | None:
    """After a crash the question is asked again; it may be repeated at will."""
    if is_another(ctx, m):
        return another_came(ctx, m)  # what is asked now is asked about the former one
    return guard_of(ctx, m) if m.progress.work is None else None


def due(ctx: Context, m: MemberState) -> Output | None:
    """Out as soon as nothing speaks against it: S2, S5, S8, the operator."""
    since = max(m.since, ctx.state.whole.opened_at)  # a member may have come with that
    if m.progress.work is not None or not ctx.is_running or not ctx.is_full_fresh(RECENT, since):
        return None
    seen = ctx.visible(m)
    if m.placement.found is None and (
        out := next((one for one in seen if one[1].line.is_out), None)
    ):
        where, line = f"{out[1].line.backend} at {out[0]}", out[1].line
        is_lost = line.is_unresolved and line.admin is Admin.READY
        why = "has a name without an address" if is_lost else TAKEN_OUT
        return MemberLeft(m.name, f"{why} ({where})")
    if not fits(ctx, m):
        return MemberStoodDown(m.name)  # it has waited too long for its turn
    if is_another(ctx, m):
        return another_came(ctx, m)
    if ctx.state.run is not None and ctx.state.run.stepwise and not m.consent.approved:
        return AskOperator(m.name)
    if ctx.state.mode is Mode.RUNNING and not gates_hold(ctx, None, Scope.POOL):
        return None
    if undone := replaced(ctx, m):
        return undone
    if m.placement.found is not None and all(one.line.admin is Admin.OUT for _, one in seen):
        if not is_ready_as_a_whole(ctx):
            return open_pool(ctx)
        return asked(ctx, m) or MemberFoundOut(m.name)
    if m.placement.found is None and _goes_after_ours(ctx):
        return MemberStoodDown(m.name)
    if not is_ready_as_a_whole(ctx):
        return open_pool(ctx)
    if ctx.plan.holds_out and m.placement.found is None and ctx.lingering is not None:
        return former_stays(ctx, m)  # it would stand by for nothing
    if m.placement.found is None and not is_measured(ctx, m):
        return None
    room = ctx.without(m.name)
    if room.serving < ctx.plan.min_available:
        return _short(ctx, room.serving, room.where)
    if ctx.state.short_since is not None and _holds_for_all(ctx):
        return CapacityBack(room.serving)
    if questions := asked(ctx, m):
        return questions
    found = m.placement.found or as_seen(ctx, m)
    if not ctx.plan.holds_out and m.progress.step < ctx.shape(m).steps:
        return replace(step_of(ctx, m), found=found)
    return SetMember(m.name, Setting.DRAIN, found, seats=ctx.seats(m))


def _goes_after_ours(ctx: Context) -> bool:
    """Who is out because of us comes first, also one that joined since this member was called."""
    return any(one.phase is Phase.WAITING and one.is_away for one in in_scope(ctx))


def _holds_for_all(ctx: Context) -> bool:
    """Whether the floor holds whichever of those that are due goes: one that does not serve may go
    while another one has to wait."""
    due_now = (m for m in ctx.state.members.values() if m.phase is Phase.DUE)
    return all(ctx.without(m.name).serving >= ctx.plan.min_available for m in due_now)


def _short(ctx: Context, serving: int, where: str) -> Output | None:
    """The floor does not hold. Members that are in progress will come back; for any other
    it is waited for a time; and before anything was touched, not at all."""
    if any(m.is_in_progress and m.phase is not Phase.DUE for m in ctx.state.members.values()):
        return None
    patience = ctx.plan.policies.wait_for_capacity if ctx.state.touched else timedelta(0)
    since = ctx.state.short_since
    if since is None and patience:
        return CapacityShort(serving, where)
    if since is None or ctx.seen_for(since) >= patience:
        return Halted(
            Cause.FLOOR,
            f"without the next member {serving} would serve ({where})",
            f"min_available is {ctx.plan.min_available}",
        )
    return None


def as_seen(ctx: Context, m: MemberState) -> Found:
    """The member as it stands now, to be restored later."""
    snapshots = ctx.state.snapshots.values()
    return found_in((s.instance, one.line) for s in snapshots for one in s.lines.get(m.name, ()))


def _set_or_back(ctx: Context, m: MemberState, wish: Output | None) -> Output | None:
    """While we only drain: somebody else's loss sends ours back at once (S2), whatever else is
    wished but a halt."""
    is_only_leaving = not m.progress.begun and not isinstance(wish, Halted)
    if is_only_leaving and ctx.is_full_fresh():
        is_lost = ctx.without().serving < ctx.plan.min_available
        return setting_of(m, Setting.RESTORE) if is_lost else wish
    return wish


def _unknown_drain(ctx: Context, m: MemberState) -> Output | None:
    """After a crash, or a failed try, whether it was drained is not known. When it was not,
    everything that spoke for it must speak for it once more (S2, S5)."""
    if not ctx.is_full_fresh():
        return None
    if output := contested(ctx, m, is_away):
        return output
    if not m.order.tries and not m.progress.begun and ctx.shows(m, is_ready):
        return setting_of(m, Setting.RESTORE)
    return _set_or_back(ctx, m, setting_of(m, Setting.DRAIN))


def draining(ctx: Context, m: MemberState) -> Output | None:
    if m.is_unproven:  # clients that hold its cookie must not meet it either (S4)
        return setting_of(m, Setting.HOLD)
    if m.order.set_at is None:
        return _unknown_drain(ctx, m)
    if output := _set_or_back(ctx, m, misplaced(ctx, m, is_away, Setting.DRAIN)):
        return output
    if ctx.seen(m) is None:
        return None
    policy, drained_for = ctx.plan.policies.drain, ctx.seen_for(m.order.set_at)
    if awaits_clients(ctx, m):
        return None
    if ctx.shows(m, lambda line: line.may_be_quiet):
        return setting_of(m, Setting.HOLD)
    if drained_for < policy.timeout:
        return None
    is_safe = is_sticky(ctx, m) and not any(one.line.out_cuts for _, one in ctx.visible(m))
    if is_safe or policy.on_timeout is OnTimeout.CUT:
        return setting_of(m, Setting.HOLD)
    return still_in_flight(ctx, m)


def is_sticky(ctx: Context, m: MemberState) -> bool:
    """Whether its clients are bound to it: while it drains, the next one may come before the last
    one has gone."""
    return bool(ctx.plan.sticky) or m.draining.persistent


def awaits_clients(ctx: Context, m: MemberState) -> bool:
    """Whether it drains on for its sticky clients, whatever is in flight."""
    since, sticky = m.order.set_at, ctx.plan.policies.drain.sticky
    return is_sticky(ctx, m) and (since is None or ctx.seen_for(since) < sticky)


def holding(ctx: Context, m: MemberState) -> Output | None:
    if ctx.is_blind or not ctx.is_full_fresh():
        return None
    wish = contested(ctx, m, is_away) or setting_of(m, Setting.HOLD)
    return _set_or_back(ctx, m, wish)


def out(ctx: Context, m: MemberState) -> Output | None:
    if output := _set_or_back(ctx, m, misplaced(ctx, m, is_held, Setting.HOLD)):
        return output
    if not m.progress.begun and not (_is_settled(ctx, m) and is_borne_out(ctx, m)):
        return None
    if is_clear(ctx, m):
        return next_step(ctx, m)
    since = m.draining.drain_since
    return still_busy(ctx, m, m.since if is_sticky(ctx, m) or since is None else since)


def _is_settled(ctx: Context, m: MemberState) -> bool:
    """Whether clients that came as long as it drained have had the time to show that they come no
    more."""
    if not m.draining.persistent or ctx.seen_for(m.since) >= SETTLED:
        return True
    return any(_has_shown(ctx, one, m) for one in ctx.state.members.values())


def _has_shown(ctx: Context, one: MemberState, m: MemberState) -> bool:
    """Whether this one was out before, in the same places, and its clients kept away: that is
    configured for all members alike, and a reload may change it."""
    if not one.draining.persistent or one.phase not in BACK or ctx.state.formers:
        return False
    return _places(ctx, m) <= _places(ctx, one)


def _places(ctx: Context, m: MemberState) -> set[tuple[str, str]]:
    return {(instance, seen.line.backend) for instance, seen in ctx.state.lines_of(m.name)}
