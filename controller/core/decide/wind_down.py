"""Wind-down: how members in progress come to rest after a halt, or when the operator stops.

After a halt, what is out stays out, since it may be what is wrong. After a stop nothing is
wrong: a member goes back as it was, or finishes its way if that is quick (S11). Either way, one
whose upgrade has not begun goes back as it was, and a running step is let end.
"""

from collections.abc import Callable
from typing import Final

from controller.core.decide.advance import proceed
from controller.core.decide.context import Context, Output
from controller.core.decide.drain import as_seen
from controller.core.decide.drift import is_contested, is_held, is_in, is_ready, misplaced
from controller.core.decide.floor import needed, serves, taken_out
from controller.core.decide.hold_out import held_again
from controller.core.decide.in_flight import is_clear
from controller.core.decide.occupants import hidden_at
from controller.core.decide.returning import is_back
from controller.core.decide.spared import is_spared
from controller.core.decide.steps_for import is_only_saved, setting_of, step_of
from controller.core.events import (
    Answer,
    Cause,
    Halted,
    MemberFailed,
    MemberKept,
    MemberReturned,
    MemberStoodDown,
)
from controller.core.phases import COMING, JUDGED, LEAVING, PASSING, Phase
from controller.core.pool.copies import replace
from controller.core.state.parts import ORIGIN, MemberState
from controller.core.state.state import Mode
from controller.core.steps import SetMember, Setting

TRIES: Final = 3
"""On the way to rest a load balancer is told this often, then the member is left, and named."""


def settle(ctx: Context, m: MemberState) -> Output | None:
    if m.phase in (Phase.ASKING, Phase.DUE):
        return MemberStoodDown(m.name)
    if m.order.setting is not None or ctx.is_pausing(m) or ctx.is_unseen:
        return None
    if m.phase is Phase.RESTORING or (not m.progress.begun and m.phase in LEAVING | COMING):
        return _going_back(ctx, m)
    if m.phase is Phase.UPGRADING and m.progress.work is not None:
        return misplaced(ctx, m, is_held, Setting.HOLD)
    if m.phase is Phase.UPGRADING and m.progress.unfinished and _may_join(ctx, m):
        return _joining(ctx, m)
    if is_only_saved(m):
        return _going_back(ctx, m)
    if (_is_missed(ctx, m) or is_spared(ctx, m)) and _finishes_its_way(ctx, m):
        return _brought_back(ctx, m)
    by_mode = _after_halt if ctx.state.mode is Mode.HALTED else _after_stop
    return by_mode(ctx, m)


def _is_given_up(ctx: Context, m: MemberState) -> bool:
    """Whether the load balancers were told often enough what this phase asks of them."""
    return (
        m.order.is_final or m.order.tries >= TRIES or (m.order.tries > 0 and ctx.is_lost_for_good)
    )


def _going_back(ctx: Context, m: MemberState) -> Output | None:
    if m.phase is Phase.RESTORING and _is_given_up(ctx, m):
        return MemberFailed(m.name, f"could not be put back as it was: {m.why}")
    return setting_of(m, Setting.RESTORE)


def _left(ctx: Context, m: MemberState, why: str) -> Output:
    """Given up on: where it was last seen decides what it is called."""
    snapshots = ctx.state.snapshots.values()
    lines = [seen.line for snapshot in snapshots for seen in snapshot.lines.get(m.name, ())]
    if any(is_ready(line) for line in lines):
        return MemberKept(m.name, why)
    return MemberFailed(m.name, why)


# --- a step that another process began -------------------------------------------------------


def _may_join(ctx: Context, m: MemberState) -> bool:
    """An execution whose end is not known is joined, for it may run still: but it may as well
    never have started, so it waits for what every step waits for, and not for ever."""
    is_late = ctx.seen_for(m.since) >= ctx.plan.policies.drain.timeout
    at_once = ctx.state.stop is not None and ctx.state.stop.at_once
    is_barred = bool(ctx.state.journal.fault or m.progress.unseen) or ctx.is_lost_for_good
    return not (is_late or at_once or is_barred or is_contested(ctx, m))


def _joining(ctx: Context, m: MemberState) -> Output | None:
    if output := misplaced(ctx, m, is_held, Setting.HOLD):
        return output
    if not is_clear(ctx, m) or hidden_at(ctx, m) is not None:
        return None
    return replace(step_of(ctx, m), joins=True)


# --- after a halt ----------------------------------------------------------------------------


def _after_halt(ctx: Context, m: MemberState) -> Output | None:
    return _HALTED[m.phase](ctx, m)


def _is_missed(ctx: Context, m: MemberState) -> bool:
    """Whether the halt is that users are kept from the pool because it is out: then nothing is
    wrong with it, and it had better come back, like after a stop."""
    halt = ctx.state.halt
    is_missed = halt is not None and halt.cause is Cause.TRAFFIC and halt.member == m.name
    is_ours = m.phase in COMING_BACK and not m.placement.foreign
    return ctx.state.mode is Mode.HALTED and is_missed and is_ours


def _brought_back(ctx: Context, m: MemberState) -> Output | None:
    """What would halt the rollout leaves it where it is."""
    output = _after_stop(ctx, m)
    return _after_halt(ctx, m) if isinstance(output, Halted) else output


def _held_out(ctx: Context, m: MemberState) -> Output | None:
    if is_contested(ctx, m):
        return MemberKept(m.name, "somebody else put it in rotation; poolroll left it there")
    if m.phase is Phase.HOLDING and _is_given_up(ctx, m):
        return _left(ctx, m, f"could not be taken out: {m.why}")
    return setting_of(m, Setting.HOLD)


def _stays_out(ctx: Context, m: MemberState) -> Output | None:
    if is_contested(ctx, m):
        return MemberKept(m.name, "somebody else put it in rotation; poolroll left it there")
    failed = m.progress.detail if m.progress.passed is False else m.progress.unseen
    return MemberFailed(m.name, failed or m.why or "changed, and not verified")


def _removed(ctx: Context, m: MemberState) -> Output | None:
    """The floor is asked once more: since it was, a process may have ended, or a try failed."""
    if m.placement.foreign:
        return _not_fought_over(ctx, m, "changed it")
    if _is_given_up(ctx, m):
        return _left(ctx, m, f"could not be taken out again: {m.why}")
    return taken_out(ctx, m, Setting.REMOVE)


def _half_way(ctx: Context, m: MemberState) -> Output | None:
    """On its way back it may serve already: then it is capacity, and judged like one that soaks.
    As long as nobody meets it, it stays out."""
    if m.placement.foreign:
        return _not_fought_over(ctx, m, "changed it")
    if m.phase is Phase.CHECKING and not serves(ctx, m):
        return setting_of(m, Setting.REMOVE)
    since = max(ctx.state.halted_at or ORIGIN, m.order.set_at or ORIGIN)
    if not ctx.is_full_fresh(since=since):
        return _kept_unseen(ctx, m) if ctx.is_lost_for_good else None
    if m.phase is Phase.RETURNING and is_back(ctx, m):
        if m.order.set_at is not None:
            return MemberReturned(m.name)
        if not (m.trial.condemned or _is_given_up(ctx, m)):
            return setting_of(
                m, Setting.PUT_BACK, m.placement.share
            )  # which weight it has is not known
    return taken_out(ctx, m, Setting.REMOVE)


def _kept_unseen(ctx: Context, m: MemberState) -> Output:
    """A load balancer that cannot be seen may have it in rotation: nothing takes it out there."""
    if any(is_ready(seen.line) for _, seen in ctx.state.lines_of(m.name)):
        return MemberKept(m.name, "half-way back in rotation, cut short by the halt")
    return setting_of(m, Setting.REMOVE)


def _not_fought_over(ctx: Context, m: MemberState, did: str) -> MemberKept:
    seen = [one.line for _, one in ctx.visible(m)]
    is_out = bool(seen) and not any(map(is_in, seen))
    return MemberKept(m.name, f"somebody else {did}; poolroll left it as it is", is_out)


def _judged(ctx: Context, m: MemberState) -> Output | None:
    is_ramping = m.phase is Phase.RAMPING
    if m.placement.unsure and any(not is_ready(one.line) for _, one in ctx.visible(m)):
        return _not_fought_over(ctx, m, "took it out, or the run before")
    if m.placement.foreign:
        return _not_fought_over(ctx, m, "changed it" if is_ramping else "took it out")
    if ctx.foreign_at(m, is_in) is not None:
        return _not_fought_over(ctx, m, "took it out")
    if is_spared(ctx, m):
        output = proceed(ctx, m)
        return None if isinstance(output, Halted) else output
    if not m.trial.condemned:
        return None  # it is judged for as long as the halt takes anyway: see `finish`
    since = ctx.state.halted_at or ORIGIN
    if not ctx.is_full_fresh(since=since) and not ctx.is_lost_for_good:
        return None
    if why := needed(ctx, m):
        return MemberKept(m.name, f"failed, but stays in rotation: {why}")
    return SetMember(m.name, Setting.REMOVE, m.placement.found or as_seen(ctx, m))


_HALTED: Final[dict[Phase, Callable[[Context, MemberState], Output | None]]] = {
    Phase.DRAINING: _held_out,
    Phase.HOLDING: _held_out,
    Phase.OUT: _stays_out,
    Phase.UPGRADING: _stays_out,
    Phase.PROVING: _stays_out,
    Phase.VALIDATING: _stays_out,
    Phase.CHECKING: _half_way,
    Phase.RETURNING: _half_way,
    Phase.REMOVING: _removed,
    Phase.RAMPING: _judged,
    Phase.SOAKING: _judged,
}

COMING_BACK: Final = (COMING | {Phase.UPGRADING}) - JUDGED

# --- after a stop ----------------------------------------------------------------------------


def _after_stop(ctx: Context, m: MemberState) -> Output | None:
    match m.phase:
        case Phase.RAMPING | Phase.SOAKING if m.trial.condemned:
            return _judged(ctx, m)
        case Phase.RAMPING:
            is_over = ctx.state.abort is not None or _has_grace(ctx, m)
            return proceed(ctx, m) if is_over else None
        case Phase.SOAKING:
            return proceed(ctx, m) if ctx.state.abort is not None else None
        case Phase.REMOVING:
            return _removed(ctx, m)
        case Phase.DRAINING | Phase.HOLDING:
            return _held_out(ctx, m)
        case Phase.CHECKING | Phase.RETURNING if not _has_grace(ctx, m):
            return _cut_short(ctx, m)
        case _ if _finishes_its_way(ctx, m):
            return proceed(ctx, m)
        case _:
            return held_again(ctx, m)


def _cut_short(ctx: Context, m: MemberState) -> Output | None:
    """No time is left for its return. What nobody meets goes out; what users meet is capacity, and
    goes only where the floor holds without it (S2): else it is left, and the next run goes on."""
    if m.phase is Phase.CHECKING and not serves(ctx, m):
        return setting_of(m, Setting.HOLD)
    if not _is_seen_as_set(ctx, m):
        return None
    if m.phase is Phase.RETURNING and is_back(ctx, m) and m.order.set_at is not None:
        return MemberReturned(m.name)
    if serves(ctx, m) and needed(ctx, m):
        return None
    return setting_of(m, Setting.HOLD)


def _is_seen_as_set(ctx: Context, m: MemberState) -> bool:
    return ctx.is_full_fresh(since=m.order.set_at or ORIGIN)


def _finishes_its_way(ctx: Context, m: MemberState) -> bool:
    """Whether it is through its steps (or failed one) and has the time to be proven."""
    if m.progress.lost and m.progress.answer is Answer.NEEDED:
        return False  # its step would have to run once more: nothing new is begun
    if m.phase is Phase.UPGRADING:
        is_through = m.progress.step >= ctx.shape(m).steps and not m.progress.lost
        return (is_through or m.progress.passed is False) and _has_grace(ctx, m)
    return m.phase in COMING and _has_grace(ctx, m)


def _has_grace(ctx: Context, m: MemberState) -> bool:
    """Whether it may still finish its way: `return.within` from the stop, or from the end of
    the step that ran meanwhile. `abort --restore` takes all the time it needs."""
    state = ctx.state
    if state.stop is not None and state.stop.at_once:
        return False
    if state.abort is not None and state.abort.restore:
        return True
    is_back = _is_missed(ctx, m) or is_spared(ctx, m)
    stopped = state.halted_at if is_back else state.stopped_at
    since = max(stopped or ORIGIN, m.progress.step_ended or ORIGIN)
    return ctx.seen_for(since) < ctx.plan.policies.comeback.within


def is_at_rest(ctx: Context, m: MemberState) -> bool:
    """Whether nothing more is to be waited for. Asked once `settle` has nothing to say."""
    if m.phase is Phase.UPGRADING and m.progress.work is not None:
        return ctx.state.stop is not None and ctx.state.stop.at_once
    if m.order.setting is not None or ctx.is_pausing(m):
        return False
    if m.phase is Phase.UPGRADING and m.progress.unfinished:
        return not _may_join(ctx, m)
    if _finishes_its_way(ctx, m):
        return False
    if m.phase in (Phase.CHECKING, Phase.RETURNING) and not _is_seen_as_set(ctx, m):
        return ctx.is_blind
    is_to_go = m.phase in JUDGED and m.trial.condemned
    return m.phase not in PASSING and not is_to_go and not (ctx.is_unseen and m.is_in_progress)
