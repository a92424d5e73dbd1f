"""`collect`: what explains a failure is fetched once all members are at rest, and before any of
them goes back. It changes nothing, and decides nothing.

From each member that failed, and, to compare, from one that did not. A second signal ends it, and
so does a journal that has been given up and could not keep what comes; one that is late is waited
for: on a busy machine it is that all the time.
"""

from collections.abc import Iterator
from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.decide.rollback import to_roll_back
from controller.core.phases import Phase
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode
from controller.core.steps import Collect

MOST: Final = 3
"""Members that failed, from which it is collected: more have hardly failed for as many reasons."""


def is_collecting(ctx: Context) -> bool:
    """Whether the end of the halt waits for it."""
    state = ctx.state
    is_given_up = state.stop is not None and state.stop.at_once
    is_kept = not (state.journal.fault or state.bug)
    is_first = state.mode is Mode.HALTED and not state.rollback_began
    is_wanted = is_first and is_kept and not is_given_up and next(_left(ctx), None) is not None
    return is_wanted and not _is_urgent(ctx)


def _is_urgent(ctx: Context) -> bool:
    """Whether users are without the member until it is back as it was: that comes first."""
    return ctx.plan.policies.outage is not None and bool(to_roll_back(ctx))


def collect(ctx: Context) -> Output | None:
    """The next thing to ask for; None while one is being asked for."""
    return next(_left(ctx), None) if ctx.state.collection.work is None else None


def _left(ctx: Context) -> Iterator[Collect]:
    failed = _failed(ctx)
    good = _good(ctx) if failed else None
    pairs = [(m, m) for m in failed] + ([(good, failed[0])] if good is not None else [])
    for m, beside in pairs:
        for index in range(ctx.plan.collects):
            if (m.name, index) not in ctx.state.collection.done:
                yield Collect(m.name, m.progress.course, index, beside.name, ctx.seats(m))


def _failed(ctx: Context) -> list[MemberState]:
    """Those out of rotation for their own failure, the one that the halt names first."""
    halt, members = ctx.state.halt, ctx.state.members.values()
    named = halt.member if halt is not None else None
    found = [m for m in members if m.phase is Phase.FAILED and _is_its_own(m, named)]
    return sorted(found, key=lambda m: m.name != named)[:MOST]


def _is_its_own(m: MemberState, named: str | None) -> bool:
    return m.name == named or m.trial.condemned or m.progress.passed is False


def _good(ctx: Context) -> MemberState | None:
    """The one that was proven last; else one that was not touched."""
    members = ctx.state.members.values()
    done = [m for m in members if m.phase is Phase.DONE and not m.trial.disproven]
    if done:
        return max(done, key=lambda m: m.finished_turn)
    as_before = (Phase.SKIPPED, Phase.WAITING)
    untouched = (m for m in members if m.phase in as_before and not (m.is_away or m.is_refused))
    return next(untouched, None)
