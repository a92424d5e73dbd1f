"""What the intent of a step changes about its member, before the step is performed."""

from typing import Any, Final

from controller.core.phases import HELD_IN_PLACE, Move, Phase
from controller.core.pool import Instant, Seat
from controller.core.pool.copies import replace
from controller.core.state.baseline import marked
from controller.core.state.moves import moved, working
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.core.steps import (
    SNAPSHOT,
    AskGuard,
    MemberStep,
    RunStep,
    SetMember,
    Setting,
    Validate,
)

_ON_INTENT: Final = {
    Setting.DRAIN: Move.DRAIN,
    Setting.HOLD: Move.HOLD,
    Setting.CHECK: Move.CHECK,
    Setting.PUT_BACK: Move.PUT_BACK,
    Setting.RESTORE: Move.RESTORE,
    Setting.REMOVE: Move.REMOVE,
}


def intended(state: State, step: MemberStep, now: Instant) -> MemberState:
    m = state.members[step.member]
    match step:
        case SetMember():
            return _to_be_set(state, m, step, now)
        case RunStep():
            joins = m.progress.unfinished  # what came to its place meanwhile is this step's doing
            m = moved(m if joins else _occupied(m, step.seats), Move.UPGRADE, now)
            if step.found is not None and m.placement.found is None:
                m = replace(m, placement=replace(m.placement, found=step.found))
            changes: dict[str, Any] = {"unfinished": True, "lost": False, **_marked(m, step)}
            changes |= {"step": step.index, "attempt": step.attempt, "proven": False}
            changes |= {"passed": None, "exit_code": None, "may_run": "", "unseen": ""}
            changes |= {"as_before": False}
            return working(m, step, answer=None, done_for=(), **changes)
        case AskGuard():
            move = Move.ASK if m.phase in (Phase.WAITING, Phase.ASKING) else Move.PROVE
            m = moved(m, move, now)
            if m.phase is Phase.PROVING:
                m = _proved(m, step.seats)
            return working(m, step, serial=step.serial + 1, answer=None)
        case Validate(_, course):
            other = m.progress.tried_other or course is not m.progress.course
            m = _proved(moved(m, Move.VALIDATE, now), step.seats)
            changes = {"passed": None, "course": course, "tried_other": other}
            changes |= {"as_before": step.as_before}
            return working(m, step, validated_from=now, **changes)
        case _:
            return working(m, step)


def _marked(m: MemberState, step: RunStep) -> dict[str, Any]:
    """What can be taken back from here on: a snapshot changes nothing."""
    p = m.progress
    if step.index == SNAPSHOT:
        return {"saves": (step.snapshot or 0) + 1}
    return {"begun": True, "beyond": p.beyond or step.irreversible}


def _occupied(m: MemberState, seats: tuple[Seat, ...]) -> MemberState:
    """From here on it is about who is in its place now."""
    return replace(m, placement=replace(m.placement, seats=seats)) if seats else m


def _proved(m: MemberState, seats: tuple[Seat, ...]) -> MemberState:
    """Its steps have ended, for who is in its place now."""
    progress = replace(m.progress, done_for=seats, proven=False)
    return replace(_occupied(m, seats), progress=progress)


def _to_be_set(state: State, m: MemberState, step: SetMember, now: Instant) -> MemberState:
    setting = step.setting
    stays = setting is Setting.CUT or (setting is Setting.HOLD and m.phase in HELD_IN_PLACE)
    former = m.phase
    m = m if stays else moved(m, _ON_INTENT[setting], now)
    tries = m.order.tries if m.phase is former else 0
    m = replace(
        m,
        order=replace(m.order, setting=setting, set_at=None, tries=tries, is_final=False),
        draining=replace(m.draining, quiet={}, came_when_out={}),
    )
    if setting in (Setting.DRAIN, Setting.REMOVE) and m.placement.found is None:
        m = replace(m, placement=replace(m.placement, found=step.found))
    match setting:
        case Setting.DRAIN:
            m = _occupied(m, step.seats)
            return _to_be_drained(m, now, is_first=former is Phase.DUE)
        case Setting.PUT_BACK:
            return _to_be_put_back(state, m, step)
        case Setting.REMOVE:
            return replace(m, progress=replace(m.progress, proven=False))
        case _:
            return m


def _to_be_drained(m: MemberState, now: Instant, *, is_first: bool) -> MemberState:
    since = m.draining.drain_since if m.draining.drain_since is not None else now
    return replace(
        m,
        placement=replace(m.placement, confirmed=None) if is_first else m.placement,
        order=replace(m.order, cuts=0),
        draining=replace(m.draining, drain_since=since, arrivals=None),
    )


def _to_be_put_back(state: State, m: MemberState, step: SetMember) -> MemberState:
    """Its gates count from here, at the first step of a ramp."""
    m = replace(
        m,
        placement=replace(m.placement, share=step.share),
        progress=replace(m.progress, proven=True),
    )
    if m.phase is Phase.RAMPING and m.trial.mark is not None:
        return m
    return marked(state, replace(m, trial=replace(m.trial, mark=None)))
