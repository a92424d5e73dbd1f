"""Where a member stands against where we set it: nothing here trusts what we remember.

A difference is either a reload (set it again, S9) or a foreign hand (stop, S14). The same worker
that confirmed our setting cannot have forgotten it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from controller.core.context import APART, FRESH, Context, Output
from controller.core.events import Cause, ForeignHandSeen, Halted, RunStep, SetMember, Setting
from controller.core.phases import Phase
from controller.core.pool import Admin, Instant, Line
from controller.core.rollout import MemberState
from controller.core.settings import OnTimeout

CUT_AGAIN: Final = timedelta(seconds=1)
"""Sessions that were cut get this long to be gone."""

CUTS: Final = 5
"""So often they are cut; what is in flight then does not end that way."""

OURS_ALONE: Final = "a member in our hands is ours alone; nobody is fought over one"


def is_held(line: Line) -> bool:
    return line.admin is Admin.OUT


def is_away(line: Line) -> bool:
    return line.admin is not Admin.READY


def is_ready(line: Line) -> bool:
    return line.admin is Admin.READY


def misplaced(
    at: Context, m: MemberState, is_ours: Callable[[Line], bool], again: Setting
) -> Output | None:
    """What follows when a member is not as we set it; None when it is, as far as can be seen.
    While its step runs, it is taken out once more (S4) and the halt waits for the step's end."""
    if all(is_ours(one.line) for _, one in at.visible(m)):
        return None
    instance = at.foreign_at(m, is_ours)
    if instance is None:
        return SetMember(m.name, again, m.found)
    if m.phase is Phase.UPGRADING:
        return None if m.foreign else ForeignHandSeen(m.name, instance)
    return contested(at, m, is_ours)


def contested(at: Context, m: MemberState, is_ours: Callable[[Line], bool]) -> Output | None:
    """The halt when somebody else changed it."""
    instance = at.foreign_at(m, is_ours)
    if instance is None:
        return None
    return Halted(
        Cause.FOREIGN,
        f"somebody else changed {m.name} at {instance} while we had it in hand",
        OURS_ALONE,
        m.name,
    )


def is_contested(at: Context, m: MemberState) -> bool:
    """Whether somebody else has it in rotation, and we no longer fight that."""
    return m.foreign and any(is_ready(one.line) for _, one in at.visible(m))


# --- may a step start? -------------------------------------------------------------------------


def is_clear(at: Context, m: MemberState) -> bool:
    """S3 and S9: out, with nothing in flight, everywhere, and no former worker that may serve."""
    return _is_quiet(at, m) and _old_worker(at) is None


def run_step(at: Context, m: MemberState, since: Instant) -> Output | None:
    """The next step as soon as it may start. `since`: from when on work in flight has been given
    `drain.timeout` to end."""
    if is_clear(at, m):
        return RunStep(m.name, m.course, m.step, m.attempt)
    return still_busy(at, m, since)


def still_busy(at: Context, m: MemberState, since: Instant) -> Output | None:
    """What follows when a member that is out is not clear yet: it is waited for, then cut or
    halted over."""
    timeout = at.plan.policies.drain.timeout
    if at.now - since < timeout:
        return None
    if _is_quiet(at, m):
        return _old_worker_stays(at, m, timeout)
    if at.seen(m) is None or at.shows(m, lambda line: line.is_quiet):
        return None
    if at.plan.policies.drain.on_timeout is OnTimeout.HALT or m.cuts >= CUTS:
        return still_in_flight(at, m)
    if m.cuts and m.set_at is not None and at.now - m.set_at < CUT_AGAIN:
        return None
    return SetMember(m.name, Setting.CUT, m.found)


def still_in_flight(at: Context, m: MemberState) -> Output:
    in_flight = sum(one.line.in_flight + one.line.queued for _, one in at.visible(m))
    limit = f"{at.plan.policies.drain.timeout.total_seconds():g}s"
    what = "request or session was" if in_flight == 1 else "requests or sessions were"
    return Halted(
        Cause.MEMBER,
        f"{in_flight} {what} still in flight at {m.name} after {limit}",
        f"drain.timeout is {limit}",
        m.name,
    )


def _is_quiet(at: Context, m: MemberState) -> bool:
    """S3: out, nothing in flight nor queued, in two looks apart, everywhere, a moment ago."""
    spans = [m.quiet.get(instance) for instance in at.state.sights]
    return not at.is_blind and all(
        span is not None and span[1] - span[0] >= APART and at.now - span[1] <= FRESH
        for span in spans
    )


def _old_worker(at: Context) -> str | None:
    """The instance whose former worker may still serve its last connections (S9): until it is
    seen gone, or, where it cannot be seen, for a time."""
    for instance, former in at.state.old_workers.items():
        is_there = at.state.sights[instance].old_worker
        if is_there or (is_there is None and at.now < former.until):
            return instance
    return None


def _old_worker_stays(at: Context, m: MemberState, timeout: timedelta) -> Output | None:
    instance = _old_worker(at)
    if instance is None or at.now < at.state.old_workers[instance].until:
        return None
    limit = f"{timeout.total_seconds():g}s"
    return Halted(
        Cause.MEMBER,
        f"a former worker of {instance} still serves connections, perhaps of {m.name}, after "
        f"{limit}",
        f"drain.timeout is {limit}",
        m.name,
    )
