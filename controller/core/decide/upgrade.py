"""Upgrade: the steps, the proof by `unless`, and the validation from outside."""

from datetime import timedelta
from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.decide.drift import OURS_ALONE, is_contested, is_held, misplaced
from controller.core.decide.floor import taken_out
from controller.core.decide.in_flight import run_step
from controller.core.decide.leaving import may_have_left
from controller.core.decide.membership import is_gone
from controller.core.decide.occupants import are_at_odds, taken_over
from controller.core.decide.steps_for import (
    guard_of,
    setting_of,
    step_of,
    validation_as_before,
    validation_of,
)
from controller.core.decide.unresolved import unresolved_at
from controller.core.events import Answer, Cause, Halted, MemberFailed, MemberRetired
from controller.core.gates.figures import span
from controller.core.phases import Phase
from controller.core.plan.plan import Purpose
from controller.core.pool import Instant
from controller.core.state.parts import ORIGIN, MemberState
from controller.core.state.same_signal import is_by_a_signal
from controller.core.steps import SNAPSHOT, Course, Setting, Validate

SIGNAL_WITHIN: Final = timedelta(seconds=1)


def next_step(ctx: Context, m: MemberState) -> Output | None:
    """Of a member that is clear. What proves it must find it: its name is waited for."""
    if m.progress.step < ctx.shape(m).steps:
        return step_of(ctx, m)
    if where := unresolved_at(ctx, m):
        return waited_for(ctx, m, where)
    return _proof(ctx, m)


def _proof(ctx: Context, m: MemberState) -> Output:
    if ctx.shape(m).has_guard:
        return guard_of(ctx, m)
    return validation_of(ctx, m)


def upgrading(ctx: Context, m: MemberState) -> Output | None:
    if output := misplaced(ctx, m, is_held, Setting.HOLD):
        return output
    if m.progress.work is not None:
        return None
    if m.progress.unseen:
        return failed(ctx, m, m.progress.unseen, "the end of a step must be seen")
    if m.progress.passed is False:
        if _may_be_stopped(ctx, m):
            return None
        return _failed_step(ctx, m)
    if m.placement.foreign and (not m.progress.unfinished or is_contested(ctx, m)):
        return Halted(
            Cause.FOREIGN,
            f"{m.name} was put in rotation while its upgrade ran, by the upgrade command itself or "
            "by somebody else; poolroll took it out again",
            OURS_ALONE,
            m.name,
        )
    since = max(m.since, m.progress.step_ended or ORIGIN)
    if m.progress.unfinished:
        is_over = ctx.plan.retires and is_gone(ctx, m)  # whoever began it was killed
        return MemberRetired(m.name) if is_over else run_step(ctx, m, since)
    return _go_on(ctx, m, since)


def _failed_step(ctx: Context, m: MemberState) -> Output | None:
    seen = m.progress.detail
    if m.progress.step == SNAPSHOT:
        return failed(ctx, m, seen, "a member is changed only once its snapshot is made")
    if m.progress.course is Course.ROLLBACK and ctx.plan.reverts:
        return failed(ctx, m, seen, "the revert must end with exit code 0 within snapshot.timeout")
    return failed(ctx, m, seen, f"every step must end with {_limit(ctx, m)}")


def _limit(ctx: Context, m: MemberState) -> str:
    """Of the step that failed, and the key of the rollout file that bounds it, unless it says so
    itself."""
    limit, is_back = m.progress.limit, ctx.plan.purpose is Purpose.ROLLBACK
    key = f"{Course.ROLLBACK if is_back else m.progress.course}.timeout"
    if not limit:
        return f"exit code 0 within {key}"
    return limit if limit.endswith(".timeout)") else f"{limit} ({key})"


def _may_be_stopped(ctx: Context, m: MemberState) -> bool:
    """Whether the signal that ended the step may be on its way to poolroll as well: it comes to
    each process of a unit, in any order."""
    ended = m.progress.step_ended
    is_late = ended is None or ctx.now - ended >= SIGNAL_WITHIN
    return ctx.state.stop is None and not is_late and is_by_a_signal(m.progress)


def _go_on(ctx: Context, m: MemberState, since: Instant) -> Output | None:
    """No step runs: what comes next is for whoever every load balancer shows there since."""
    is_through = m.progress.step >= ctx.shape(m).steps
    if is_through and ctx.plan.retires:
        if is_gone(ctx, m):
            return MemberRetired(m.name)
        if not ctx.is_full_fresh(since=m.progress.step_ended or ORIGIN):
            return None
    if ctx.plan.holds_out and not ctx.shows(m, is_held):
        return None
    if not ctx.is_seen_since_its_step(m):
        return None
    if odds := are_at_odds(ctx, m):
        return waited_for(ctx, m, odds)
    if output := taken_over(ctx, m):
        return output
    if is_through and (where := unresolved_at(ctx, m)):
        return waited_for(ctx, m, where)
    if m.progress.lost and ctx.shape(m).has_guard:
        return guard_of(ctx, m)
    if m.progress.lost and m.progress.may_run:
        return _not_doubled(ctx, m)
    return _proof(ctx, m) if is_through else run_step(ctx, m, since)


def _not_doubled(ctx: Context, m: MemberState) -> Output | None:
    return failed(
        ctx,
        m,
        f"how its last step ended is not known, and {m.progress.may_run}",
        "a step that may still run is not begun again unasked",
    )


def waited_for(ctx: Context, m: MemberState, odds: str) -> Output | None:
    """Not every load balancer shows where it is now: they have as long as for the return."""
    within = ctx.plan.policies.comeback.within
    if ctx.seen_for(max(m.since, m.progress.step_ended or ORIGIN)) < within:
        return None
    return failed(ctx, m, odds, f"return.within is {span(within)}")


def proving(ctx: Context, m: MemberState) -> Output | None:
    if output := misplaced(ctx, m, is_held, Setting.HOLD):
        return output
    if m.progress.work is not None:
        return None
    if m.progress.answer is None:
        return guard_of(ctx, m)
    if m.progress.answer is Answer.PRESENT:
        return validation_of(ctx, m)
    if m.progress.lost and m.progress.answer is Answer.NEEDED:
        return _not_doubled(ctx, m) if m.progress.may_run else run_step(ctx, m, m.since)
    came = (
        "the end of the upgrade is not known, and"
        if m.progress.lost
        else "the upgrade ended well, but"
    )
    return failed(
        ctx,
        m,
        f"{came} `unless` does not confirm it: {m.progress.detail}",
        "`unless` must exit 0 after the upgrade",
    )


def validating(ctx: Context, m: MemberState) -> Output | None:
    if output := misplaced(ctx, m, is_held, Setting.HOLD):
        return output
    if m.progress.work is not None:
        return None
    if m.progress.passed is None:
        return validation_of(ctx, m)
    if not m.progress.passed:
        if _is_to_be_repeated(ctx, m):
            return None if ctx.is_blind else validation_of(ctx, m)
        return _as_the_other(ctx, m) or failed(
            ctx, m, m.progress.detail, "every validation must pass"
        )
    if where := unresolved_at(ctx, m):
        return waited_for(ctx, m, where)
    return None if ctx.is_blind else setting_of(m, Setting.CHECK)


def _is_to_be_repeated(ctx: Context, m: MemberState) -> bool:
    """A validation that failed while a load balancer did not answer had not all of its time."""
    since = m.progress.validated_from
    return since is not None and ctx.was_blind(since)


def _as_the_other(ctx: Context, m: MemberState) -> Validate | None:
    """`abort --restore` puts back whichever version passes: a step that failed may have changed
    nothing, and one that was to bring the former version back may have done nothing. What ran there
    before may be neither: `rollback.vars` grow stale."""
    abort = ctx.state.abort
    if abort is None or not abort.restore:
        return None
    if m.progress.tried_other or ctx.plan.rollback is None:
        return validation_as_before(ctx, m)
    other = Course.UPGRADE if m.progress.course is Course.ROLLBACK else Course.ROLLBACK
    return validation_of(ctx, m, other)


def failed(ctx: Context, m: MemberState, seen: str, limit: str) -> Output | None:
    """The member failed. While an aborted rollout puts back what passes, that ends nothing. None:
    it may have left the pool instead."""
    if may_have_left(ctx, m):
        return None
    if ctx.state.abort is None:
        condemned = (m.name,) if m.phase is Phase.RETURNING else ()
        return Halted(Cause.MEMBER, f"{m.name}: {seen}", limit, m.name, condemned=condemned)
    if m.phase in (Phase.CHECKING, Phase.RETURNING):
        return taken_out(ctx, m, Setting.REMOVE)
    return MemberFailed(m.name, seen)
