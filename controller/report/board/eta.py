"""ETA: how long the rollout still takes, where that can be estimated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from heapq import heapify, heapreplace
from math import ceil
from typing import Final

from controller.core.decide.context import Context
from controller.core.decide.schedule import in_scope
from controller.core.forecast.load import expected
from controller.core.phases import JUDGED, OVER, Phase
from controller.core.state.parts import MemberState
from controller.report.board.recent import Recent

ZERO: Final = timedelta(0)
LATE: Final = 1.5
"""A member that takes longer than this times the expectation makes the estimate a lower bound."""


@dataclass(frozen=True, slots=True)
class Left:
    time: timedelta
    is_least: bool
    """A lower bound: how much longer it takes is not known."""


def time_left(ctx: Context, recent: Recent, commands: timedelta | None) -> Left:
    """For a running rollout. `commands`: what they took for one member last time.

    Estimated from the members done so far; before the first, from the waits in the rollout file
    and the duration of the commands last time.
    """
    plan = ctx.plan
    ahead = expected(plan, commands)
    turn = ahead.waits + (ahead.commands or ZERO)
    if recent.took:
        turn = sum(recent.took, ZERO) / len(recent.took)
    in_progress = [m for m in in_scope(ctx) if m.is_in_progress]
    busy = [_rest(ctx, m, turn, recent) for m in in_progress]
    is_late = any(_is_late(ctx, m, turn, recent) for m in in_progress)
    slots = [*busy, *[ZERO] * (plan.max_unavailable - len(busy))]
    waiting = [m for m in in_scope(ctx) if not m.is_in_progress and m.phase not in OVER]
    canaries = sum(m.name in plan.canaries for m in waiting)
    slots = _filled(slots, canaries, turn)
    if canaries or any(m.name in plan.canaries for m in in_progress):
        slots = [max(slots)] * len(slots)  # the others begin when all canaries are proven
    slots = _filled(slots, len(waiting) - canaries, turn)
    return Left(max(slots), is_late or (ahead.commands is None and not recent.took))


BEFORE_OUT: Final = frozenset({Phase.DUE, Phase.DRAINING})


def _filled(slots: Iterable[timedelta], members: int, turn: timedelta) -> list[timedelta]:
    """When each slot is free again; the next member takes the first free slot."""
    free = list(slots)
    heapify(free)
    for _ in range(members):
        heapreplace(free, free[0] + turn)
    return free


def _rest(ctx: Context, m: MemberState, turn: timedelta, recent: Recent) -> timedelta:
    began = recent.began.get(m.name)
    spent = ctx.now - began if began is not None else ZERO
    return max(turn - spent, _certain(ctx, m))


def _certain(ctx: Context, m: MemberState) -> timedelta:
    """The waits of the rollout file that are still ahead of it."""
    policies = ctx.plan.policies
    if m.phase is Phase.SOAKING:
        return (
            policies.soak - (ctx.now - m.trial.warmed_at)
            if m.trial.warmed_at is not None
            else policies.soak
        )
    if m.phase is Phase.RAMPING:
        return policies.soak
    sticky = policies.drain.sticky if ctx.plan.sticky and m.phase is Phase.DUE else ZERO
    settle = ctx.plan.settle if m.phase in BEFORE_OUT else ZERO
    return sticky + settle + policies.comeback.hold * len(policies.comeback.ramp) + policies.soak


def _is_late(ctx: Context, m: MemberState, turn: timedelta, recent: Recent) -> bool:
    began = recent.began.get(m.name)
    return began is not None and m.phase not in JUDGED and ctx.now - began > turn * LATE


def left_words(left: Left) -> str:
    """Rounded, so that it does not change with every frame."""
    how = "at least" if left.is_least else "about"
    return f"{how} {_rounded(max(ZERO, left.time))} left"


def _rounded(time: timedelta) -> str:
    seconds = time.total_seconds()
    if seconds <= 90:
        return f"{max(5, ceil(seconds / 5) * 5)}s"
    minutes = ceil(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(ceil(minutes / 5) * 5, 60)
    return f"{hours}h{minutes:02d}"
