"""What an event changes about the one member that it names. The rest is in `apply`."""

from dataclasses import replace
from typing import Any, Final

from controller.core import events as e
from controller.core.phases import Move, Phase, after
from controller.core.plan.plan import Plan
from controller.core.pool import FULL, Instant
from controller.core.state.baseline import marked
from controller.core.state.counts import marks
from controller.core.state.observe import is_warming
from controller.core.state.state import MemberState, State
from controller.core.steps import AskGuard, Course, RunStep, SetMember, Setting, Step, Validate
from controller.core.tally import Tally

_ON_INTENT: Final = {
    Setting.DRAIN: Move.DRAIN,
    Setting.HOLD: Move.HOLD,
    Setting.CHECK: Move.CHECK,
    Setting.PUT_BACK: Move.PUT_BACK,
    Setting.RESTORE: Move.RESTORE,
    Setting.REMOVE: Move.REMOVE,
}

_HELD_ANYWAY: Final = frozenset({Phase.UPGRADING, Phase.PROVING, Phase.VALIDATING})
"""Phases in which holding a member once more changes nothing but the load balancers."""


LAST_LINE: Final = 200
"""Characters of a failed step's last line that are told; its whole output is in the journal."""


def moved(m: MemberState, move: Move, now: Instant, **changes: Any) -> MemberState:
    """Raises phases.IllegalMove."""
    phase = after(m.phase, move)
    since = now if phase is not m.phase else m.since
    return replace(m, phase=phase, since=since, **changes)


# --- intents ---------------------------------------------------------------------------------


def intended(state: State, step: Step, now: Instant) -> MemberState:
    m = state.members[step.member]
    match step:
        case SetMember():
            return _to_be_set(state, m, step, now)
        case RunStep():
            return moved(
                m,
                Move.UPGRADE,
                now,
                work=step,
                begun=True,
                unfinished=True,
                lost=False,
                passed=None,
                answer=None,
            )
        case AskGuard():
            move = Move.ASK if m.phase in (Phase.WAITING, Phase.ASKING) else Move.PROVE
            return moved(m, move, now, work=step, serial=step.serial + 1, answer=None)
        case Validate():
            other = m.tried_other or step.course is not m.course
            course = step.course
            return moved(
                m, Move.VALIDATE, now, work=step, passed=None, course=course, tried_other=other
            )
        case _:
            return replace(m, work=step)


def _to_be_set(state: State, m: MemberState, step: SetMember, now: Instant) -> MemberState:
    setting = step.setting
    stays = setting is Setting.CUT or (setting is Setting.HOLD and m.phase in _HELD_ANYWAY)
    former = m.phase
    m = m if stays else moved(m, _ON_INTENT[setting], now)
    tries = m.tries if m.phase is former else 0
    m = replace(m, setting=setting, set_at=None, quiet={}, tries=tries)
    if setting in (Setting.DRAIN, Setting.REMOVE) and m.found is None:
        m = replace(m, found=step.found)
    if setting is Setting.DRAIN:
        m = replace(m, confirmed=None) if former is Phase.DUE else m
        since = m.drain_since if m.drain_since is not None else now
        return replace(m, drain_since=since, arrivals=None, cuts=0)
    if setting is Setting.PUT_BACK:
        m = replace(m, share=step.share)
        if m.phase is Phase.RAMPING and m.mark is not None:
            return m
        return replace(m, mark=state.tallies.get(m.name, Tally()).sum, peers_mark=marks(state))
    return m


# --- what happened ---------------------------------------------------------------------------


def member_after(plan: Plan, state: State, event: e.MemberEvent, now: Instant) -> MemberState:
    m = state.members[event.member]
    match event:
        case e.MemberInherited():
            # What an earlier rollout did to it is not known: never back without validation (S4).
            return replace(m, found=event.found, begun=True)
        case e.MemberSet():
            return _set(m, event, now)
        case e.SettingFailed():
            return replace(
                m, setting=None, set_at=None, tried_at=now, tries=m.tries + 1, why=event.why
            )
        case e.RampRefused():
            return replace(m, setting=None)
        case e.GuardAnswered():
            return _answered(plan, m, event, now)
        case e.StepEnded():
            return _step_ended(state, m, event, now)
        case e.Validated():
            return replace(m, work=None, passed=event.passed, detail=event.detail)
        case e.OperatorAnswered():
            return replace(m, work=None, approved=event.go_on, declined=not event.go_on)
        case e.ForeignHandSeen():
            # What was confirmed no longer counts: it is set once more, and only once.
            return replace(m, foreign=True, confirmed=None)
        case _:
            return _concluded(plan, state, m, event, now)


def _concluded(
    plan: Plan, state: State, m: MemberState, event: e.ConcludedOfMember, now: Instant
) -> MemberState:
    match event:
        case e.MemberCalled():
            return moved(m, Move.CALL, now)
        case e.MemberStoodDown():
            return moved(m, Move.STAND_DOWN, now, work=None)
        case e.MemberFoundOut():
            return moved(m, Move.FIND_OUT, now)
        case e.MemberLeft():
            return moved(m, Move.LEAVE, now, why=event.why)
        case e.MemberReturned():
            return _returned(state, m, now)
        case e.RampEnded():
            return _at_full_weight(state, moved(m, Move.RETURNED, now), now)
        case e.SoakEnded():
            return moved(m, Move.PASS, now, why=event.note, mark=None, peers_mark={})
        case e.MemberFailed():
            return moved(m, Move.FAIL, now, why=event.why, work=None)
        case e.MemberKept():
            return moved(m, Move.KEEP, now, why=event.why, kept_out=event.is_out, work=None)
        case e.MemberStuck():
            return moved(m, Move.GIVE_UP, now)
        case _:
            return _to_be_restored(plan, m, now)


def _to_be_restored(plan: Plan, m: MemberState, now: Instant) -> MemberState:
    """What was never changed goes back as it was; the rest must prove itself first (S4): as the
    former version where its upgrade did not end well, and else as the new one."""
    move = Move.VALIDATE if m.begun else Move.RESTORE
    is_whole = m.step >= plan.upgrade.steps or m.course is Course.ROLLBACK
    return moved(
        m,
        move,
        now,
        course=m.course if is_whole or plan.rollback is None else Course.ROLLBACK,
        why="",
        condemned=False,
        passed=None,
        restore_tried=True,
        tried_other=False,
    )


def _returned(state: State, m: MemberState, now: Instant) -> MemberState:
    """Its gates count from where it was put back; after a crash, from now."""
    m = replace(marked(state, m), begun=True, returned_at=now)
    if m.share < FULL:
        return moved(m, Move.RAMP, now)
    return _at_full_weight(state, moved(m, Move.RETURNED, now), now)


def _at_full_weight(state: State, m: MemberState, now: Instant) -> MemberState:
    """As it was found: what was found need not be known any longer."""
    return replace(m, found=None, warmed_at=None if is_warming(state, m.name) else now)


def _set(m: MemberState, event: e.MemberSet, now: Instant) -> MemberState:
    m = replace(m, setting=None, set_at=now, tries=0, quiet={})
    if event.setting is Setting.CUT:
        return replace(m, cuts=m.cuts + 1)
    m = replace(m, workers=dict(event.workers), confirmed=event.setting)
    match event.setting:
        case Setting.HOLD if m.phase is Phase.HOLDING:
            return moved(m, Move.HELD, now)
        case Setting.REMOVE:
            return moved(m, Move.REMOVED, now)
        case Setting.RESTORE:
            return moved(m, Move.RESTORED, now, found=None, step=0, drain_since=None, passed=None)
        case _:
            return m


def _answered(plan: Plan, m: MemberState, event: e.GuardAnswered, now: Instant) -> MemberState:
    """In ASKING the answer decides the way; in PROVING it is weighed by `decide`."""
    m = replace(m, work=None, answer=event.answer, detail=event.detail)
    if m.phase is Phase.PROVING:
        return m
    if event.answer is e.Answer.REFUSED:
        return moved(m, Move.STAND_DOWN, now)
    if event.answer is e.Answer.NEEDED:
        return moved(m, Move.ANSWER_NEEDED, now)
    if m.found is not None:
        # Out because of us and already there: what is left is to validate and return it.
        steps = plan.shape(is_back=m.course is Course.ROLLBACK).steps
        return moved(m, Move.ANSWER_NEEDED, now, step=steps, begun=True)
    return moved(m, Move.ANSWER_PRESENT, now, why=event.detail)


def _step_ended(state: State, m: MemberState, event: e.StepEnded, now: Instant) -> MemberState:
    m = replace(m, work=None, unfinished=False, step_ended=now)
    if m.course is Course.ROLLBACK and not state.rollback_began:
        # The operator has decided to go on: whatever the way back did, the upgrade begins anew.
        return replace(m, course=Course.UPGRADE, step=0, attempt=m.attempt + 1)
    if event.lost:
        return replace(m, lost=True, attempt=m.attempt + 1)
    if event.passed:
        return replace(m, step=m.step + 1)
    return replace(m, passed=False, detail=_with_last_line(event))


def _with_last_line(event: e.StepEnded) -> str:
    """How a step failed, and what it said last: that is where a command says why."""
    last = event.output.strip().splitlines()[-1:]
    return f"{event.detail}: {last[0].strip()[:LAST_LINE]}" if last else event.detail


# --- the operator's decision to go on ----------------------------------------------------------


def taken_up_again(m: MemberState, now: Instant) -> MemberState:
    """A member after a halt. One that is out and changed can still not go back as it was, hence
    `begun`; an execution whose end is not known is joined, hence the same attempt."""
    is_over = m.phase in (Phase.DONE, Phase.SKIPPED, Phase.LEFT)
    if is_over and m.course is Course.UPGRADE:
        return m
    if m.phase is Phase.KEPT and m.found is None and m.course is Course.UPGRADE:
        return _renewed(moved(m, Move.SOAK_AGAIN, now))
    if m.phase in (Phase.FAILED, Phase.KEPT, Phase.STUCK) or is_over:
        m = moved(m, Move.RETRY, now)
    if m.phase is not Phase.WAITING or m.unfinished:
        return _renewed(m)
    again = replace(m, step=0, attempt=m.attempt + 1, begun=m.begun and m.found is not None)
    return _renewed(again)


def _renewed(m: MemberState) -> MemberState:
    failed_step = m.phase is Phase.UPGRADING and m.passed is False
    return replace(
        m,
        # What runs of a way back is joined first: see `_step_ended`.
        course=m.course if m.unfinished else Course.UPGRADE,
        attempt=m.attempt + failed_step,
        passed=None,
        answer=None,
        condemned=False,
        disproven="",
        foreign=False,
        kept_out=False,
        restore_tried=False,
        why="",
        mark=None,
        lost=m.lost and m.phase is not Phase.WAITING,
    )
