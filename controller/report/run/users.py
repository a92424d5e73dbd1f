"""Whether users are failing, in words, and at which server."""

from datetime import datetime

from controller.core.gates.figures import span
from controller.core.pool import Instant
from controller.core.snapshot import Snapshot
from controller.core.state.failures import failures, why_unknown
from controller.core.state.state import State
from controller.report.times import clock_time, hour
from controller.report.words import count, names


def lost(state: State) -> list[Snapshot]:
    """Load balancers that do not answer, or have not answered yet."""
    return [s for s in state.snapshots.values() if s.lost_since is not None or s.at is None]


def unanswered(state: State) -> str:
    """Which load balancers do not answer; empty when all do."""
    silent = [snapshot.instance for snapshot in lost(state)]
    verb = "does" if len(silent) == 1 else "do"
    return f"{names(silent)} {verb} not answer" if silent else ""


def _unknown(state: State) -> str:
    """Why it is not known whether users fail; empty when it is known."""
    return unanswered(state) or why_unknown(state)


def users(state: State, now: Instant, wall: datetime) -> str:
    """From the load balancers' counters over the last seconds. They count retries too, so the
    figure is an upper bound for what users saw."""
    if unknown := _unknown(state):
        return f"NOT KNOWN: {unknown}"
    failed = failures(state, now)
    if failed is None:
        watched = now - state.points[0][0] if state.points else now - now
        return f"not failing; no failed request seen in the last {span(watched)}"
    first, last = (wall - (now - one) for one in (failed.first, failed.last))
    ours = min(failed.count, state.ours.failed)
    figure = f"at most {count(failed.count, 'request')} failed"
    figure += f", {ours} of them perhaps our own" if ours else ""
    if failed.are_going_on(now):
        return f"FAILING NOW, since {clock_time(first)}: {figure}{_where(state)}"
    is_one = hour(first) == hour(last)
    when = f"at {clock_time(last)}" if is_one else f"from {hour(first)} to {clock_time(last)}"
    return f"not failing now; {figure} {when}{_where(state)}"


def _where(state: State) -> str:
    """The server at which most requests failed, where the halt does not name it: it may be none of
    the rollout's own."""
    errors = {name: tally.sum.errors for name, tally in state.tallies.items()}
    whole, worst = sum(errors.values()), max(errors, key=lambda name: errors[name], default="")
    is_named = state.halt is not None and state.halt.member == worst
    if not worst or is_named or 2 * errors[worst] <= whole:
        return ""
    whose = "" if worst in state.members else ", which is not a member of this rollout"
    return f"; since this run began, {errors[worst]} of {whole} failed at {worst}{whose}"
