"""What holds after every event, whatever happened: asserted where the state changes.

A breach is a bug of ours, and nothing was changed. What the load balancers show is no part of it:
that is compared by `controller.core.decide.drift`.
"""

from collections.abc import Sequence
from itertools import chain, compress, repeat
from operator import is_not
from typing import Final

from controller.core.events import (
    Event,
    Intended,
    MemberInherited,
    MemberJoined,
    MemberRelapsed,
    MemberRenewed,
)
from controller.core.phases import EXPOSED, FAILED, IN_PROGRESS, JUDGED, OVER, Phase
from controller.core.plan.plan import Plan
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode, State
from controller.core.steps import (
    AskGuard,
    AskOperator,
    AskQuestions,
    RunStep,
    SetMember,
    Setting,
    Validate,
)

TAKEN: Final = IN_PROGRESS - JUDGED - {Phase.DUE} | {Phase.RAMPING}
"""Out of rotation because of us, or at a share of its weight: what was found is kept."""

WORK: Final[dict[Phase, type | tuple[type, ...]]] = {
    Phase.ASKING: AskGuard,
    Phase.DUE: (AskOperator, AskQuestions),
    Phase.UPGRADING: RunStep,
    Phase.PROVING: AskGuard,
    Phase.VALIDATING: Validate,
}
"""Phases in which work may be open, and which."""


FOUND_OUT: Final = (MemberInherited, MemberJoined, MemberRelapsed, MemberRenewed)
"""Events by which a member is only found to be out because of us."""


class InvariantBroken(AssertionError):
    """A state that must not be: a bug."""


def check(plan: Plan, before: State, event: Event, after: State) -> State:
    """`after`, when all holds. Raises InvariantBroken.

    Only members that the event changed are looked at: a pool of a thousand has tens of thousands
    of events.
    """
    changed = _changed(before, after)
    fault = (
        _too_many_out(plan, before, event, after, changed)
        or _of_the_rollout(after)
        or _of_the_members(plan, changed)
    )
    if fault:
        raise InvariantBroken(fault)
    return after


def _changed(before: State, after: State) -> Sequence[MemberState]:
    """Compared in the order of each, which is nearly always the same: else it says too many."""
    if after.members is before.members:
        return ()
    were = chain(before.members.values(), repeat(None))
    members = after.members.values()
    return list(compress(members, map(is_not, members, were)))


def _too_many_out(
    plan: Plan, before: State, event: Event, after: State, changed: Sequence[MemberState]
) -> str:
    """No event takes out one more than may be. What an earlier rollout left out, or a reload took
    out anew, is only found; and what failed is taken out again whoever has come out meanwhile."""
    were = before.members
    if (
        isinstance(event, FOUND_OUT)
        or (plan.joins and _is_removal(event))
        or not any(m.is_away and not (m.name in were and were[m.name].is_away) for m in changed)
    ):
        return ""
    away, was = (sum(m.is_away for m in one.members.values()) for one in (after, before))
    if away <= max(plan.max_unavailable, was):
        return ""
    return f"S1: {away} members are out because of us, at most {plan.max_unavailable} may be"


def _is_removal(event: Event) -> bool:
    step = event.step if isinstance(event, Intended) else None
    return isinstance(step, SetMember) and step.setting is Setting.REMOVE


def _of_the_rollout(after: State) -> str:
    if after.mode is Mode.HALTED and after.halt is None:
        return "halted, and not known why"
    if after.mode is Mode.ROLLING_BACK and not after.rolling:
        return "rolling back nobody"
    if after.whole.is_open and after.whole.is_closed:
        return "the pool as a whole is open and closed"
    if (after.mode is Mode.FINISHED) is not (after.finished is not None):
        return "finished, and not known how, or the other way round"
    return ""


def _of_the_members(plan: Plan, changed: Sequence[MemberState]) -> str:
    for m in changed:
        if fault := _of_one(plan, m):
            return f"{m.name} ({m.phase}): {fault}"
    return ""


def _of_one(plan: Plan, m: MemberState) -> str:
    found, progress = m.placement.found, m.progress
    if m.phase in TAKEN and found is None:
        return "S8: it is out because of us, and what was found is not known"
    if m.phase in OVER | {Phase.SOAKING} and found is not None:
        return "S8: it is back, and still recorded as taken out"
    if progress.work is not None and not isinstance(progress.work, WORK.get(m.phase, ())):
        return f"{type(progress.work).__name__} is open"
    if progress.unfinished and not progress.begun:
        return "S7: a step of it may run, and it counts as unchanged"
    # What was done in one course still counts while it is validated as the other version.
    most = max(plan.shape(is_back=is_back).steps for is_back in (False, True))
    if progress.step > most:
        return f"step {progress.step + 1} of {most}"
    if m.trial.condemned and m.phase not in EXPOSED | FAILED | {Phase.REMOVING, Phase.WAITING}:
        return "it is to be removed, and is not in rotation"
    return ""
