"""May a step start? Not before the member is out with nothing in flight (S3), nor while a former
worker may still serve it (S9)."""

from datetime import timedelta
from typing import Final

from controller.core.decide.context import APART, FRESH, Context, Output
from controller.core.decide.steps_for import setting_of, step_of
from controller.core.events import Cause, Halted, Verdict
from controller.core.gates.figures import span
from controller.core.phases import MAY_START
from controller.core.pool import Instant
from controller.core.settings import OnTimeout
from controller.core.state.parts import MemberState
from controller.core.steps import Setting

CUT_AGAIN: Final = timedelta(seconds=1)
"""Sessions that were cut get this long to be gone."""

CUTS: Final = 5
"""So often they are cut; what is in flight then does not end that way."""


# --- may a step start? -------------------------------------------------------------------------


def is_clear(ctx: Context, m: MemberState) -> bool:
    """S3 and S9: out, with nothing in flight, everywhere, and no former worker that may serve.
    What cannot be held out is taken out by the step itself."""
    if not ctx.plan.holds_out:
        return not ctx.is_blind
    return _is_quiet(ctx, m) and not _is_used(ctx, m) and ctx.lingering is None


def run_step(ctx: Context, m: MemberState, since: Instant) -> Output | None:
    """The next step as soon as it may start. `since`: from when on work in flight has been given
    `drain.timeout` to end."""
    if is_clear(ctx, m):
        return step_of(ctx, m)
    return still_busy(ctx, m, since)


def still_busy(ctx: Context, m: MemberState, since: Instant) -> Output | None:
    """What follows when a member that is out is not clear yet: it is waited for, then cut or
    halted over."""
    timeout = ctx.plan.policies.drain.timeout
    if ctx.seen_for(since) < timeout:
        return None
    if _is_quiet(ctx, m):
        return still_used(ctx, m) if _is_used(ctx, m) else former_stays(ctx, m)
    if ctx.seen(m) is None or ctx.shows(m, lambda line: line.may_be_quiet):
        return None
    if ctx.plan.policies.drain.on_timeout is OnTimeout.HALT or m.order.cuts >= CUTS:
        return still_in_flight(ctx, m)
    if m.order.cuts and m.order.set_at is not None and ctx.now - m.order.set_at < CUT_AGAIN:
        return None
    return setting_of(m, Setting.CUT)


def still_reached(ctx: Context, m: MemberState) -> Output | None:
    """The halt when clients reach a member that is out: no step may meet them."""
    came = m.draining.intruders
    if m.phase not in MAY_START or not came:
        return None
    what = "request or session" if came == 1 else "requests or sessions"
    why = f" ({ctx.plan.leak})" if ctx.plan.leak else ""
    return Halted(
        Cause.MEMBER,
        f"{came} {what} reached {m.name} although it is out of rotation{why}",
        "a member that is out of rotation gets no requests",
        m.name,
    )


def still_in_flight(ctx: Context, m: MemberState) -> Output:
    limit = span(ctx.plan.policies.drain.timeout)
    if in_use := ctx.state.in_flight_as(m.name):
        seen = f"{m.name} is still in use after {limit}: {in_use}"
    else:
        in_flight = sum(one.line.in_flight or 0 for _, one in ctx.visible(m))
        what = "request or session was" if in_flight == 1 else "requests or sessions were"
        seen = f"{in_flight} {what} still in flight at {m.name} after {limit}"
    return Halted(Cause.MEMBER, seen, f"drain.timeout is {limit}", m.name)


def still_used(ctx: Context, m: MemberState) -> Output:
    """The halt when `drain.idle` has not said in time that nobody uses the member."""
    limit, use = span(ctx.plan.policies.drain.timeout), m.draining.use
    said = use.detail if use is not None else "no answer yet"
    if use is None or use.verdict is Verdict.INCONCLUSIVE:
        seen = f"it is not known whether {m.name} is still in use after {limit}: {said}"
    else:
        seen = f"{m.name} is still in use after {limit}: drain.idle shows {said}"
    return Halted(Cause.MEMBER, seen, f"drain.timeout is {limit}", m.name)


def _is_used(ctx: Context, m: MemberState) -> bool:
    """Whether `drain.idle`, where there is one, has not said a moment ago that nobody uses it."""
    if ctx.plan.policies.drain.idle is None:
        return False
    use = m.draining.use
    return use is None or use.verdict is not Verdict.PASS or ctx.now - use.at > FRESH


def _is_quiet(ctx: Context, m: MemberState) -> bool:
    """S3: out, nothing in flight nor queued, in two looks apart, everywhere, a moment ago."""
    apart = max(APART, ctx.plan.settle)
    spans = [m.draining.quiet.get(instance) for instance in ctx.state.snapshots]
    return not ctx.is_blind and all(
        span is not None and span[1] - span[0] >= apart and ctx.now - span[1] <= FRESH
        for span in spans
    )


def former_stays(ctx: Context, m: MemberState) -> Output | None:
    """The halt when a former worker has not ended in its time; None as long as it has any."""
    instance = ctx.lingering
    if instance is None or ctx.now < ctx.lingers_until(instance):
        return None
    limit = span(ctx.plan.policies.drain.timeout)
    return Halted(
        Cause.MEMBER,
        f"a lingering worker of {instance} still serves connections, perhaps to {m.name}, after "
        f"{limit}",
        f"drain.timeout is {limit}",
        m.name,
    )
