"""May a step start? Not before the member is out with nothing in flight (S3), nor while a former
worker may still serve it (S9)."""

from datetime import timedelta
from typing import Final

from controller.core.decide.context import APART, FRESH, Context, Output
from controller.core.events import Cause, Halted
from controller.core.pool import Instant
from controller.core.settings import OnTimeout
from controller.core.state.parts import MemberState
from controller.core.steps import RunStep, SetMember, Setting

CUT_AGAIN: Final = timedelta(seconds=1)
"""Sessions that were cut get this long to be gone."""

CUTS: Final = 5
"""So often they are cut; what is in flight then does not end that way."""


# --- may a step start? -------------------------------------------------------------------------


def is_clear(at: Context, m: MemberState) -> bool:
    """S3 and S9: out, with nothing in flight, everywhere, and no former worker that may serve."""
    return _is_quiet(at, m) and _old_worker(at) is None


def run_step(at: Context, m: MemberState, since: Instant) -> Output | None:
    """The next step as soon as it may start. `since`: from when on work in flight has been given
    `drain.timeout` to end."""
    if is_clear(at, m):
        return RunStep(m.name, m.progress.course, m.progress.step, m.progress.attempt)
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
    if at.plan.policies.drain.on_timeout is OnTimeout.HALT or m.order.cuts >= CUTS:
        return still_in_flight(at, m)
    if m.order.cuts and m.order.set_at is not None and at.now - m.order.set_at < CUT_AGAIN:
        return None
    return SetMember(m.name, Setting.CUT, m.placement.found)


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
    spans = [m.draining.quiet.get(instance) for instance in at.state.sights]
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
