"""Whether users are failing now, and how much traffic there is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from controller.core.decide.context import Context
from controller.core.gates.figures import span, whole
from controller.core.gates.gate import CounterGate
from controller.core.pool import Instant
from controller.core.state.failures import RECENT, why_unknown
from controller.core.state.state import State
from controller.report.board.recent import Recent
from controller.report.board.segments import Tone
from controller.report.times import clock_time, hour
from controller.report.words import count

OVER_LAST: Final = timedelta(seconds=3)
"""The time over which rates are measured."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Per second."""

    errors: float
    requests: float


def users(ctx: Context, recent: Recent, wall: datetime) -> tuple[str, Tone]:
    """One sentence, the most important part first, and its tone."""
    if any(snapshot.lost_since is not None for snapshot in ctx.state.snapshots.values()):
        return "not known: a load balancer does not answer", Tone.BAD
    rate = rate_now(ctx.state, ctx.now)
    is_seen = any(one.at is not None for one in ctx.state.snapshots.values())
    if is_seen and (why := why_unknown(ctx.state)):
        return f"NOT KNOWN: {why}", Tone.DOUBT
    if rate is None:
        return "not known yet", Tone.DIM
    traffic = f"{_figure(rate.requests)} requests/s" if rate.requests else "NO REQUESTS"
    period = recent.failing
    if period is None:
        return f"none failing; {traffic}", Tone.GOOD if rate.requests else Tone.DOUBT
    since = wall - (ctx.now - period.since)
    failed = f"{count(period.errors, 'request')} failed"
    if ctx.now - period.last >= RECENT:
        until = clock_time(wall - (ctx.now - period.last))
        return f"none failing now; {failed}, {hour(since)} to {until}; {traffic}", Tone.DOUBT
    long = span(whole(ctx.now - period.since))
    text = f"FAILING NOW: {failed} since {clock_time(since)} ({long}); "
    if not rate.errors:
        return text + traffic, Tone.DOUBT
    share = rate.errors / rate.requests if rate.requests else 1.0
    return f"{text}{_figure(rate.errors)} errors/s of {traffic}", Tone.BAD if share > _fine(
        ctx
    ) else Tone.DOUBT


def _fine(ctx: Context) -> float:
    """The error ratio that the gates allow."""
    gates = ctx.plan.policies.gates
    limits = (g.maximum for g in gates if isinstance(g, CounterGate) and not g.measure)
    return min(limits, default=0.0)


def rate_now(state: State, now: Instant) -> Rate | None:
    """Over the last few seconds; None before there are two counts to compare."""
    points = [point for point in state.points if now - point[0] <= OVER_LAST]
    if len(points) < 2:
        return None
    (began, first), (ended, last) = points[0], points[-1]
    seconds = (ended - began).total_seconds()
    if seconds <= 0:
        return None
    return Rate((last.errors - first.errors) / seconds, (last.total - first.total) / seconds)


def _figure(value: float) -> str:
    """Two significant digits: a third one would change all the time."""
    if value >= 100:
        size = 10 ** (len(str(int(value))) - 2)
        return f"{round(value / size) * size}"
    return f"{value:.2g}" if value else "0"
