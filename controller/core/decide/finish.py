"""When a rollout is finished, with which outcome, and whether a rollback comes first."""

from datetime import timedelta
from typing import Final

from controller.core.decide.advance import proceed
from controller.core.decide.astray import is_astray
from controller.core.decide.collect import collect, is_collecting
from controller.core.decide.context import Context, Output
from controller.core.decide.gates import is_compared
from controller.core.decide.membership import gone_with_it
from controller.core.decide.pausing import paused
from controller.core.decide.ramp import at_share
from controller.core.decide.schedule import in_scope
from controller.core.decide.spared import is_spared
from controller.core.decide.way_back import taken_back
from controller.core.decide.whole import (
    close_pool,
    is_contested,
    is_given_up,
    is_to_close,
    not_put_back,
)
from controller.core.decide.wind_down import is_at_rest
from controller.core.events import (
    AbortRequested,
    Cause,
    Finished,
    Halted,
    MemberKept,
    MemberStuck,
    RollbackBegan,
)
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import JUDGED, OVER, UPGRADED, Phase
from controller.core.plan.plan import Purpose
from controller.core.pool.copies import replace
from controller.core.state.failures import RECENT, failures
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode
from controller.core.steps import Course

AFTERMATH: Final = timedelta(seconds=3)
"""How long users are watched at most after a halt, to say whether they are failing still: less
when no request has failed for a while. Those in flight at a member taken out may be the last."""


def finish(ctx: Context) -> Output | None:
    """An error of our own decides the exit code, however the rollout ended otherwise."""
    output = _over(ctx)
    if ctx.state.bug and isinstance(output, Finished):
        return replace(output, exit_code=ExitCode.BUG)
    return output


def _over(ctx: Context) -> Output | None:
    state = ctx.state
    if state.mode is Mode.STOPPING:
        return _stopped(ctx)
    watched = [m for m in state.members.values() if _is_watched(ctx, m)]
    if any(_is_busy(ctx, m) for m in state.members.values() if m not in watched):
        return None
    if watched:
        return _kept(ctx, watched[0])
    if state.halt is not None:
        return collect(ctx) if is_collecting(ctx) else _halted(ctx, state.halt)
    if all(m.phase in OVER and not is_astray(ctx, m) for m in in_scope(ctx)):
        if any(m.phase not in OVER for m in state.members.values()):
            return Finished(Outcome.PARTLY_DONE, ExitCode.DONE)
        return _done(ctx)
    return paused(ctx)


def _done(ctx: Context) -> Output | None:
    if not is_to_close(ctx):
        return Finished(Outcome.DONE, ExitCode.DONE)
    if is_given_up(ctx):
        return not_put_back(ctx)
    return None if ctx.is_blind else close_pool(ctx)  # who does not answer for too long is a halt


def _is_busy(ctx: Context, m: MemberState) -> bool:
    """The second signal does not wait for a running step, after a halt either."""
    if ctx.state.stop is not None and m.phase is Phase.UPGRADING:
        return not is_at_rest(ctx, m)
    return m.is_in_progress or m.phase is Phase.ASKING or m.order.setting is not None


def _is_watched(ctx: Context, m: MemberState) -> bool:
    """After a halt: in rotation with the new version, and not failed so far."""
    is_judged = m.phase in JUDGED and not m.trial.condemned
    is_at_rest = is_judged and m.order.setting is None and not _is_being_proven(ctx, m)
    return ctx.state.mode is Mode.HALTED and is_at_rest


def _is_being_proven(ctx: Context, m: MemberState) -> bool:
    """Whether the end of its soak is waited for: the halt is over another one."""
    return is_spared(ctx, m) and not isinstance(proceed(ctx, m), Halted)


def _kept(ctx: Context, m: MemberState) -> Output | None:
    """Left in rotation once all else is at rest and it has been watched as long as users are."""
    if not _is_known_who_fails(ctx) or is_compared(ctx, m):
        return None
    stage = "ramp" if m.phase is Phase.RAMPING else "soak"
    return MemberKept(m.name, f"{at_share(m)}, its {stage} cut short by the halt")


def _stopped(ctx: Context) -> Output | None:
    state = ctx.state
    if not all(is_at_rest(ctx, m) for m in state.members.values()):
        return None
    if not (ctx.is_seen_as_set or ctx.is_blind):
        return None  # how many serve is said of what was seen after the last setting
    if state.abort is not None:
        return _aborted(ctx, state.abort)
    why = state.stop.why if state.stop is not None else ""
    return Finished(Outcome.STOPPED, ExitCode.STOPPED, why)


def _aborted(ctx: Context, abort: AbortRequested) -> Output | None:
    journal = ctx.state.journal
    if abort.restore and (ctx.is_blind or (journal.is_late and not journal.fault)):
        return None  # whom to put back is decided once they are there
    if is_to_close(ctx) and ctx.is_unseen:
        return None
    if is_to_close(ctx) and not is_given_up(ctx) and not ctx.is_blind:
        return close_pool(ctx)
    whole = ctx.state.whole
    if whole.is_closed and ctx.plan.joins and not ctx.is_blind:
        if not ctx.is_full_fresh(since=whole.closed_at):
            return None
        if gone := gone_with_it(ctx):
            return gone
    why = f"by {abort.by}"
    if is_to_close(ctx):
        why += "; the pool was not put back as it was found"
        why += f": {ctx.state.whole.why}" if ctx.state.whole.why else ""
    return Finished(Outcome.ABORTED, ExitCode.STOPPED, why)


def _halted(ctx: Context, halt: Halted) -> Output | None:
    state = ctx.state
    code = ExitCode.GATE if halt.cause is Cause.GATE else ExitCode.HALTED
    over = Finished(Outcome.HALTED, code, halt.seen)
    if state.mode is Mode.ROLLING_BACK:
        rolling = (state.members[name] for name in state.rolling)
        if not all(m.phase in OVER for m in rolling):
            return None
        return _put_back(ctx, over) if _is_as_before(ctx) else over
    for m in state.members.values():
        if m.phase is Phase.FAILED and _goes_back(ctx, m):
            return MemberStuck(m.name)
    if not state.touched:
        return Finished(Outcome.REFUSED, ExitCode.REFUSED, f"{halt.seen}; {halt.limit}")
    if back := taken_back(ctx, halt):
        return RollbackBegan(back)
    if not ctx.is_blind and not _is_known_who_fails(ctx):
        return None
    goes_back = is_contested(ctx) or state.whole.is_begun
    return _put_back(ctx, over) if goes_back and is_to_close(ctx) else over


def _put_back(ctx: Context, over: Finished) -> Output | None:
    """After a halt, as far as that can be done; a load balancer that does not answer may come back
    before it is given up."""
    if is_given_up(ctx):
        return over
    if ctx.is_blind:
        return over if ctx.is_lost_for_good or ctx.state.stop is not None else None
    return close_pool(ctx)


def _is_as_before(ctx: Context) -> bool:
    """Whether every member is back at the former version, and the pool as a whole is not yet."""
    if not is_to_close(ctx):
        return False
    done = (m for m in ctx.state.members.values() if m.phase in OVER and not m.is_gone)
    return all(m.phase in UPGRADED and m.progress.course is Course.ROLLBACK for m in done)


def _goes_back(ctx: Context, m: MemberState) -> bool:
    """Whether what failed was a way back: there is none from there."""
    return m.progress.course is Course.ROLLBACK or ctx.plan.purpose is Purpose.ROLLBACK


def _is_known_who_fails(ctx: Context) -> bool:
    """Whether no request has failed for a while, or users were watched for long enough."""
    halted = ctx.state.halted_at
    if halted is None or ctx.now - halted >= AFTERMATH:
        return True
    if ctx.state.pool.uncounted:
        return False  # no failure is seen where nothing is counted
    seen = min((s.at for s in ctx.state.snapshots.values() if s.at is not None), default=ctx.now)
    failed = failures(ctx.state, seen)
    return seen - halted >= RECENT and (failed is None or not failed.are_going_on(seen))
