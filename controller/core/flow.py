"""What a member in hand does next, while nothing speaks against going on.

One function a phase. Each looks at what the load balancers show now, not at what we remember to
have set: a difference is either a reload (set it again) or a foreign hand (stop).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from controller.core.context import APART, FRESH, Context, Output
from controller.core.events import (
    Answer,
    AskGuard,
    AskOperator,
    CapacityBack,
    CapacityShort,
    Cause,
    ForeignHandSeen,
    Halted,
    MemberFailed,
    MemberFoundOut,
    MemberLeft,
    MemberReturned,
    RunStep,
    SetMember,
    Setting,
    SoakEnded,
    Validate,
)
from controller.core.phases import Phase
from controller.core.pool import Admin, Found, Health, Line, found_in
from controller.core.rollout import MemberState
from controller.core.settings import OnTimeout, Scope
from controller.core.watch import gates_hold, quiet_note

TRIES: Final = 5
"""A load balancer that answers looks but fails this many settings in a row halts the rollout."""

NO_TIME: Final = timedelta(0)

CUT_AGAIN: Final = timedelta(seconds=1)
"""Sessions that were cut get this long to be gone."""

RECENT: Final = timedelta(milliseconds=500)
"""A take-out is decided on a look at the whole pool no older than this."""


def proceed(at: Context, m: MemberState) -> Output | None:
    if m.setting is not None:
        return None
    if m.tries >= TRIES:
        return Halted(Cause.BALANCER, m.why, "a load balancer must do as told", m.name)
    return _FLOW[m.phase](at, m)


def _asking(at: Context, m: MemberState) -> Output | None:
    """After a crash the question is asked again; it may be repeated at will."""
    return AskGuard(m.name, m.course, m.serial) if m.work is None else None


def _due(at: Context, m: MemberState) -> Output | None:
    if m.work is not None or not at.is_running or not at.is_full_fresh(RECENT):
        return None
    seen = at.seen(m)
    if seen is None:
        return None
    if m.found is not None and all(one.line.admin is Admin.OUT for _, one in seen):
        return MemberFoundOut(m.name)
    if m.found is None and (out := next((one for one in seen if one[1].line.is_out), None)):
        where = f"{out[1].line.backend} at {out[0]}"
        return MemberLeft(m.name, f"was put out of rotation by somebody else ({where})")
    if at.state.run is not None and at.state.run.stepwise and not m.approved:
        return AskOperator(m.name)
    room = at.without(m.name)
    if room.serving < at.plan.min_available:
        return _short(at, room.serving, room.where)
    if at.state.short_since is not None:
        return CapacityBack(room.serving)
    return SetMember(m.name, Setting.DRAIN, m.found or as_seen(at, m))


def _short(at: Context, serving: int, where: str) -> Output | None:
    """The floor does not hold: wait for it; before anything was touched, do not even wait."""
    floor = at.plan.min_available
    patience = at.plan.policies.wait_for_capacity if at.state.touched else timedelta(0)
    since = at.state.short_since
    if since is None and patience:
        return CapacityShort(serving, where)
    if since is None or at.now - since >= patience:
        return Halted(
            Cause.FLOOR,
            f"without the next member {serving} would serve ({where})",
            f"min_available is {floor}",
        )
    return None


def misplaced(
    at: Context, m: MemberState, is_ours: Callable[[Line], bool], again: Setting
) -> Output | None:
    """Not as we set it: set it again after a reload; never fight a foreign hand (S14)."""
    if at.seen(m) is None or at.shows(m, is_ours):
        return None
    instance = at.foreign_at(m, is_ours)
    if instance is None:
        return SetMember(m.name, again, m.found)
    if m.phase is Phase.UPGRADING:
        return None if m.foreign else ForeignHandSeen(m.name, instance)
    return Halted(
        Cause.FOREIGN,
        f"somebody else changed {m.name} at {instance} while we had it in hand",
        "a member in our hands is ours alone; nobody is fought over one",
        m.name,
    )


def _is_away(line: Line) -> bool:
    return line.admin is not Admin.READY


def is_held(line: Line) -> bool:
    return line.admin is Admin.OUT


def _partner_lost(at: Context, m: MemberState) -> Output | None:
    """While we only drain: somebody else's loss sends ours back at once (S2)."""
    if m.begun or not at.is_full_fresh(FRESH):
        return None
    room = at.without()
    if room.serving < at.plan.min_available:
        return SetMember(m.name, Setting.RESTORE, m.found)
    return None


def _draining(at: Context, m: MemberState) -> Output | None:
    if m.set_at is None:  # a crash, or a failed try: whether it was set is not known
        return None if at.is_blind else SetMember(m.name, Setting.DRAIN, m.found)
    if output := misplaced(at, m, _is_away, Setting.DRAIN) or _partner_lost(at, m):
        return output
    if at.seen(m) is None:
        return None
    policy, drained_for = at.plan.policies.drain, at.now - m.set_at
    if at.plan.sticky or m.persistent:
        return SetMember(m.name, Setting.HOLD, m.found) if drained_for >= policy.sticky else None
    if at.shows(m, lambda line: line.is_quiet):
        return SetMember(m.name, Setting.HOLD, m.found)
    if drained_for >= policy.timeout:
        return _drain_timed_out(at, m, Setting.HOLD)
    return None


def _drain_timed_out(at: Context, m: MemberState, cut_by: Setting) -> Output:
    if at.plan.policies.drain.on_timeout is OnTimeout.CUT:
        return SetMember(m.name, cut_by, m.found)
    return _still_in_flight(at, m)


def _still_in_flight(at: Context, m: MemberState) -> Output:
    in_flight = sum(one.line.in_flight + one.line.queued for _, one in at.seen(m) or ())
    limit = f"{at.plan.policies.drain.timeout.total_seconds():g}s"
    return Halted(
        Cause.MEMBER,
        f"{in_flight} requests were still in flight at {m.name} after {limit}",
        f"drain.timeout is {limit}",
        m.name,
    )


def _holding(at: Context, m: MemberState) -> Output | None:
    return None if at.is_blind else SetMember(m.name, Setting.HOLD, m.found)


def _out(at: Context, m: MemberState) -> Output | None:
    if output := misplaced(at, m, is_held, Setting.HOLD) or _partner_lost(at, m):
        return output
    if not _is_quiet(at, m):
        return _late_to_end(at, m)
    if _old_worker(at):
        return None
    return _next_step(at, m)


def _late_to_end(at: Context, m: MemberState) -> Output | None:
    """Work still in flight at a member that is out: past the drain's time, halt or cut it."""
    policy = at.plan.policies.drain
    is_sticky = bool(at.plan.sticky) or m.persistent
    began = m.since if is_sticky or m.drain_since is None else m.drain_since
    late = at.now - began - policy.timeout
    if late < NO_TIME or at.seen(m) is None or at.shows(m, lambda line: line.is_quiet):
        return None
    if late > policy.timeout + CUT_AGAIN and m.drain_since is not None:
        return _still_in_flight(at, m)
    if m.set_at is not None and late > CUT_AGAIN and at.now - m.set_at < CUT_AGAIN:
        return None
    return _drain_timed_out(at, m, Setting.CUT)


def _is_quiet(at: Context, m: MemberState) -> bool:
    """S3: out, nothing in flight nor queued, in two looks apart, everywhere, a moment ago."""
    spans = [m.quiet.get(instance) for instance in at.state.sights]
    return not at.is_blind and all(
        span is not None and span[1] - span[0] >= APART and at.now - span[1] <= FRESH
        for span in spans
    )


def _old_worker(at: Context) -> str | None:
    """The instance whose former worker may still serve its last connections (S9)."""
    for instance, (_, until) in at.state.old_workers.items():
        if at.state.sights[instance].old_worker is not False and at.now < until:
            return instance
    return None


def _next_step(at: Context, m: MemberState) -> Output | None:
    shape = at.shape(m)
    if m.step < shape.steps:
        return RunStep(m.name, m.course, m.step, m.attempt)
    return _proof(at, m)


def _proof(at: Context, m: MemberState) -> Output:
    if at.shape(m).has_guard:
        return AskGuard(m.name, m.course, m.serial)
    return Validate(m.name, m.course)


def _upgrading(at: Context, m: MemberState) -> Output | None:
    if output := misplaced(at, m, is_held, Setting.HOLD):
        return output
    if m.work is not None:
        return None
    if m.passed is False:
        return failed(at, m, m.detail, "every step must end with exit code 0")
    if m.foreign:
        return Halted(
            Cause.FOREIGN,
            f"somebody else put {m.name} in rotation while its upgrade ran; it was taken out "
            "once more",
            "a member in our hands is ours alone; nobody is fought over one",
            m.name,
        )
    if m.lost and at.shape(m).has_guard:
        return AskGuard(m.name, m.course, m.serial)
    if not at.shows(m, is_held):
        return None
    return _next_step(at, m)


def _proving(at: Context, m: MemberState) -> Output | None:
    if output := misplaced(at, m, is_held, Setting.HOLD):
        return output
    if m.work is not None:
        return None
    if m.answer is None:
        return AskGuard(m.name, m.course, m.serial)
    if m.answer is Answer.PRESENT:
        return Validate(m.name, m.course)
    if m.lost and m.answer is Answer.NEEDED:
        return RunStep(m.name, m.course, m.step, m.attempt) if at.shows(m, is_held) else None
    return failed(
        at,
        m,
        f"the upgrade ended well, but `unless` does not confirm it: {m.detail}",
        "`unless` must exit 0 after the upgrade",
    )


def _validating(at: Context, m: MemberState) -> Output | None:
    if output := misplaced(at, m, is_held, Setting.HOLD):
        return output
    if m.work is not None:
        return None
    if m.passed is None:
        return Validate(m.name, m.course)
    if not m.passed:
        return failed(at, m, m.detail, "every validation must pass")
    return None if at.is_blind else SetMember(m.name, Setting.CHECK, m.found)


def _is_coming(line: Line) -> bool:
    """As `begin_return` leaves it: lines with a check of their own wait in DRAIN, others out."""
    return line.admin is not Admin.READY


def has_passed(line: Line) -> bool:
    if not line.checked or line.tracks is not None:
        return True  # validation stands alone, or the tracked line speaks for it
    return line.admin is Admin.DRAINING and line.health is Health.PASSING


def _checking(at: Context, m: MemberState) -> Output | None:
    if m.set_at is None:
        return None if at.is_blind else SetMember(m.name, Setting.CHECK, m.found)
    if output := misplaced(at, m, _is_coming, Setting.CHECK):
        return output
    if at.shows(m, has_passed):
        return SetMember(m.name, Setting.PUT_BACK, m.found)
    return _late(at, m, "the load balancer's own health check did not pass")


def _late(at: Context, m: MemberState, what: str) -> Output | None:
    within = at.plan.policies.comeback.within
    if at.now - m.since < within or at.is_blind:
        return None
    limit = f"{within.total_seconds():g}s"
    seen = at.seen(m) or ()
    shown = "; ".join(
        f"{one.line.backend} at {instance}: {one.line.admin}, {one.line.health}"
        for instance, one in seen
    )
    return failed(at, m, f"{what} within {limit} ({shown})", f"return.within is {limit}")


def _returning(at: Context, m: MemberState) -> Output | None:
    if m.set_at is None:  # a crash: whether it was put back is not known, so check anew
        return None if at.is_blind else SetMember(m.name, Setting.CHECK, m.found)
    if at.shows(m, lambda line: not line.is_out and line.health is not Health.FAILING):
        return MemberReturned(m.name)
    if instance := at.foreign_at(m, lambda line: line.admin is Admin.READY):
        return Halted(
            Cause.FOREIGN,
            f"somebody else took {m.name} out at {instance} right after its return",
            "a member in our hands is ours alone; nobody is fought over one",
            m.name,
        )
    return _late(at, m, "it did not come back into rotation")


def _soaking(at: Context, m: MemberState) -> Output | None:
    if m.mark is None:  # after a crash the soak starts anew
        return MemberReturned(m.name) if at.seen(m) is not None else None
    if instance := at.foreign_at(m, lambda line: line.admin is Admin.READY):
        return Halted(
            Cause.FOREIGN,
            f"somebody else took {m.name} out at {instance} during its soak",
            "a member in our hands is ours alone; nobody is fought over one",
            m.name,
        )
    seen = at.seen(m)
    if seen is None:
        return None
    sick = next((i for i, one in seen if one.line.health is Health.FAILING), None)
    if sick is not None:
        return Halted(
            Cause.MEMBER,
            f"{m.name} failed the health check of {sick} during its soak",
            "a member must stay healthy through its soak",
            m.name,
            condemned=(m.name,),
        )
    if at.state.abort is not None:
        return SoakEnded(m.name, "restored by the operator; not soaked")
    if m.warmed_at is None or at.now - m.warmed_at < at.plan.policies.soak:
        return None
    if not gates_hold(at, m.name, Scope.MEMBER) or not gates_hold(at, None, Scope.POOL):
        return None
    return SoakEnded(m.name, quiet_note(at, m.name))


def as_seen(at: Context, m: MemberState) -> Found:
    """The member as it stands now, to be restored later."""
    sights = at.state.sights.values()
    return found_in((s.instance, one.line) for s in sights for one in s.lines.get(m.name, ()))


def failed(at: Context, m: MemberState, seen: str, limit: str) -> Output:
    """The member failed. While an aborted rollout puts back what passes, that ends nothing."""
    if at.state.abort is None:
        return Halted(Cause.MEMBER, f"{m.name}: {seen}", limit, m.name)
    if m.phase in (Phase.CHECKING, Phase.RETURNING):
        return SetMember(m.name, Setting.REMOVE, m.found)
    return MemberFailed(m.name, seen)


def _removing(at: Context, m: MemberState) -> Output | None:
    return None if at.is_blind else SetMember(m.name, Setting.REMOVE, m.found)


def _restoring(at: Context, m: MemberState) -> Output | None:
    return None if at.is_blind else SetMember(m.name, Setting.RESTORE, m.found)


_FLOW: Final[dict[Phase, Callable[[Context, MemberState], Output | None]]] = {
    Phase.ASKING: _asking,
    Phase.DUE: _due,
    Phase.DRAINING: _draining,
    Phase.HOLDING: _holding,
    Phase.OUT: _out,
    Phase.UPGRADING: _upgrading,
    Phase.PROVING: _proving,
    Phase.VALIDATING: _validating,
    Phase.CHECKING: _checking,
    Phase.RETURNING: _returning,
    Phase.SOAKING: _soaking,
    Phase.REMOVING: _removing,
    Phase.RESTORING: _restoring,
}
